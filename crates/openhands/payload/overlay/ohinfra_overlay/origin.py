"""Proof that a request came through the edge of the deployment: a header value shared by CloudFront and this instance."""

import hmac
import logging
import threading
import time
from datetime import datetime, timedelta, timezone

from ohinfra_overlay import aws

log = logging.getLogger(__name__)

HEADER = "x-origin-verify"
# The minimum interval between reads: a rotated value is accepted after at most this time, and invalid values cause at
# most one read in it.
REFRESH_SECONDS = 5
# The previous value stays valid after a rotation, because distributions take minutes to send the new one.
STAGES = ("AWSCURRENT", "AWSPREVIOUS")
PREVIOUS_IS_VALID = timedelta(days=1)


class OriginSecret:
    """The accepted header values: the current and previous versions of the secret."""

    def __init__(self, name: str, client=None, now=time.monotonic):
        self._name, self._client, self._now = name, client, now
        self._values: tuple[str, ...] = ()
        self._read_at = float("-inf")
        self._lock = threading.Lock()

    def accepts(self, value: str) -> bool:
        """Return True for an accepted value; reads the secret if the value is unknown. Compares in constant time."""
        if not value:
            return False
        if self.knows(value):
            return True
        with self._lock:
            if self._now() - self._read_at < REFRESH_SECONDS:
                return self.knows(value)
            self._read_at = self._now()
            self._values = self._read() or self._values
        return self.knows(value)

    def knows(self, value: str) -> bool:
        """Return True if the value was in the last read. Does not call AWS."""
        presented = value.encode("utf-8", "replace")
        # No early exit, which would leak timing information.
        return any([hmac.compare_digest(presented, known.encode()) for known in self._values])

    def _read(self) -> tuple[str, ...]:
        if self._client is None:
            self._client = aws.client("secretsmanager")
        values = []
        for stage in STAGES:
            try:
                answer = self._client.get_secret_value(SecretId=self._name, VersionStage=stage)
                values.append(answer["SecretString"])
                if stage == "AWSCURRENT" and datetime.now(timezone.utc) - answer["CreatedDate"] > PREVIOUS_IS_VALID:
                    break
            except self._client.exceptions.ResourceNotFoundException:
                # No previous version exists before the first rotation.
                continue
            except Exception as error:
                log.error("failed to read the origin secret (%s): %s", stage, type(error).__name__)
                return ()
        return tuple(values)
