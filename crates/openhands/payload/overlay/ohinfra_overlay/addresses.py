"""Rewriting of internal sandbox URLs in API responses to public URLs.

The agent server has a URL on the same origin, so that the browser sends the login cookies; the editor and apps have
separate hosts. OpenHands decides which routes return such URLs, so every JSON response of the API is scanned: URLs
below an object with the name of a sandbox are rewritten.
"""

import json
import re
from urllib.parse import urlsplit

from ohinfra_overlay.containers import PREFIX

API = re.compile(r"/api/v1/(app-conversations|sandboxes)(/.*)?")
AGENT_PORT = 8000
SANDBOX = re.compile(rf"{PREFIX}([0-9a-f]{{32}})")
# The URL of a server in a sandbox, on the sandbox network.
INTERNAL = re.compile(r"http://\d+\.\d+\.\d+\.\d+:\d+")


def public(url: str, conversation: str, host: str) -> str:
    """Return the public URL of a server in the sandbox of a conversation."""
    parts = urlsplit(url)
    rest = parts.path + (f"?{parts.query}" if parts.query else "")
    if parts.port == AGENT_PORT:
        return f"https://{host}/runtime/{conversation}/{AGENT_PORT}{rest}"
    return f"https://{parts.port}-{conversation}.runtime.{host}{rest}"


def rewrite(value, host: str, conversation: str | None = None):
    """Rewrite all internal URLs below objects that name their sandbox."""
    if isinstance(value, list):
        return [rewrite(item, host, conversation) for item in value]
    if isinstance(value, dict):
        for name in ("sandbox_id", "id"):
            named = SANDBOX.fullmatch(value[name]) if isinstance(value.get(name), str) else None
            conversation = named.group(1) if named else conversation
        return {name: rewrite(item, host, conversation) for name, item in value.items()}
    if isinstance(value, str) and conversation and INTERNAL.match(value):
        return public(value, conversation, host)
    return value


class PublicAddresses:
    """ASGI middleware that rewrites JSON responses of the API."""

    def __init__(self, app):
        self._app = app

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http" or not API.fullmatch(scope["path"]):
            return await self._app(scope, receive, send)
        host = next((value.decode("latin-1") for name, value in scope["headers"] if name.lower() == b"host"), "")
        await self._app(scope, receive, _Rewriting(send, host))


class _Rewriting:
    """Sends a response with rewritten URLs: a complete response at its end, a streamed list item by item."""

    def __init__(self, send, host: str):
        self._send, self._host = send, host
        self._start = None
        self._is_json = False
        self._is_streamed = False
        self._body = b""

    async def __call__(self, message) -> None:
        if message["type"] == "http.response.start":
            headers = {name.lower(): value for name, value in message["headers"]}
            self._is_json = headers.get(b"content-type", b"").startswith(b"application/json")
            self._is_streamed = b"content-length" not in headers
            self._start = message
            if not self._is_json or self._is_streamed:
                await self._send(message)
            return
        if message["type"] != "http.response.body" or not self._is_json:
            return await self._send(message)
        body, more = message.get("body", b""), message.get("more_body", False)
        if self._is_streamed:
            return await self._send({**message, "body": self._item(body)})
        self._body += body
        if more:
            return
        rewritten = self._whole(self._body)
        headers = [(name, value) for name, value in self._start["headers"] if name.lower() != b"content-length"]
        headers.append((b"content-length", str(len(rewritten)).encode()))
        await self._send({**self._start, "headers": headers})
        await self._send({"type": "http.response.body", "body": rewritten})

    def _whole(self, body: bytes) -> bytes:
        try:
            return json.dumps(rewrite(json.loads(body), self._host)).encode()
        except ValueError:
            return body

    def _item(self, body: bytes) -> bytes:
        """Rewrite a chunk of a streamed list: one item, optionally after a comma or a bracket."""
        text = body.decode("utf-8", "replace")
        start = text.find("{")
        if start < 0:
            return body
        try:
            return (text[:start] + json.dumps(rewrite(json.loads(text[start:]), self._host))).encode()
        except ValueError:
            return body
