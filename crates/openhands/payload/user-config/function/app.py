"""The user configuration API: a Lambda function behind the load balancer. The handler is `app.handler`."""

import base64
import binascii
import json
import logging
import os
from http import HTTPStatus
from pathlib import Path
from urllib.parse import unquote

import boto3
import validation
from botocore.config import Config
from user_data.documents import Documents
from user_data.errors import Refusal
from routes import ROUTES

PREFIX = "/api/v1/user-config/"
LARGEST_BODY = 256 * 1024

log = logging.getLogger()
log.setLevel(os.environ.get("LOG_LEVEL", "INFO"))

_config = Config(connect_timeout=3, read_timeout=5, retries={"mode": "standard", "max_attempts": 3})
_s3 = boto3.client("s3", config=_config)
_kms = boto3.client("kms", config=_config)
_global_servers = json.loads((Path(__file__).parent / "everybodys_mcp.json").read_text(encoding="utf-8"))


def _answer(status: int, body: dict, headers: dict | None = None) -> dict:
    return {
        "statusCode": status,
        "statusDescription": f"{status} {HTTPStatus(status).phrase}",
        "isBase64Encoded": False,
        "headers": {"Content-Type": "application/json", "Cache-Control": "no-store", **(headers or {})},
        "body": json.dumps(body),
    }


def _caller(event: dict) -> str:
    """Return the user authenticated by the edge. The load balancer accepts only requests from the edge."""
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    user = headers.get("x-cognito-user-id", "")
    if not isinstance(user, str) or not validation.ID.fullmatch(user) or user.strip(".") == "" or ".." in user:
        raise Refusal(401, "login required")
    return user


def _route(event: dict):
    path, method = event.get("path") or "", event.get("httpMethod") or ""
    parts = path.removeprefix(PREFIX).split("/") if path.startswith(PREFIX) else []
    for pattern, methods in ROUTES.items():
        if len(pattern) != len(parts) or any(want not in ("*", part) for want, part in zip(pattern, parts)):
            continue
        if method not in methods:
            raise Refusal(405, f"method {method[:16]} not allowed", {"Allow": ", ".join(sorted(methods))})
        item = validation.identity(unquote(parts[-1])) if pattern[-1] == "*" else None
        return methods[method], item
    raise Refusal(404, "route not found")


def _body(event: dict):
    text = event.get("body") or ""
    if len(text) > LARGEST_BODY * 4 // 3 + 4:
        raise Refusal(413, "the body exceeds 256 KB")
    try:
        raw = base64.b64decode(text, validate=True) if event.get("isBase64Encoded") else text.encode()
    except (binascii.Error, UnicodeEncodeError):
        raise Refusal(400, "the body encoding is invalid") from None
    if len(raw) > LARGEST_BODY:
        raise Refusal(413, "the body exceeds 256 KB")
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        raise Refusal(400, "the body is not valid JSON") from None


def handler(event: dict, _context=None) -> dict:
    try:
        user = _caller(event)
        act, item = _route(event)
        body = _body(event) if event.get("httpMethod") in ("POST", "PUT") else None
        documents = Documents(_s3, _kms, os.environ["DATA_BUCKET"], os.environ["KMS_KEY_ID"], user)
        return _answer(*act(documents=documents, body=body, item=item, global_servers=_global_servers))
    except Refusal as refusal:
        return _answer(refusal.status, {"error": refusal.reason}, refusal.headers)
    except Exception as error:
        # The message may contain user data, so log only the type and the AWS error code.
        code = getattr(error, "response", {}).get("Error", {}).get("Code", "")
        log.error("failed: %s %s", type(error).__name__, code)
        return _answer(500, {"error": "internal error"})
