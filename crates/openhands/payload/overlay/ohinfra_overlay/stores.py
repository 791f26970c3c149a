"""Settings and secrets per user, encrypted in the data bucket: `users/<id>/settings.json` and `users/<id>/secrets.json`.

Both contain keys (of models and Git providers), so both documents use the envelope of the user configuration API.
Plain documents of the CDK project are readable and are encrypted at the next change.
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
    """Return the documents of a user.

    Raises ValueError without a user, because no shared documents exist.
    """
    if not user or not is_user(user):
        raise ValueError("settings and secrets belong to a user")
    return Documents(
        aws.client("s3"), aws.client("kms"), settings().data_bucket, settings().user_secrets_key_id, user
    )


class SealedFiles:
    """A FileStore of OpenHands for the files of a user. A write succeeds only if the file has not changed since the last read."""

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
            # A concurrent request of the same user changed the file; overwriting it would lose that change.
            raise HTTPException(409, "the settings were changed concurrently; reload and retry")
        self._read.pop(path, None)


def default_settings() -> Settings:
    """Return the settings of a new user, with the default model of the deployment, which requires no key."""
    return Settings(agent_settings={"llm": {"model": settings().model}}, language="en", v1_enabled=True)


class UserSettingsStore(FileSettingsStore):
    """Settings of a user; new users get the defaults of the deployment."""

    async def load(self, **options) -> Settings | None:
        stored = await super().load(**options)
        return stored if stored is not None else default_settings()

    @classmethod
    async def get_instance(cls, *arguments) -> "UserSettingsStore":
        # (config, user_id) in 1.7, (user_id) in 1.11.
        return cls(SealedFiles(documents(arguments[-1])))


class UserSecretsStore(FileSecretsStore):
    """Secrets and Git tokens of a user."""

    @classmethod
    async def get_instance(cls, *arguments) -> "UserSecretsStore":
        return cls(SealedFiles(documents(arguments[-1])))


def mcp_servers(user: str) -> dict[str, list[dict]]:
    """Return the enabled MCP servers of a user in the format of the user configuration API."""
    merged = mcp.merge(settings().mcp_servers, documents(user).read("config/mcp-config.json"))
    return {name: [server for server in servers if server.get("enabled", True)] for name, servers in merged.items()}


