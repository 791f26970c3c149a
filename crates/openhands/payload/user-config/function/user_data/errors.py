"""What a caller is told."""


class Refusal(Exception):
    """An answer that is not a success, with the reason for whoever sent the request."""

    def __init__(self, status: int, reason: str, headers: dict | None = None):
        super().__init__(reason)
        self.status = status
        self.reason = reason
        self.headers = headers or {}
