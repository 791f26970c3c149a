"""Owners of conversations: one row per conversation in the database, because OpenHands does not record owners.

A conversation is claimed before its sandbox and workspace are created, and its owner never changes.
"""

import logging

from sqlalchemy import Column, DateTime, MetaData, String, Table, func, inspect, select, text
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.ext.asyncio import AsyncSession

log = logging.getLogger(__name__)

METADATA = MetaData()
OWNERS = Table(
    "ohinfra_conversation_owners",
    METADATA,
    # In the format of OpenHands: a UUID with hyphens.
    Column("conversation_id", String, primary_key=True),
    Column("user_id", String, nullable=False, index=True),
    Column("claimed_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)


def prepare(connection) -> None:
    """Create the table, and migrate the owners that the CDK project recorded in an additional column."""
    METADATA.create_all(connection)
    columns = {column["name"] for column in inspect(connection).get_columns("conversation_metadata")}
    if "user_id" in columns:
        result = connection.execute(
            text(
                "INSERT INTO ohinfra_conversation_owners (conversation_id, user_id) "
                "SELECT conversation_id, user_id FROM conversation_metadata WHERE user_id IS NOT NULL "
                "ON CONFLICT (conversation_id) DO NOTHING"
            )
        )
        if result.rowcount > 0:
            log.info("migrated the owners of %s conversations", result.rowcount)


async def claim(session: AsyncSession, conversation_id: str, user: str) -> bool:
    """Set the user as the owner if there is none. Returns True if the user is the owner. Does not commit."""
    insert = sqlite_insert if session.get_bind().dialect.name == "sqlite" else postgresql_insert
    await session.execute(
        insert(OWNERS).values(conversation_id=conversation_id, user_id=user).on_conflict_do_nothing()
    )
    return await owner(session, conversation_id) == user


async def owner(session: AsyncSession, conversation_id: str) -> str | None:
    """Return the owner of a conversation."""
    found = await session.execute(select(OWNERS.c.user_id).where(OWNERS.c.conversation_id == conversation_id))
    return found.scalar_one_or_none()


async def owners(session: AsyncSession, conversation_ids: list[str]) -> dict[str, str]:
    """Return the owners of conversations, by conversation ID."""
    rows = await session.execute(
        select(OWNERS.c.conversation_id, OWNERS.c.user_id).where(OWNERS.c.conversation_id.in_(conversation_ids))
    )
    return {row.conversation_id: row.user_id for row in rows}


async def forget(session: AsyncSession, conversation_id: str) -> None:
    """Delete the row of a deleted conversation."""
    await session.execute(OWNERS.delete().where(OWNERS.c.conversation_id == conversation_id))
