"""Shared test support: settings of a deployment, and an ASGI application that records requests."""

import json
import os
import tempfile
from pathlib import Path

SETTINGS = {
    "region": "us-west-2",
    "data_bucket": "data",
    "user_secrets_key_id": "key",
    "origin_secret": "origin",
    "model": "bedrock/global.anthropic.claude-test",
    "allowed_models": ["anthropic.claude-*", "*.anthropic.claude-*"],
    "workspace": tempfile.mkdtemp(),
    "unknown": "members of a newer tool are ignored",
    "sandbox": {
        "network": "openhands-sandboxes", "host_address": "172.30.0.1", "gateway_port": 3001, "credentials": "/data/aws",
        "disk_gb": 3, "memory_mb": 512, "cpus": 0.5, "processes": 99, "idle_minutes": 60, "retention_days": 0,
        "per_user": 3, "start_seconds": 180, "unknown": 1,
    },
}

_file = Path(tempfile.mkdtemp(), "settings.json")
_file.write_text(json.dumps(SETTINGS))
os.environ["OHINFRA_SETTINGS"] = str(_file)
os.environ["OH_SECRET_KEY"] = "the deployment's secret"
os.environ.setdefault("AWS_DEFAULT_REGION", "us-west-2")
os.environ.setdefault("OH_PERSISTENCE_DIR", tempfile.mkdtemp())
os.environ["OPENHANDS_CONFIG_CLS"] = "ohinfra_overlay.server_config.OhinfraServerConfig"
os.environ["OPENHANDS_SUPPRESS_BANNER"] = "1"
os.environ["SERVE_FRONTEND"] = "false"


class Recorder:
    """An application that sends the given messages and records the scopes of requests."""

    def __init__(self, *messages):
        self.scopes, self.messages = [], messages

    async def __call__(self, scope, _receive, send):
        self.scopes.append(scope)
        for message in self.messages or (START, {"type": "http.response.body", "body": b"reached"}):
            await send(message)


START = {"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]}


async def ask(app, path: str, headers: dict | None = None, kind: str = "http"):
    """Send a request to an ASGI application. Returns the status (or close code) and the body."""
    sent = []

    async def send(message):
        sent.append(message)

    raw = [(name.lower().encode(), value.encode()) for name, value in (headers or {}).items()]
    scope = {"type": kind, "method": "GET", "path": path, "query_string": b"", "headers": raw, "client": ("10.0.0.9", 1)}
    await app(scope, None, send)
    if sent[0]["type"] == "websocket.close":
        return sent[0]["code"], b""
    return sent[0]["status"], b"".join(message.get("body", b"") for message in sent[1:])
