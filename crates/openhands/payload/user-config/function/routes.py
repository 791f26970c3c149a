"""The routes and their operations on the documents of a user."""

import validation
from user_data.documents import Documents, now
from user_data.errors import Refusal
from user_data.mcp import LISTS, merge

MCP = "config/mcp-config.json"
INTEGRATIONS = "config/integrations.json"
SECRETS = "secrets/credentials.json.enc"
METADATA = ("id", "type", "created_at", "updated_at", "notes")


def _mcp(document: dict) -> dict:
    """Add default members, so that a missing document is an empty configuration."""
    document.setdefault("version", "1.0")
    document.setdefault("updated_at", None)
    for name in (*LISTS, "disabled_global_servers"):
        document.setdefault(name, [])
    return document


def get_mcp(documents: Documents, **_):
    return 200, _mcp(documents.read(MCP))


def put_mcp(documents: Documents, body, **_):
    validated = validation.mcp_config(body)

    def change(document):
        document.clear()
        document.update(version="1.0", updated_at=now(), **validated)
        return dict(document)

    return 200, documents.change(MCP, change)


def _take(document: dict, server_id: str):
    """Remove a server from its list and return it, or None if it does not exist."""
    for name in LISTS:
        for at, server in enumerate(document[name]):
            if server["id"] == server_id:
                return document[name].pop(at), name, at
    return None, None, None


def post_server(documents: Documents, body, **_):
    validated = validation.server(body)

    def change(document):
        _mcp(document)
        if any(server["id"] == validated["id"] for name in LISTS for server in document[name]):
            raise Refusal(409, f"the server `{validated['id']}` already exists")
        if len(document[f"{validated['type']}_servers"]) >= validation.MOST_SERVERS:
            raise Refusal(400, f"the maximum of {validation.MOST_SERVERS} servers is reached")
        document[f"{validated['type']}_servers"].append(validated)
        document["updated_at"] = now()

    documents.change(MCP, change)
    return 201, validated


def put_server(documents: Documents, body, item, **_):
    validated = validation.server(body, item)

    def change(document):
        _, name, at = _take(_mcp(document), item)
        if name is None:
            raise Refusal(404, f"server `{item}` not found")
        # The server keeps its position unless its type has changed.
        own = f"{validated['type']}_servers"
        document[own].insert(at if name == own else len(document[own]), validated)
        document["updated_at"] = now()

    documents.change(MCP, change)
    return 200, validated


def delete_server(documents: Documents, item, **_):
    def change(document):
        _, name, _ = _take(_mcp(document), item)
        if name is None:
            raise Refusal(404, f"server `{item}` not found")
        document["updated_at"] = now()

    documents.change(MCP, change)
    return 200, {"id": item, "deleted": True}


def _shown(secret_id: str, secret: dict) -> dict:
    """Return a secret without its value."""
    return {name: {"id": secret_id, **secret}.get(name) for name in METADATA}


def get_secrets(documents: Documents, **_):
    secrets = documents.read(SECRETS)
    return 200, {"secrets": [_shown(name, secrets[name]) for name in sorted(secrets)]}


def put_secret(documents: Documents, body, item, **_):
    def change(document):
        exists = item in document
        validated = validation.secret(body, exists)
        if isinstance(body, dict) and body.get("id", item) != item:
            raise Refusal(400, "`id` differs from the ID in the path")
        time = now()
        document[item] = {"created_at": time, **document.get(item, {}), **validated, "updated_at": time}
        return (200 if exists else 201), _shown(item, document[item])

    return documents.change(SECRETS, change)


def delete_secret(documents: Documents, item, **_):
    def change(document):
        if document.pop(item, None) is None:
            raise Refusal(404, f"secret `{item}` not found")

    documents.change(SECRETS, change)
    return 200, {"id": item, "deleted": True}


def get_integrations(documents: Documents, **_):
    return 200, {"integrations": documents.read(INTEGRATIONS)}


def _provider(item: str) -> str:
    if item not in validation.PROVIDERS:
        raise Refusal(404, f"provider `{item}` not found; supported: {', '.join(validation.PROVIDERS)}")
    return item


def put_integration(documents: Documents, body, item, **_):
    validated = validation.integration(body)

    def change(document):
        earlier = document.get(_provider(item), {})
        document[item] = {**validated, "connected_at": earlier.get("connected_at") or now()}
        return dict(document[item])

    return 200, documents.change(INTEGRATIONS, change)


def delete_integration(documents: Documents, item, **_):
    def change(document):
        if document.pop(_provider(item), None) is None:
            raise Refusal(404, f"{item} is not connected")

    documents.change(INTEGRATIONS, change)
    return 200, {"id": item, "deleted": True}


def get_merged(documents: Documents, global_servers, **_):
    """Return the servers of the deployment that the user has not disabled, and the servers of the user."""
    own = _mcp(documents.read(MCP))
    return 200, {"version": "1.0", "updated_at": own["updated_at"], **merge(global_servers, own)}


# Methods by path under /api/v1/user-config. `*` matches an ID.
ROUTES = {
    ("mcp",): {"GET": get_mcp, "PUT": put_mcp},
    ("mcp", "servers"): {"POST": post_server},
    ("mcp", "servers", "*"): {"PUT": put_server, "DELETE": delete_server},
    ("secrets",): {"GET": get_secrets},
    ("secrets", "*"): {"PUT": put_secret, "DELETE": delete_secret},
    ("integrations",): {"GET": get_integrations},
    ("integrations", "*"): {"PUT": put_integration, "DELETE": delete_integration},
    ("merged",): {"GET": get_merged},
}
