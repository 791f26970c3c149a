"""The identity of a request: a user authenticated by the edge, or a sandbox that acts for its user."""

import re
from dataclasses import dataclass

from fastapi import Request
from openhands.app_server.integrations.service_types import AuthenticationError
from openhands.app_server.user_auth.default_user_auth import DefaultUserAuth

from ohinfra_overlay import tokens

# The key of the verified identity in the state of a request, set by the guard.
STATE = "ohinfra_identity"
# User IDs are part of bucket keys and paths: no separators and no dot segments.
USER = re.compile(r"(?!\.+$)(?!.*\.\.)[A-Za-z0-9._-]{1,128}")


@dataclass(frozen=True)
class Identity:
    """A verified user."""

    user: str
    email: str | None = None


def is_user(text: str) -> bool:
    """Return True for a valid user ID."""
    return USER.fullmatch(text) is not None


@dataclass
class EdgeUserAuth(DefaultUserAuth):
    """The user for OpenHands."""

    user_id: str | None = None
    email: str | None = None

    async def get_user_id(self) -> str | None:
        return self.user_id

    async def get_user_email(self) -> str | None:
        return self.email

    async def get_mcp_api_key(self) -> str | None:
        return tokens.sign(self.user_id) if self.user_id else None

    @classmethod
    async def get_instance(cls, request: Request) -> "EdgeUserAuth":
        identity = getattr(request.state, STATE, None)
        if identity is None:
            raise AuthenticationError("authentication required")
        return cls(user_id=identity.user, email=identity.email)

    @classmethod
    async def get_for_user(cls, user_id: str) -> "EdgeUserAuth":
        if not is_user(user_id):
            raise AuthenticationError("invalid user ID")
        return cls(user_id=user_id)
