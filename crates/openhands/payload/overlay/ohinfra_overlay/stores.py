"""Settings and secrets of each user, sealed in the data bucket: `users/<id>/settings.json` and `users/<id>/secrets.json`.

Both hold keys (of models, of Git providers), so both are whole documents in the envelope of the user-configuration API.
A plain document, as the CDK project wrote it, is read and sealed at the next change.
"""

from fastapi import HTTPException
from openhands.app_server.secrets.file_secrets_store import FileSecretsStore
from openhands.app_server.settings.file_settings_store import FileSettingsStore
from openhands.app_server.settings.settings_models import Settings
from user_data import gcm, mcp
from user_data.documents import Documents, parse

from ohinfra_overlay import aws
from ohinfra_overlay.identity import is_user
from ohinfra_overlay.settings import settings


def documents(user: str | None) -> Documents:
    """The documents of a user.

    Raises ValueError without one: there is no store that everybody shares.
    """
    if not user or not is_user(user):
        raise ValueError("settings and secrets belong to a user")
    return Documents(
        aws.client("s3"), aws.client("kms"), settings().data_bucket, settings().user_secrets_key_id, user
    )


class SealedFiles:
    """OpenHands' FileStore for the files of one user. A file is written only over the version that was read last."""

    def __init__(self, of_user: Documents):
        self._documents = of_user
        self._read: dict[str, str | None] = {}

    def read(self, path: str) -> str:
        body, etag = self._documents.get(path)
        self._read[path] = etag
        if body is None:
            raise FileNotFoundError(path)
        try:
            parse(body)
        except gcm.Tampered:
            # Not an envelope: a plain document of the CDK project.
            return body.decode("utf-8")
        return self._documents.unseal(body)[0].decode("utf-8")

    def write(self, path: str, contents: str | bytes) -> None:
        text = contents if isinstance(contents, bytes) else contents.encode("utf-8")
        sealed = self._documents.seal(text)
        etag = self._read.get(path) if path in self._read else self._documents.get(path)[1]
        if not self._documents.put(path, sealed, etag):
            # Another request of the same user was quicker. Writing over it would lose what that one has changed.
            raise HTTPException(409, "the settings were changed at the same time; reload and retry")
        self._read.pop(path, None)


def default_settings() -> Settings:
    """What a new user begins with: the deployment's model, which needs no key."""
    return Settings(agent_settings={"llm": {"model": settings().model}}, language="en", v1_enabled=True)


class UserSettingsStore(FileSettingsStore):
    """Settings of one user; a new user has the deployment's defaults."""

    async def load(self, **options) -> Settings | None:
        stored = await super().load(**options)
        return stored if stored is not None else default_settings()

    @classmethod
    async def get_instance(cls, *arguments) -> "UserSettingsStore":
        # (config, user_id) in 1.7, (user_id) in 1.11.
        return cls(SealedFiles(documents(arguments[-1])))


class UserSecretsStore(FileSecretsStore):
    """Secrets and Git tokens of one user."""

    @classmethod
    async def get_instance(cls, *arguments) -> "UserSecretsStore":
        return cls(SealedFiles(documents(arguments[-1])))


def mcp_servers(user: str) -> dict[str, list[dict]]:
    """The MCP servers of a user as the user-configuration API lists them, without those that are switched off."""
    merged = mcp.merge(settings().mcp_servers, documents(user).read("config/mcp-config.json"))
    return {name: [server for server in servers if server.get("enabled", True)] for name, servers in merged.items()}


