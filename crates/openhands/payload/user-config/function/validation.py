"""Validation of request bodies."""

import re
from urllib.parse import urlsplit

from user_data.errors import Refusal

ID = re.compile(r"[A-Za-z0-9._-]{1,128}")
VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")
PROVIDERS = ("github", "slack")
SECRET_TYPES = ("api_key", "token", "credential")
LONGEST_NOTES = 2000
LONGEST_VALUE = 64 * 1024
MOST_SERVERS = 100


def identity(value, what: str = "id") -> str:
    """Validate an ID that is safe in an S3 key and in a path."""
    if not isinstance(value, str) or not ID.fullmatch(value) or ".." in value:
        raise Refusal(400, f"`{what}` must be 1 to 128 letters, digits, dots, hyphens or underscores, without `..`")
    return value


def _object(value, what: str, allowed: set) -> dict:
    if not isinstance(value, dict):
        raise Refusal(400, f"{what} must be an object")
    unknown = sorted(set(value) - allowed)
    if unknown:
        raise Refusal(400, f"{what} has no `{unknown[0][:64]}`")
    return value


def _text(values: dict, name: str, longest: int, default=None, required: bool = False):
    value = values.get(name)
    if value is None:
        if required:
            raise Refusal(400, f"`{name}` is missing")
        return default
    if not isinstance(value, str) or len(value) > longest or (required and not value):
        raise Refusal(400, f"`{name}` must be a string of at most {longest} characters")
    return value


def _flag(values: dict, name: str, default: bool) -> bool:
    value = values.get(name, default)
    if not isinstance(value, bool):
        raise Refusal(400, f"`{name}` must be true or false")
    return value


def _choice(values: dict, name: str, choices: tuple, default=None):
    value = values.get(name, default)
    if value not in choices or not isinstance(value, str):
        raise Refusal(400, f"`{name}` must be one of {', '.join(choices)}")
    return value


def _list(values: dict, name: str, most: int) -> list:
    value = values.get(name, [])
    if not isinstance(value, list) or len(value) > most:
        raise Refusal(400, f"`{name}` must be a list of at most {most} items")
    return value


def server(value, own_id: str | None = None) -> dict:
    """Validate an MCP server. The ID is optional if the path contains it."""
    common = {"id", "type", "enabled", "notes"}
    kind = _choice(value if isinstance(value, dict) else {}, "type", ("shttp", "stdio"))
    own = {"url"} if kind == "shttp" else {"name", "command", "args", "env", "runtime"}
    values = _object(value, "a server", common | own)
    found = identity(values.get("id", own_id))
    if own_id is not None and found != own_id:
        raise Refusal(400, "`id` differs from the ID in the path")
    result = {
        "id": found,
        "type": kind,
        "enabled": _flag(values, "enabled", True),
        "notes": _text(values, "notes", LONGEST_NOTES, ""),
    }
    if kind == "shttp":
        url = _text(values, "url", 2048, required=True)
        try:
            parts = urlsplit(url)
            fits = parts.scheme in ("http", "https") and bool(parts.hostname)
        except ValueError:
            fits = False
        if not fits or any(character.isspace() or ord(character) < 32 for character in url):
            raise Refusal(400, "`url` must be an HTTP or HTTPS URL")
        return {**result, "url": url}
    args = _list(values, "args", 100)
    if not all(isinstance(one, str) and len(one) <= 4096 for one in args):
        raise Refusal(400, "`args` must be strings of at most 4096 characters")
    env = values.get("env", {})
    if not isinstance(env, dict) or len(env) > 100:
        raise Refusal(400, "`env` must be an object with at most 100 strings")
    for name, one in env.items():
        if not VARIABLE.fullmatch(name) or not isinstance(one, str) or len(one) > 4096:
            raise Refusal(400, "`env` must map variable names to strings of at most 4096 characters")
    return {
        **result,
        "name": _text(values, "name", 128, found),
        "command": _text(values, "command", 1024, required=True),
        "args": args,
        "env": env,
        "runtime": _choice(values, "runtime", ("sandbox", "host"), "sandbox"),
    }


def mcp_config(value) -> dict:
    """Validate a complete MCP configuration."""
    names = ("shttp_servers", "stdio_servers")
    values = _object(value, "the configuration", {"version", "updated_at", "disabled_global_servers", *names})
    if values.get("version", "1.0") != "1.0":
        raise Refusal(400, '`version` must be "1.0"')
    result = {}
    for name in names:
        result[name] = [server(one) for one in _list(values, name, MOST_SERVERS)]
        kind = name.removesuffix("_servers")
        if any(one["type"] != kind for one in result[name]):
            raise Refusal(400, f"`{name}` must contain servers of the type {kind}")
    ids = [one["id"] for name in names for one in result[name]]
    if len(ids) != len(set(ids)):
        raise Refusal(400, "two servers have the same id")
    disabled = [identity(one, "disabled_global_servers") for one in _list(values, "disabled_global_servers", 1000)]
    return {**result, "disabled_global_servers": disabled}


def secret(value, exists: bool) -> dict:
    """Validate a secret. The value is optional if the secret exists."""
    values = _object(value, "a secret", {"id", "value", "type", "notes"})
    result = {}
    if values.get("value") is not None or not exists:
        result["value"] = _text(values, "value", LONGEST_VALUE, required=True)
    if "type" in values or not exists:
        result["type"] = _choice(values, "type", SECRET_TYPES, "credential")
    if "notes" in values or not exists:
        result["notes"] = _text(values, "notes", LONGEST_NOTES, "")
    return result


def integration(value) -> dict:
    """Validate an integration with another service."""
    values = _object(value, "an integration", {"enabled", "token_ref", "notes", "auto_mcp"})
    reference = values.get("token_ref")
    return {
        "enabled": _flag(values, "enabled", True),
        "token_ref": None if reference is None else identity(reference, "token_ref"),
        "notes": _text(values, "notes", LONGEST_NOTES, ""),
        "auto_mcp": _flag(values, "auto_mcp", False),
    }
