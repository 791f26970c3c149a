"""MCP servers of the deployment and of a user."""

LISTS = ("shttp_servers", "stdio_servers")


def merge(global_servers: dict, own: dict) -> dict[str, list[dict]]:
    """Merge both by list, without servers of the deployment that the user has disabled or replaced. `source` is the origin."""
    hidden = {*own.get("disabled_global_servers", ()), *(server["id"] for name in LISTS for server in own.get(name, ()))}
    merged = {}
    for name in LISTS:
        kept = [{**server, "source": "global"} for server in global_servers.get(name, ()) if server["id"] not in hidden]
        merged[name] = kept + [{**server, "source": "user"} for server in own.get(name, ())]
    return merged
