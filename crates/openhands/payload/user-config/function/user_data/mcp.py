"""MCP servers: those that the deployment gives to everybody, and a user's own."""

LISTS = ("shttp_servers", "stdio_servers")


def merge(everybodys: dict, own: dict) -> dict[str, list[dict]]:
    """Both, by list, without those of everybody that the user has disabled or replaced. `source` tells which is whose."""
    hidden = {*own.get("disabled_global_servers", ()), *(server["id"] for name in LISTS for server in own.get(name, ()))}
    merged = {}
    for name in LISTS:
        kept = [{**server, "source": "global"} for server in everybodys.get(name, ()) if server["id"] not in hidden]
        merged[name] = kept + [{**server, "source": "user"} for server in own.get(name, ())]
    return merged
