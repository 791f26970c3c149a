"""Conversation leases: an agent server holds and renews a lease, stored in the workspace, for each running conversation.

An agent server that starts while another holder's lease is valid skips the conversation and does not retry. Therefore a
sandbox starts only when its conversations have no valid lease. The lease of a stopped container of this instance is removed
instead of waiting up to 45 seconds for its expiry. The lease of another instance must expire, because that instance may
still be running.
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
    """Another instance runs the conversation, or stopped recently. A later retry succeeds."""

    def __init__(self, seconds: int):
        super().__init__(
            f"the conversation is locked by another sandbox; retry in {seconds} s",
            headers={"Retry-After": str(seconds)},
            status_code=409,
        )


def _valid(workspace: str) -> Iterator[tuple[Path, str, float]]:
    """Yield valid leases: file, host name of the holder, remaining seconds."""
    for path in Path(workspace, "conversations").glob(f"*/{FILE}"):
        try:
            lease = json.loads(path.read_text(encoding="utf-8"))
            left = float(lease["expires_at"]) - time.time()
        except (OSError, ValueError, KeyError, TypeError):
            # Deleted concurrently, or not a lease: leave it to the agent server.
            continue
        # Agent servers use shorter leases, so another process in the sandbox wrote this file.
        if 0 < left < LONGEST_SECONDS:
            yield path, str(lease.get("owner_host") or ""), left


def drop(workspace: str, host: str) -> None:
    """Remove the leases of a stopped container, identified by its host name."""
    for path, holder, _ in _valid(workspace):
        if holder == host:
            log.info("removed the lease of %s, whose holder has ended", path.parent.name)
            path.unlink(missing_ok=True)


def require_free(workspace: str, has_ended: Callable[[str], bool]) -> None:
    """Release the conversations of a workspace for a sandbox that is about to start.

    `has_ended(host)` returns True if a container of this instance with this host name exists and is not running.

    Raises ConversationIsHeld while another holder has a valid lease.
    """
    for path, holder, left in _valid(workspace):
        if holder and has_ended(holder):
            drop(workspace, holder)
        else:
            log.info("conversation %s is locked by %s", path.parent.name, holder)
            raise ConversationIsHeld(int(left) + 1)
