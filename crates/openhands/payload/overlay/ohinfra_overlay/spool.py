"""Objects that could not be written to the bucket, kept on the shared file system until they can be.

OpenHands answers an agent's event with success even if storing it failed, so a failure must not lose it.
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
    """Where objects wait, each under its key."""
    return Path(os.environ.get("OH_PERSISTENCE_DIR", "/root/.openhands")) / "spool"


def put(key: str, body: bytes) -> None:
    """Write an object to the bucket, or keep it here."""
    path = _place(key)
    try:
        _put(key, body)
    except (BotoCoreError, ClientError) as error:
        log.error("failed to write %s to the bucket (%s); kept for later", key, type(error).__name__)
        _keep(path, body)


def flush() -> int:
    """Write what waits to the bucket; returns how many objects were written.

    Stops when the bucket does not answer. An object that the bucket refuses stays and does not hold the others up.
    """
    written = 0
    for path in [path for path in folder().rglob("*") if path.is_file() and not path.name.startswith(".")]:
        try:
            _put(str(path.relative_to(folder())), path.read_bytes())
        except FileNotFoundError:
            # Another instance was quicker, or the conversation has been deleted.
            continue
        except ClientError as error:
            log.error("the bucket refuses %s: %s", path.name, error.response["Error"].get("Code"))
            continue
        except BotoCoreError:
            break
        path.unlink(missing_ok=True)
        written += 1
    return written


def forget(prefix: str) -> None:
    """Delete what waits below a prefix."""
    shutil.rmtree(_place(prefix), ignore_errors=True)


def _place(key: str) -> Path:
    """Where an object of this key waits. A key never leads out of the folder, whoever has chosen a part of it."""
    place = (folder() / key).resolve()
    if not place.is_relative_to(folder().resolve()):
        raise ValueError("the key leads out of the spool")
    return place


def _put(key: str, body: bytes) -> None:
    aws.client("s3").put_object(Bucket=settings().data_bucket, Key=key, Body=body, ContentType="application/json")


def _keep(path: Path, body: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=".")
    with os.fdopen(descriptor, "wb") as file:
        file.write(body)
    os.replace(temporary, path)
