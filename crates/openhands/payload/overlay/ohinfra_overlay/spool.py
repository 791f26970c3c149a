"""Objects that could not be written to the bucket, kept on the shared file system until they can be.

OpenHands answers an agent's event with success even if storing it failed, so a failure must not lose it.
"""

import logging
import os
import tempfile
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from ohinfra_overlay import aws
from ohinfra_overlay.settings import settings

log = logging.getLogger(__name__)


def folder() -> Path:
    """Where objects wait, each under its key."""
    return Path(os.environ.get("OH_PERSISTENCE_DIR", "/root/.openhands")) / "spool"


def put(key: str, body: bytes) -> None:
    """Write an object to the bucket, or keep it here."""
    try:
        _put(key, body)
    except (BotoCoreError, ClientError) as error:
        log.error("failed to write %s to the bucket (%s); kept for later", key, type(error).__name__)
        _keep(key, body)


def flush() -> int:
    """Write what waits to the bucket, oldest first. Stops at the first failure; returns how many were written."""
    waiting = [path for path in folder().rglob("*") if path.is_file() and not path.name.startswith(".")]
    waiting.sort(key=lambda path: path.stat().st_mtime)
    for written, path in enumerate(waiting):
        try:
            _put(str(path.relative_to(folder())), path.read_bytes())
        except (BotoCoreError, ClientError):
            return written
        path.unlink()
    return len(waiting)


def _put(key: str, body: bytes) -> None:
    aws.client("s3").put_object(Bucket=settings().data_bucket, Key=key, Body=body, ContentType="application/json")


def _keep(key: str, body: bytes) -> None:
    path = folder() / key
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=".")
    with os.fdopen(descriptor, "wb") as file:
        file.write(body)
    os.replace(temporary, path)
