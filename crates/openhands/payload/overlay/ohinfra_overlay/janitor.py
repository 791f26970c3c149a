"""Work that nobody asks for: idle sandboxes stop, old archived conversations go, spooled events are written."""

import asyncio
import logging
from contextlib import asynccontextmanager
from datetime import datetime, timedelta, timezone
from uuid import UUID

import httpx
from openhands.app_server.sandbox.docker_sandbox_spec_service import get_docker_client
from openhands.app_server.services.injector import InjectorState
from openhands.app_server.user.auth_user_context import AuthUserContext
from openhands.app_server.user.specifiy_user_context import USER_CONTEXT_ATTR
from sqlalchemy import select

from ohinfra_overlay import owners, spool
from ohinfra_overlay.containers import CONVERSATION, PREFIX
from ohinfra_overlay.identity import EdgeUserAuth
from ohinfra_overlay.sandboxes import STOP_SECONDS
from ohinfra_overlay.settings import settings

log = logging.getLogger(__name__)

AGENT_PORT = 8000
# How many conversations one round deletes at most.
MOST_DELETED = 50


@asynccontextmanager
async def working():
    """Run the rounds in the background."""
    task = asyncio.create_task(_rounds())
    try:
        yield
    finally:
        task.cancel()


async def _rounds() -> None:
    while True:
        await asyncio.sleep(settings().sandbox.round_seconds)
        for work in (stop_idle, delete_old, flush):
            try:
                await work()
            except Exception:
                log.exception("%s failed; the next round tries again", work.__name__)


async def flush() -> None:
    """Write what could not be written to the bucket."""
    written = await asyncio.to_thread(spool.flush)
    if written:
        log.info("wrote %s kept events to the bucket", written)


def _sandboxes() -> list:
    containers = get_docker_client().containers.list(filters={"label": CONVERSATION})
    return [container for container in containers if container.name.startswith(PREFIX)]


async def stop_idle() -> list[str]:
    """Stop sandboxes whose agent has had no event for `idle_minutes`. The container stays and starts again on demand."""
    minutes = settings().sandbox.idle_minutes
    if not minutes:
        return []
    stopped = []
    async with httpx.AsyncClient(timeout=5) as client:
        for container in await asyncio.to_thread(_sandboxes):
            idle = await _idle_seconds(client, container)
            if idle is not None and idle >= minutes * 60:
                await asyncio.to_thread(container.stop, timeout=STOP_SECONDS)
                log.info("stopped %s after %s idle minutes", container.name, int(idle // 60))
                stopped.append(container.name)
    return stopped


async def _idle_seconds(client: httpx.AsyncClient, container) -> float | None:
    """By the agent server's own clock; nothing if it does not answer, which is not being idle."""
    network = container.attrs["NetworkSettings"]["Networks"].get(settings().sandbox.network) or {}
    try:
        answer = await client.get(f"http://{network.get('IPAddress')}:{AGENT_PORT}/server_info")
        return float(answer.json()["idle_time"])
    except (httpx.HTTPError, ValueError, KeyError):
        return None


async def delete_old(now: datetime | None = None) -> list[str]:
    """Delete conversations that nobody has used for `retention_days` and that have no running sandbox."""
    days = settings().sandbox.retention_days
    if not days:
        return []
    before = (now or datetime.now(timezone.utc)) - timedelta(days=days)
    running = {container.labels[CONVERSATION] for container in await asyncio.to_thread(_sandboxes)}
    deleted = []
    for conversation_id, user in await _unused_since(before):
        if UUID(conversation_id).hex not in running:
            await _delete(conversation_id, user)
            deleted.append(conversation_id)
    return deleted


async def _unused_since(before: datetime) -> list[tuple[str, str]]:
    from openhands.app_server.app_conversation.sql_app_conversation_info_service import StoredConversationMetadata
    from openhands.app_server.config import get_global_config

    sessions = await get_global_config().db_session.get_async_session_maker()
    query = (
        select(StoredConversationMetadata.conversation_id, owners.OWNERS.c.user_id)
        .join(owners.OWNERS, owners.OWNERS.c.conversation_id == StoredConversationMetadata.conversation_id)
        .where(StoredConversationMetadata.last_updated_at < before)
        .order_by(StoredConversationMetadata.last_updated_at)
        .limit(MOST_DELETED)
    )
    async with sessions() as session:
        return [tuple(row) for row in await session.execute(query)]


async def _delete(conversation_id: str, user: str) -> None:
    """Delete a conversation in its owner's name, with everything that it has."""
    from openhands.app_server.config import get_app_conversation_service, get_db_session

    state = InjectorState()
    setattr(state, USER_CONTEXT_ATTR, AuthUserContext(user_auth=await EdgeUserAuth.get_for_user(user)))
    async with get_app_conversation_service(state) as service, get_db_session(state) as session:
        await service.delete_app_conversation(UUID(conversation_id))
        await session.commit()
    log.info("deleted conversation %s, which was unused for %s days", conversation_id, settings().sandbox.retention_days)
