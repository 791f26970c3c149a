"""The classes that OpenHands loads by name: `OPENHANDS_CONFIG_CLS` names this one."""

from ohinfra_overlay.compat import ServerConfig


class OhinfraServerConfig(ServerConfig):
    """OpenHands with users from the edge and one store of settings and secrets per user."""

    user_auth_class = "ohinfra_overlay.identity.EdgeUserAuth"
    settings_store_class = "ohinfra_overlay.stores.UserSettingsStore"
    secret_store_class = "ohinfra_overlay.stores.UserSecretsStore"
    # No usage data leaves the deployment.
    posthog_client_key = ""

    def verify_config(self):
        """Accept this class: OpenHands itself refuses any class but its own."""
