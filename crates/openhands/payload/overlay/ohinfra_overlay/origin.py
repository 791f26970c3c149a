"""Proof that a request came through the deployment's edge: the header that only CloudFront and this instance know."""

import hmac
import logging
import threading
import time
from datetime import datetime, timedelta, timezone

from ohinfra_overlay import aws

log = logging.getLogger(__name__)

HEADER = "x-origin-verify"
# A rotated value is accepted within this time; a wrong value costs at most one call in it.
REFRESH_SECONDS = 5
# A rotation keeps the previous value valid until every distribution sends the new one, which takes minutes.
STAGES = ("AWSCURRENT", "AWSPREVIOUS")
PREVIOUS_IS_VALID = timedelta(days=1)


class OriginSecret:
    """The accepted header values: the current and the previous version of the secret."""

    def __init__(self, name: str, client=None, now=time.monotonic):
        self._name, self._client, self._now = name, client, now
        self._values: tuple[str, ...] = ()
        self._read_at = float("-inf")
        self._lock = threading.Lock()

    def accepts(self, value: str) -> bool:
        """Whether the value is one of the accepted ones. Compares in constant time."""
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
        """Whether the value is one of those that were read last. Does not ask AWS."""
        presented = value.encode("utf-8", "replace")
        # No early exit: the time must not tell which value came close.
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
                # There is no previous version before the first rotation.
                continue
            except Exception as error:
                log.error("failed to read the origin secret (%s): %s", stage, type(error).__name__)
                return ()
        return tuple(values)
