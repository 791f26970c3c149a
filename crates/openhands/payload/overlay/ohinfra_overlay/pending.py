"""Messages that wait until a conversation is ready: only its owner may add one."""

from dataclasses import dataclass
from typing import Any, AsyncGenerator
from uuid import UUID

from fastapi import HTTPException
from openhands.app_server.pending_messages.pending_message_service import (
    SQLPendingMessageService,
    SQLPendingMessageServiceInjector,
)


@dataclass
class OwnedPendingMessageService(SQLPendingMessageService):
    """Knows the user's conversations and start tasks."""

    conversations: Any = None
    tasks: Any = None

    async def count_pending_messages(self, conversation_id: str) -> int:
        # OpenHands counts before it adds: the refusal must come before either.
        await self._require(conversation_id)
        return await super().count_pending_messages(conversation_id)

    async def add_message(self, conversation_id: str, *arguments, **more):
        await self._require(conversation_id)
        return await super().add_message(conversation_id, *arguments, **more)

    async def _require(self, conversation_id: str) -> None:
        """The id is a conversation's, or `task-<id>` of one that is being started."""
        try:
            known = UUID(conversation_id.removeprefix("task-"))
        except ValueError:
            raise HTTPException(404, "unknown conversation") from None
        if await self.conversations.get_app_conversation_info(known):
            return
        if not await self.tasks.get_app_conversation_start_task(known):
            raise HTTPException(404, "unknown conversation")


class OwnedPendingMessageServiceInjector(SQLPendingMessageServiceInjector):
    async def inject(self, state, request=None) -> AsyncGenerator[OwnedPendingMessageService, None]:
        from openhands.app_server.config import (
            get_app_conversation_info_service,
            get_app_conversation_start_task_service,
            get_db_session,
        )

        async with (
            get_db_session(state, request) as session,
            get_app_conversation_info_service(state, request) as conversations,
            get_app_conversation_start_task_service(state, request) as tasks,
        ):
            yield OwnedPendingMessageService(db_session=session, conversations=conversations, tasks=tasks)
