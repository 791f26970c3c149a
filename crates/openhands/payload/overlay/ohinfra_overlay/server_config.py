"""The server configuration class, which OpenHands loads by its name in `OPENHANDS_CONFIG_CLS`."""

from ohinfra_overlay.compat import ServerConfig


class OhinfraServerConfig(ServerConfig):
    """OpenHands with users authenticated by the edge, and settings and secrets per user."""

    user_auth_class = "ohinfra_overlay.identity.EdgeUserAuth"
    settings_store_class = "ohinfra_overlay.stores.UserSettingsStore"
    secret_store_class = "ohinfra_overlay.stores.UserSecretsStore"
    # Disables telemetry.
    posthog_client_key = ""

    def verify_config(self):
        """Accept this class: the base implementation rejects all other classes."""
