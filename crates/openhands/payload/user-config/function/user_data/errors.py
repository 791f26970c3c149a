"""Errors reported to the caller."""


class Refusal(Exception):
    """An error response with a reason for the caller."""

    def __init__(self, status: int, reason: str, headers: dict | None = None):
        super().__init__(reason)
        self.status = status
        self.reason = reason
        self.headers = headers or {}
