"""Resumable conversations: each has a dedicated sandbox that can be re-created from the workspace."""

import asyncio
import logging
import shutil
from dataclasses import dataclass, fields
from pathlib import Path
from typing import AsyncGenerator
from uuid import UUID, uuid4

from openhands.app_server.app_conversation import live_status_app_conversation_service as live
from openhands.app_server.errors import SandboxError
from openhands.app_server.sandbox.sandbox_models import SandboxInfo, SandboxStatus

from ohinfra_overlay import mcp, owners
from ohinfra_overlay.containers import PREFIX
from ohinfra_overlay.sandboxes import CONVERSATION_ID
from ohinfra_overlay.settings import settings

log = logging.getLogger(__name__)


@dataclass
class ResumableConversationService(live.LiveStatusAppConversationService):
    """The ID of a conversation is the name of its sandbox and of its workspace."""

    async def start_app_conversation(self, request) -> AsyncGenerator:
        if request.conversation_id is None:
            request.conversation_id = uuid4()
        async for task in super().start_app_conversation(request):
            yield task

    async def _get_sandbox_grouping_strategy(self):
        # Conversations in the same sandbox would share files and limits.
        return live.SandboxGroupingStrategy.NO_GROUPING

    async def _add_system_mcp_servers(self, mcp_servers: dict, *arguments) -> None:
        await super()._add_system_mcp_servers(mcp_servers, *arguments)
        user = await self.user_context.get_user_id()
        if user:
            mcp_servers.update(await asyncio.to_thread(mcp.servers, user))

    async def resume(self, conversation_id: UUID) -> SandboxInfo | None:
        """Start or re-create the sandbox of a conversation. Returns None if the user has no such conversation.

        The agent server finds the conversation in the workspace and continues it.
        """
        info = await self.app_conversation_info_service.get_app_conversation_info(conversation_id)
        if info is None:
            return None
        # The conversation is in use, so restart its retention period.
        await self.app_conversation_info_service.touch(conversation_id)
        sandbox = await self.sandbox_service.get_sandbox(info.sandbox_id)
        if sandbox is not None and sandbox.status != SandboxStatus.ERROR:
            await self.sandbox_service.resume_sandbox(sandbox.id)
            return await self.sandbox_service.get_sandbox(sandbox.id)
        if sandbox is not None:
            await self.sandbox_service.delete_sandbox(sandbox.id)
        return await self.sandbox_service.start_sandbox(sandbox_id=info.sandbox_id.removeprefix(PREFIX))

    async def batch_get_app_conversations(self, conversation_ids: list[UUID]):
        conversations = await super().batch_get_app_conversations(conversation_ids)
        # The frontend requests one conversation when the user opens it, and several for lists.
        if len(conversations) == 1 and await self._resume_opened(conversations[0]):
            conversations = await super().batch_get_app_conversations(conversation_ids)
        return conversations

    async def _resume_opened(self, conversation) -> bool:
        """Resume a conversation if it is archived. Returns True if it was resumed."""
        if conversation is None or conversation.sandbox_status != SandboxStatus.MISSING:
            return False
        if not await self.user_context.get_user_id():
            return False
        try:
            return await self.resume(conversation.id) is not None
        except SandboxError:
            log.exception("failed to resume conversation %s", conversation.id)
            return False

    async def delete_app_conversation(self, conversation_id: UUID, *arguments, **options) -> bool:
        infos = self.app_conversation_info_service
        info = await infos.get_app_conversation_info(conversation_id)
        if info is None:
            return False
        children = await infos.get_sub_conversation_ids(conversation_id)
        if not await super().delete_app_conversation(conversation_id, *arguments, **options):
            return False
        # Delete the rows first: a failure then leaves unlisted data, not a conversation without data.
        await infos.db_session.commit()
        for deleted in [*children, conversation_id]:
            await self._delete_events(deleted)
        if await infos.count_conversations_by_sandbox_id(info.sandbox_id) == 0:
            await self._delete_sandbox(info.sandbox_id)
        await infos.db_session.commit()
        return True

    async def _delete_events(self, conversation_id: UUID) -> None:
        events = await self.event_service.get_conversation_path(conversation_id)
        await asyncio.to_thread(self.event_service.delete_all, events)
        await owners.forget(self.app_conversation_info_service.db_session, str(conversation_id))

    async def _delete_sandbox(self, sandbox_id: str) -> None:
        """Delete an unused sandbox with its workspace."""
        await self.sandbox_service.delete_sandbox(sandbox_id)
        name = sandbox_id.removeprefix(PREFIX)
        if CONVERSATION_ID.fullmatch(name):
            workspace = Path(settings().workspace) / name
            await asyncio.to_thread(shutil.rmtree, workspace, ignore_errors=False, onexc=_absent_is_fine)


def _absent_is_fine(_function, _path, error) -> None:
    if not isinstance(error, FileNotFoundError):
        raise error


class ResumableConversationServiceInjector(live.LiveStatusAppConversationServiceInjector):
    async def inject(self, state, request=None) -> AsyncGenerator[ResumableConversationService, None]:
        async for service in super().inject(state, request):
            yield ResumableConversationService(**{item.name: getattr(service, item.name) for item in fields(service)})
