"""MCP servers of the user configuration API, converted to the format of OpenHands."""

import logging

from ohinfra_overlay import stores
from ohinfra_overlay.compat import MCPServer

log = logging.getLogger(__name__)


def servers(user: str) -> dict:
    """Return the enabled servers of a user by ID, except servers that would run on the instance."""
    configured = stores.mcp_servers(user)
    found = {}
    for server in configured["shttp_servers"]:
        found[server["id"]] = _converted({"url": server["url"]})
    for server in configured["stdio_servers"]:
        if server.get("runtime", "sandbox") != "sandbox":
            log.warning("skipping MCP server %s: servers can run only in sandboxes", server["id"])
            continue
        process = {"command": server["command"], "args": server.get("args", []), "env": server.get("env", {})}
        found[server["id"]] = _converted(process)
    return found


def _converted(server: dict):
    return MCPServer(**server) if MCPServer is not None else server
