"""The deployment's settings, rendered by ohinfra, and the keys that are derived from the deployment's secret."""

import hashlib
import hmac
import json
import os
from dataclasses import dataclass, field, fields
from functools import cache
from pathlib import Path

DEFAULT_PATH = "/opt/ohinfra/settings.json"


@dataclass(frozen=True)
class Sandbox:
    """How sandboxes run. Sizes in MB and GB are binary; zero disables a limit or a timer."""

    network: str
    host_address: str
    door_port: int
    credentials: str
    memory_mb: int
    cpus: float
    processes: int
    disk_gb: int
    idle_minutes: float
    retention_days: float
    per_user: int
    start_seconds: int
    # How often idle sandboxes and old conversations are looked for.
    round_seconds: float = 60


@dataclass(frozen=True)
class Settings:
    """The content of settings.json. It holds no secret."""

    region: str
    data_bucket: str
    user_secrets_key_id: str
    origin_secret: str
    model: str
    workspace: str
    sandbox: Sandbox
    allowed_models: tuple[str, ...] = ()
    mcp_servers: dict = field(default_factory=dict)


def parse(document: dict) -> Settings:
    """Build the settings from JSON. Unknown members are ignored, so that an older overlay reads a newer file."""
    values = {item.name: document[item.name] for item in fields(Settings) if item.name in document}
    sandbox = document["sandbox"]
    values["sandbox"] = Sandbox(**{item.name: sandbox[item.name] for item in fields(Sandbox) if item.name in sandbox})
    values["allowed_models"] = tuple(document.get("allowed_models", ()))
    return Settings(**values)


@cache
def settings() -> Settings:
    """The settings of this deployment, read once."""
    path = Path(os.environ.get("OHINFRA_SETTINGS", DEFAULT_PATH))
    return parse(json.loads(path.read_text(encoding="utf-8")))


def derive(purpose: str) -> str:
    """A key for one purpose, derived from the deployment's secret by HMAC-SHA-256, as 64 hexadecimal digits.

    Sandboxes get keys of their own, so that a sandbox learns neither the deployment's secret nor another sandbox's key.
    """
    secret = os.environ["OH_SECRET_KEY"]
    return hmac.new(secret.encode(), purpose.encode(), hashlib.sha256).hexdigest()
