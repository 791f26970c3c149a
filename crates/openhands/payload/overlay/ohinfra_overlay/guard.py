"""Authentication of requests: nothing reaches OpenHands without a verified identity.

- Health checks are public to all clients that reach the port.
- Webhooks and user secrets are open to sandboxes; OpenHands verifies the key of the sandbox.
- The MCP server also accepts the token of a conversation.
- All other requests require the user headers and the proof that the edge set them.
"""

import asyncio
import json
import re
from urllib.parse import urlsplit

from ohinfra_overlay import tokens
from ohinfra_overlay.identity import STATE, Identity, is_user
from ohinfra_overlay.origin import HEADER, OriginSecret

OPEN = {"/api/health", "/health", "/alive", "/ready"}
# Verified by OpenHands: `X-Session-API-Key` of a running sandbox, or a signed access token.
BY_SESSION_KEY = re.compile(r"/api/v1/webhooks/.+|/api/v1/sandboxes/[^/]+/settings/secrets(/[^/]+)?")
MCP = re.compile(r"/mcp(/.*)?")


class Guard:
    """ASGI middleware around the application."""

    def __init__(self, app, secret: OriginSecret, owner_at):
        """`owner_at(address)` returns the user whose sandbox has this address; it may block."""
        self._app, self._secret, self._owner_at = app, secret, owner_at

    async def __call__(self, scope, receive, send):
        if scope["type"] not in ("http", "websocket"):
            return await self._app(scope, receive, send)
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        path = scope["path"]
        if path in OPEN:
            return await self._app(scope, receive, send)
        if BY_SESSION_KEY.fullmatch(path):
            return await self._app(_without(scope), receive, send)
        identity = await self._of_edge(headers)
        if identity is None and MCP.fullmatch(path):
            identity = await self._of_sandbox(headers)
        if identity is None:
            return await _refuse(scope, send, 401, "authentication required")
        if _is_foreign(headers):
            return await _refuse(scope, send, 403, "cross-site requests are not allowed")
        scope = _without(scope)
        scope.setdefault("state", {})[STATE] = identity
        # OpenHands applies rate limits by client address, which behind a load balancer is the same for all users.
        scope["client"] = (identity.user, 0)
        return await self._app(scope, receive, send)

    async def _of_edge(self, headers: dict[str, str]) -> Identity | None:
        user, proof = headers.get("x-cognito-user-id", ""), headers.get(HEADER, "")
        if not is_user(user) or not proof:
            return None
        # An unknown value is looked up in AWS, which may take seconds, so do not block other requests.
        if not self._secret.knows(proof) and not await asyncio.to_thread(self._secret.accepts, proof):
            return None
        verified = headers.get("x-cognito-email-verified") == "true"
        return Identity(user, headers.get("x-cognito-email") if verified else None)

    async def _of_sandbox(self, headers: dict[str, str]) -> Identity | None:
        """Accept a token only from a sandbox of its user. The proxy sets the address of the sandbox."""
        user = tokens.verify(headers.get("x-session-api-key", ""))
        if user is None or await asyncio.to_thread(self._owner_at, headers.get("x-forwarded-for", "")) != user:
            return None
        return Identity(user)


def _is_foreign(headers: dict[str, str]) -> bool:
    """Return True for a cross-site request. OpenHands accepts every origin unless a list is configured."""
    origin = headers.get("origin")
    return origin is not None and urlsplit(origin).netloc.lower() != headers.get("host", "").lower()


def _without(scope: dict) -> dict:
    """Remove the proof from the request, because the application does not need it."""
    kept = [(name, value) for name, value in scope["headers"] if name.lower() != HEADER.encode()]
    return {**scope, "headers": kept}


async def _refuse(scope, send, status: int, message: str) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008, "reason": message})
        return
    body = json.dumps({"error": message}).encode()
    headers = [(b"content-type", b"application/json"), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
