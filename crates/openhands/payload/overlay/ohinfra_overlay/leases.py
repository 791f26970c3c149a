"""Leases: the agent server that runs a conversation holds one, in the conversation's workspace, and renews it.

An agent server that starts while another one's lease is valid leaves the conversation out and never looks again. So a sandbox
starts only when its conversations are free. The lease of a container of this instance that has ended is removed: nobody would
use it for the 45 seconds that are left. The lease of another instance is waited for: that instance may still run.
"""

import json
import logging
import time
from pathlib import Path
from typing import Callable, Iterator

from openhands.app_server.errors import SandboxError

log = logging.getLogger(__name__)

FILE = "owner_lease.json"
LONGEST_SECONDS = 600


class ConversationIsHeld(SandboxError):
    """Another instance runs the conversation, or ended a moment ago. Trying again later succeeds."""

    def __init__(self, seconds: int):
        super().__init__(
            f"the conversation is locked by another sandbox; retry in {seconds} s",
            headers={"Retry-After": str(seconds)},
            status_code=409,
        )


def _valid(workspace: str) -> Iterator[tuple[Path, str, float]]:
    """The leases that have not expired: file, host name of the holder, seconds that are left."""
    for path in Path(workspace, "conversations").glob(f"*/{FILE}"):
        try:
            lease = json.loads(path.read_text(encoding="utf-8"))
            left = float(lease["expires_at"]) - time.time()
        except (OSError, ValueError, KeyError, TypeError):
            # Gone in the meantime, or not a lease: the agent server decides.
            continue
        # No agent server takes a lease for so long: the file was written by something else in the sandbox.
        if 0 < left < LONGEST_SECONDS:
            yield path, str(lease.get("owner_host") or ""), left


def drop(workspace: str, host: str) -> None:
    """Remove the leases of a container that has ended, by its host name."""
    for path, holder, _ in _valid(workspace):
        if holder == host:
            log.info("removed the lease of %s, whose holder has ended", path.parent.name)
            path.unlink(missing_ok=True)


def require_free(workspace: str, has_ended: Callable[[str], bool]) -> None:
    """Free the conversations of a workspace for a sandbox that is about to start.

    `has_ended(host)` says whether a container of this instance with this host name exists and does not run.

    Raises ConversationIsHeld while anybody else holds one.
    """
    for path, holder, left in _valid(workspace):
        if holder and has_ended(holder):
            drop(workspace, holder)
        else:
            log.info("the conversation %s is held by %s", path.parent.name, holder)
            raise ConversationIsHeld(int(left) + 1)
