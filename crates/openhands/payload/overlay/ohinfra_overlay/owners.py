"""Who owns a conversation: one row per conversation in the database. OpenHands itself records no owner.

A conversation is claimed before anything of it exists (its sandbox, its workspace), and a claim never changes hands.
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
    # As OpenHands writes it: a UUID with dashes.
    Column("conversation_id", String, primary_key=True),
    Column("user_id", String, nullable=False, index=True),
    Column("claimed_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)


def prepare(connection) -> None:
    """Create the table, and take over the owners that the CDK project's OpenHands recorded in a column of its own."""
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
            log.info("took over the owners of %s conversations", result.rowcount)


async def claim(session: AsyncSession, conversation_id: str, user: str) -> bool:
    """Make the user the owner, unless somebody else is. Returns whether the user is the owner; does not commit."""
    insert = sqlite_insert if session.get_bind().dialect.name == "sqlite" else postgresql_insert
    await session.execute(
        insert(OWNERS).values(conversation_id=conversation_id, user_id=user).on_conflict_do_nothing()
    )
    return await owner(session, conversation_id) == user


async def owner(session: AsyncSession, conversation_id: str) -> str | None:
    """The owner of a conversation."""
    found = await session.execute(select(OWNERS.c.user_id).where(OWNERS.c.conversation_id == conversation_id))
    return found.scalar_one_or_none()


async def owners(session: AsyncSession, conversation_ids: list[str]) -> dict[str, str]:
    """The owners of several conversations."""
    rows = await session.execute(
        select(OWNERS.c.conversation_id, OWNERS.c.user_id).where(OWNERS.c.conversation_id.in_(conversation_ids))
    )
    return {row.conversation_id: row.user_id for row in rows}


async def forget(session: AsyncSession, conversation_id: str) -> None:
    """Delete the row of a conversation whose data has been deleted."""
    await session.execute(OWNERS.delete().where(OWNERS.c.conversation_id == conversation_id))
