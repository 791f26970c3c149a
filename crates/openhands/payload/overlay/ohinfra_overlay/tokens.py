"""Tokens that authenticate a sandbox to the MCP server of OpenHands on behalf of its user."""

import base64
import hashlib
import hmac
import json

from ohinfra_overlay.settings import derive

PREFIX = "ohinfra-mcp."


def _signature(body: str) -> str:
    digest = hmac.new(derive("mcp").encode(), body.encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def sign(user: str) -> str:
    """Return a token for a user. It does not expire, because it is stored in the conversation, which can be resumed at any
    time. The guard accepts it only from a sandbox of that user."""
    body = base64.urlsafe_b64encode(json.dumps({"user": user}).encode()).rstrip(b"=").decode()
    return f"{PREFIX}{body}.{_signature(body)}"


def verify(token: str) -> str | None:
    """Return the user of a token, or None if the token is invalid."""
    if not token.startswith(PREFIX):
        return None
    body, _, signature = token.removeprefix(PREFIX).partition(".")
    if not hmac.compare_digest(signature.encode("utf-8", "replace"), _signature(body).encode()):
        return None
    padded = body + "=" * (-len(body) % 4)
    return json.loads(base64.urlsafe_b64decode(padded))["user"]
