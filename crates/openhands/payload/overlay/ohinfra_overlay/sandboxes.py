"""Sandboxes in Docker containers, each for one user and conversation: users can access only their own sandboxes."""

import asyncio
import logging
import os
import re
from dataclasses import dataclass, fields
from types import SimpleNamespace
from typing import Any, AsyncGenerator
from uuid import UUID, uuid4

from docker.errors import NotFound
from openhands.app_server.errors import SandboxError
from openhands.app_server.sandbox.docker_sandbox_service import (
    DockerSandboxService,
    DockerSandboxServiceInjector,
)
from openhands.app_server.sandbox.docker_sandbox_spec_service import get_docker_client
from openhands.app_server.sandbox.sandbox_models import VSCODE, ExposedUrl, SandboxInfo, SandboxStatus
from openhands.app_server.sandbox.sandbox_service import SESSION_API_KEY_VARIABLE

from ohinfra_overlay import leases, owners
from ohinfra_overlay.containers import PREFIX, USER, Docker, address_of
from ohinfra_overlay.settings import settings

log = logging.getLogger(__name__)

CONVERSATION_ID = re.compile(r"[0-9a-f]{32}")
# Seconds between SIGTERM and SIGKILL when Docker stops a sandbox.
STOP_SECONDS = 10


def owner_at(address: str) -> str | None:
    """Return the user whose sandbox has this address on the sandbox network."""
    for container in get_docker_client().containers.list(filters={"label": USER}):
        if address and address_of(container, settings().sandbox.network) == address:
            return container.labels[USER]
    return None


class _Tagged:
    """A container whose image always has a tag, even if the tag has moved to a newer image: OpenHands ignores containers
    with untagged images."""

    def __init__(self, container):
        self._container = container

    def __getattr__(self, name: str):
        return getattr(self._container, name)

    @property
    def image(self):
        tags = self._container.image.tags or [self._container.labels.get("sandbox_spec_id", "")]
        return SimpleNamespace(id=self._container.image.id, tags=tags)


@dataclass
class OwnedSandboxService(DockerSandboxService):
    """`owner` is the user, or None for internal work, which can access all sandboxes but start none."""

    owner: str | None = None
    open_session: Any = None

    def _is_mine(self, container) -> bool:
        return self.owner is None or container.labels.get(USER) == self.owner

    def _mine(self, sandbox_id: str):
        """Return the container with this name if it belongs to the user, otherwise None."""
        if not sandbox_id.startswith(self.container_name_prefix):
            return None
        try:
            container = self.docker_client.containers.get(sandbox_id)
        except NotFound:
            return None
        return container if self._is_mine(container) else None

    async def _container_to_sandbox_info(self, container) -> SandboxInfo | None:
        if not self._is_mine(container):
            return None
        info = await super()._container_to_sandbox_info(_Tagged(container))
        if info is None:
            return None
        info.created_by_user_id = container.labels.get(USER)
        if info.status == SandboxStatus.RUNNING:
            info.exposed_urls = self._internal_urls(container)
            info.session_api_key = self._get_container_env_vars(container).get(SESSION_API_KEY_VARIABLE)
        return info

    def _internal_urls(self, container) -> list[ExposedUrl] | None:
        """Return URLs on the sandbox network. `addresses` rewrites them to public URLs."""
        address = address_of(container, settings().sandbox.network)
        if not address:
            return None
        urls = []
        for port in self.exposed_ports:
            url = f"http://{address}:{port.container_port}"
            if port.name == VSCODE:
                key = self._get_container_env_vars(container).get(SESSION_API_KEY_VARIABLE)
                url += f"/?tkn={key}&folder={container.attrs['Config']['WorkingDir']}"
            urls.append(ExposedUrl(name=port.name, url=url, port=port.container_port))
        return urls

    async def get_sandbox_record_by_session_api_key(self, session_api_key: str):
        record = await super().get_sandbox_record_by_session_api_key(session_api_key)
        if record is not None:
            container = self._mine(record.id)
            if container is None:
                return None
            record.created_by_user_id = container.labels.get(USER)
        return record

    async def start_sandbox(self, sandbox_spec_id: str | None = None, sandbox_id: str | None = None) -> SandboxInfo:
        if not self.owner:
            raise SandboxError("a user is required to start a sandbox")
        sandbox_id = sandbox_id or uuid4().hex
        if not CONVERSATION_ID.fullmatch(sandbox_id):
            # Conversations of other systems have different sandbox names and no workspace here.
            raise SandboxError("cannot re-create the sandbox: it does not belong to this deployment", status_code=409)
        # Claim the conversation before its workspace is created or mounted.
        async with self.open_session() as session:
            is_owner = await owners.claim(session, str(UUID(sandbox_id)), self.owner)
            await session.commit()
        if not is_owner:
            raise SandboxError("unknown conversation")
        existing = self._mine(f"{PREFIX}{sandbox_id}")
        if existing is not None:
            await self.resume_sandbox(existing.name)
            existing.reload()
            return await self._container_to_sandbox_info(existing)
        leases.require_free(self._workspace(sandbox_id), self._has_ended)
        return await super().start_sandbox(sandbox_spec_id, sandbox_id)

    async def resume_sandbox(self, sandbox_id: str) -> bool:
        container = self._mine(sandbox_id)
        if container is None:
            return False
        if container.status == "running":
            return True
        leases.require_free(self._workspace(sandbox_id), self._has_ended)
        return await super().resume_sandbox(sandbox_id)

    async def pause_old_sandboxes(self, max_num_sandboxes: int) -> list[str]:
        """Stop the oldest sandboxes of the user until this many are left. Starting sandboxes count."""
        if self.owner is None:
            return []
        mine = {"label": f"{USER}={self.owner}", "status": "running"}
        running = [one for one in self.docker_client.containers.list(filters=mine) if one.name.startswith(PREFIX)]
        running.sort(key=lambda container: container.attrs["Created"])
        oldest = [container.name for container in running[: max(0, len(running) - max_num_sandboxes)]]
        for name in oldest:
            await self.pause_sandbox(name)
        return oldest

    async def pause_sandbox(self, sandbox_id: str) -> bool:
        """Stop the sandbox instead of pausing it: paused sandboxes keep their memory, and their number is unlimited."""
        container = self._mine(sandbox_id)
        if container is None:
            return False
        await asyncio.to_thread(container.stop, timeout=STOP_SECONDS)
        return True

    async def delete_sandbox(self, sandbox_id: str) -> bool:
        container = self._mine(sandbox_id)
        if container is None:
            return False
        host = container.attrs["Config"]["Hostname"]
        await asyncio.to_thread(container.remove, force=True)
        leases.drop(self._workspace(sandbox_id), host)
        return True

    @staticmethod
    def _workspace(sandbox_id: str) -> str:
        return os.path.join(settings().workspace, sandbox_id.removeprefix(PREFIX))

    def _has_ended(self, host: str) -> bool:
        """Return True if a container of this instance, identified by its host name, exists and is not running."""
        try:
            return self.docker_client.containers.get(host).status != "running"
        except NotFound:
            return False


class OwnedSandboxServiceInjector(DockerSandboxServiceInjector):
    async def inject(self, state, request=None) -> AsyncGenerator[OwnedSandboxService, None]:
        from openhands.app_server.config import get_global_config, get_user_context

        async with get_user_context(state, request) as user:
            owner = await user.get_user_id()
        sessions = await get_global_config().db_session.get_async_session_maker()
        async for service in super().inject(state, request):
            values = {item.name: getattr(service, item.name) for item in fields(service)}
            values["docker_client"] = Docker(get_docker_client(), settings(), owner)
            yield OwnedSandboxService(**values, owner=owner, open_session=sessions)
