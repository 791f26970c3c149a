"""MCP servers of the user-configuration API, in the form in which OpenHands gives them to an agent."""

import logging

from ohinfra_overlay import stores
from ohinfra_overlay.compat import MCPServer

log = logging.getLogger(__name__)


def servers(user: str) -> dict:
    """The enabled servers of a user by their ids. Those that would run on the instance are left out."""
    configured = stores.mcp_servers(user)
    found = {}
    for server in configured["shttp_servers"]:
        found[server["id"]] = _made({"url": server["url"]})
    for server in configured["stdio_servers"]:
        if server.get("runtime", "sandbox") != "sandbox":
            log.warning("MCP server %s is not started: servers run in sandboxes only", server["id"])
            continue
        process = {"command": server["command"], "args": server.get("args", []), "env": server.get("env", {})}
        found[server["id"]] = _made(process)
    return found


def _made(server: dict):
    return MCPServer(**server) if MCPServer is not None else server
