"""Messages queued until a conversation is ready: only its owner can add messages."""

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
    """Checks messages against the conversations and start tasks of the user."""

    conversations: Any = None
    tasks: Any = None

    async def count_pending_messages(self, conversation_id: str) -> int:
        # OpenHands counts messages before it adds one, so check access here too.
        await self._require(conversation_id)
        return await super().count_pending_messages(conversation_id)

    async def add_message(self, conversation_id: str, *arguments, **more):
        await self._require(conversation_id)
        return await super().add_message(conversation_id, *arguments, **more)

    async def _require(self, conversation_id: str) -> None:
        """Require access to a conversation, by its ID, or by `task-<id>` while it is starting."""
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
