"""Conversations in the database with owners: users can access only their own conversations."""

from typing import AsyncGenerator
from uuid import UUID

from openhands.app_server.app_conversation.app_conversation_models import AppConversationInfo
from openhands.app_server.app_conversation.sql_app_conversation_info_service import (
    SQLAppConversationInfoService,
    SQLAppConversationInfoServiceInjector,
    StoredConversationMetadata,
)
from openhands.app_server.errors import AuthError
from sqlalchemy import delete, func, select, update

from ohinfra_overlay import owners
from ohinfra_overlay.compat import StoredConversationCostEvent


class OwnedConversationInfoService(SQLAppConversationInfoService):
    """Filters every statement by the user of the context. Internal work has no user and therefore no filter."""

    async def _user(self) -> str | None:
        return await self.user_context.get_user_id()

    def _of(self, user: str):
        ids = select(owners.OWNERS.c.conversation_id).where(owners.OWNERS.c.user_id == user)
        return StoredConversationMetadata.conversation_id.in_(ids)

    async def _secure_select(self):
        query = await super()._secure_select()
        user = await self._user()
        return query.where(self._of(user)) if user else query

    async def search_app_conversation_info(self, *arguments, **filters):
        page = await super().search_app_conversation_info(*arguments, **filters)
        await self._name_owners(page.items)
        return page

    async def count_app_conversation_info(self, **filters) -> int:
        query = self._apply_filters(query=await self._secure_select(), **filters)
        counted = await self.db_session.execute(select(func.count()).select_from(query.subquery()))
        return counted.scalar() or 0

    async def get_app_conversation_info(self, conversation_id: UUID) -> AppConversationInfo | None:
        info = await super().get_app_conversation_info(conversation_id)
        await self._name_owners([info])
        return info

    async def batch_get_app_conversation_info(self, conversation_ids: list[UUID]):
        infos = await super().batch_get_app_conversation_info(conversation_ids)
        await self._name_owners(infos)
        return infos

    async def save_app_conversation_info(self, info: AppConversationInfo) -> AppConversationInfo:
        user = await self._user() or info.created_by_user_id
        if not user or not await owners.claim(self.db_session, str(info.id), user):
            await self.db_session.rollback()
            raise AuthError()
        info.created_by_user_id = user
        return await super().save_app_conversation_info(info)

    async def delete_app_conversation_info(self, conversation_id: UUID) -> bool:
        user = await self._user()
        if user and await owners.owner(self.db_session, str(conversation_id)) != user:
            return False
        if StoredConversationCostEvent is not None:
            await self.db_session.execute(
                delete(StoredConversationCostEvent).where(
                    StoredConversationCostEvent.conversation_id == str(conversation_id)
                )
            )
        return await super().delete_app_conversation_info(conversation_id)

    async def touch(self, conversation_id: UUID) -> None:
        """Record the use of a conversation."""
        await self.db_session.execute(
            update(StoredConversationMetadata)
            .where(StoredConversationMetadata.conversation_id == str(conversation_id))
            .values(last_updated_at=func.now())
        )
        await self.db_session.commit()

    async def _name_owners(self, infos) -> None:
        present = [info for info in infos if info is not None]
        known = await owners.owners(self.db_session, [str(info.id) for info in present]) if present else {}
        for info in present:
            info.created_by_user_id = known.get(str(info.id))


class OwnedConversationInfoServiceInjector(SQLAppConversationInfoServiceInjector):
    async def inject(self, state, request=None) -> AsyncGenerator[OwnedConversationInfoService, None]:
        from openhands.app_server.config import get_db_session, get_user_context

        async with get_user_context(state, request) as user, get_db_session(state, request) as session:
            yield OwnedConversationInfoService(db_session=session, user_context=user)
