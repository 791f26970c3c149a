"""A spool on the shared file system for objects that could not be written to the bucket.

OpenHands reports success to the agent even if storing an event failed, so a failure must not lose the event.
"""

import logging
import os
import shutil
import tempfile
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from ohinfra_overlay import aws
from ohinfra_overlay.settings import settings

log = logging.getLogger(__name__)


def folder() -> Path:
    """Return the spool directory, in which each object is stored under its key."""
    return Path(os.environ.get("OH_PERSISTENCE_DIR", "/root/.openhands")) / "spool"


def put(key: str, body: bytes) -> None:
    """Write an object to the bucket, or spool it on failure."""
    path = _place(key)
    try:
        _put(key, body)
    except (BotoCoreError, ClientError) as error:
        log.error("failed to write %s to the bucket (%s); spooled for retry", key, type(error).__name__)
        _keep(path, body)


def flush() -> int:
    """Write spooled objects to the bucket. Returns the number of written objects.

    Stops if the bucket is unreachable. A rejected object stays in the spool and does not block others.
    """
    written = 0
    for path in [path for path in folder().rglob("*") if path.is_file() and not path.name.startswith(".")]:
        try:
            _put(str(path.relative_to(folder())), path.read_bytes())
        except FileNotFoundError:
            # Another instance wrote it concurrently, or the conversation was deleted.
            continue
        except ClientError as error:
            log.error("the bucket rejected %s: %s", path.name, error.response["Error"].get("Code"))
            continue
        except BotoCoreError:
            break
        path.unlink(missing_ok=True)
        written += 1
    return written


def forget(prefix: str) -> None:
    """Delete spooled objects below a prefix."""
    shutil.rmtree(_place(prefix), ignore_errors=True)


def _place(key: str) -> Path:
    """Return the spool path of a key. Parts of a key are untrusted and must not escape the directory."""
    place = (folder() / key).resolve()
    if not place.is_relative_to(folder().resolve()):
        raise ValueError("the key escapes the spool directory")
    return place


def _put(key: str, body: bytes) -> None:
    aws.client("s3").put_object(Bucket=settings().data_bucket, Key=key, Body=body, ContentType="application/json")


def _keep(path: Path, body: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=".")
    with os.fdopen(descriptor, "wb") as file:
        file.write(body)
    os.replace(temporary, path)
