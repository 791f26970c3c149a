"""Settings of the deployment, rendered by ohinfra, and keys derived from the secret of the deployment."""

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
    """Settings of sandboxes. Sizes in MB and GB are binary; zero disables a limit or a timer."""

    network: str
    host_address: str
    gateway_port: int
    credentials: str
    memory_mb: int
    cpus: float
    processes: int
    disk_gb: int
    idle_minutes: float
    retention_days: float
    per_user: int
    start_seconds: int
    # The interval of background work.
    round_seconds: float = 60


@dataclass(frozen=True)
class Settings:
    """The content of settings.json. It contains no secrets."""

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
    """Parse the settings. Unknown members are ignored, so that an older overlay can read a newer file."""
    values = {item.name: document[item.name] for item in fields(Settings) if item.name in document}
    sandbox = document["sandbox"]
    values["sandbox"] = Sandbox(**{item.name: sandbox[item.name] for item in fields(Sandbox) if item.name in sandbox})
    values["allowed_models"] = tuple(document.get("allowed_models", ()))
    return Settings(**values)


@cache
def settings() -> Settings:
    """Return the settings of this deployment. The file is read once."""
    path = Path(os.environ.get("OHINFRA_SETTINGS", DEFAULT_PATH))
    return parse(json.loads(path.read_text(encoding="utf-8")))


def derive(purpose: str) -> str:
    """Derive a key for one purpose from the secret of the deployment with HMAC-SHA-256, as 64 hexadecimal digits.

    Each sandbox gets a separate key, which reveals neither the secret of the deployment nor the key of another sandbox.
    """
    secret = os.environ["OH_SECRET_KEY"]
    return hmac.new(secret.encode(), purpose.encode(), hashlib.sha256).hexdigest()
