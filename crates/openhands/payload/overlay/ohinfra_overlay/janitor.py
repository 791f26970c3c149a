"""Background work: stop idle sandboxes, delete old archived conversations, and write spooled events."""

import asyncio
import json
import logging
from contextlib import asynccontextmanager
from datetime import datetime, timedelta, timezone
from uuid import UUID

import httpx
from docker.errors import NotFound
from openhands.app_server.sandbox.docker_sandbox_spec_service import get_docker_client
from openhands.app_server.sandbox.sandbox_service import SESSION_API_KEY_VARIABLE
from openhands.app_server.services.injector import InjectorState
from openhands.app_server.user.auth_user_context import AuthUserContext
from openhands.app_server.user.specifiy_user_context import USER_CONTEXT_ATTR
from sqlalchemy import func, select

from ohinfra_overlay import owners, spool
from ohinfra_overlay.containers import CONVERSATION, PREFIX, address_of
from ohinfra_overlay.identity import EdgeUserAuth
from ohinfra_overlay.sandboxes import STOP_SECONDS
from ohinfra_overlay.settings import settings

log = logging.getLogger(__name__)

AGENT_PORT = 8000
# The maximum number of conversations deleted in one round.
MOST_DELETED = 50
# The maximum size of a response from a sandbox, in bytes.
LARGEST_ANSWER = 4 * 2**20


@asynccontextmanager
async def working():
    """Run rounds of background work."""
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
                log.exception("%s failed; will retry in the next round", work.__name__)


async def flush() -> None:
    """Write spooled events to the bucket."""
    written = await asyncio.to_thread(spool.flush)
    if written:
        log.info("wrote %s spooled events to the bucket", written)


def _sandboxes() -> list:
    containers = get_docker_client().containers.list(filters={"label": CONVERSATION})
    return [container for container in containers if container.name.startswith(PREFIX)]


async def stop_idle() -> list[str]:
    """Stop sandboxes without agent events for `idle_minutes`. Containers are kept and restarted on demand."""
    minutes = settings().sandbox.idle_minutes
    if not minutes:
        return []
    stopped = []
    async with httpx.AsyncClient(timeout=5) as client:
        for container in await asyncio.to_thread(_sandboxes):
            if await _is_idle(client, container, minutes * 60):
                await asyncio.to_thread(container.stop, timeout=STOP_SECONDS)
                log.info("stopped %s after %s idle minutes", container.name, minutes)
                stopped.append(container.name)
    return stopped


async def _is_idle(client: httpx.AsyncClient, container, seconds: float) -> bool:
    """Ask the agent server for its idle time. A sandbox that does not respond or whose agent is running is not idle."""
    server = f"http://{address_of(container, settings().sandbox.network)}:{AGENT_PORT}"
    try:
        if float((await _read(client, f"{server}/server_info"))["idle_time"]) < seconds:
            return False
        environment = dict(item.partition("=")[::2] for item in container.attrs["Config"]["Env"])
        key = {"X-Session-API-Key": environment.get(SESSION_API_KEY_VARIABLE, "")}
        found = await _read(client, f"{server}/api/conversations/search", key)
        return not any(item.get("execution_status") == "running" for item in found["items"])
    except Exception as error:
        # A malformed response of one sandbox must not stop the round.
        log.debug("failed to read the idle time of %s: %s", container.name, error)
        return False


async def _read(client: httpx.AsyncClient, url: str, headers: dict | None = None) -> dict:
    """Read a JSON document from a sandbox, which is untrusted, with a size limit."""
    body = b""
    async with asyncio.timeout(10), client.stream("GET", url, headers=headers) as answer:
        async for piece in answer.aiter_bytes():
            body += piece
            if len(body) > LARGEST_ANSWER:
                raise ValueError("the response is too large")
    return json.loads(body)


async def delete_old(now: datetime | None = None) -> list[str]:
    """Delete conversations that have not been used for `retention_days` and whose sandbox has not run since."""
    days = settings().sandbox.retention_days
    if not days:
        return []
    before = (now or datetime.now(timezone.utc)) - timedelta(days=days)
    deleted = []
    for conversation_id, user, sandbox_id in await _unused_since(before):
        if await asyncio.to_thread(_is_in_use, sandbox_id, before):
            continue
        try:
            if await _delete(conversation_id, user):
                log.info("deleted conversation %s, unused for %s days", conversation_id, days)
                deleted.append(conversation_id)
        except Exception:
            log.exception("failed to delete conversation %s; will retry in the next round", conversation_id)
    return deleted


def _is_in_use(sandbox_id: str, before: datetime) -> bool:
    """Return True if a sandbox is running or has run since then."""
    try:
        state = get_docker_client().containers.get(sandbox_id).attrs["State"]
    except NotFound:
        return False
    return state["Running"] or datetime.fromisoformat(state["FinishedAt"]) > before


async def _unused_since(before: datetime) -> list[tuple[str, str, str]]:
    """Return unused top-level conversations: ID, owner, sandbox."""
    from openhands.app_server.app_conversation.sql_app_conversation_info_service import StoredConversationMetadata
    from openhands.app_server.config import get_global_config

    stored = StoredConversationMetadata
    sessions = await get_global_config().db_session.get_async_session_maker()
    query = (
        select(stored.conversation_id, owners.OWNERS.c.user_id, stored.sandbox_id)
        .join(owners.OWNERS, owners.OWNERS.c.conversation_id == stored.conversation_id)
        .where(stored.conversation_version == "V1", stored.parent_conversation_id.is_(None), stored.last_updated_at < before)
        .order_by(func.random())
        .limit(MOST_DELETED)
    )
    async with sessions() as session:
        return [tuple(row) for row in await session.execute(query)]


async def _delete(conversation_id: str, user: str) -> bool:
    """Delete a conversation with all its data on behalf of its owner."""
    from openhands.app_server.config import get_app_conversation_service

    state = InjectorState()
    setattr(state, USER_CONTEXT_ATTR, AuthUserContext(user_auth=await EdgeUserAuth.get_for_user(user)))
    async with get_app_conversation_service(state) as service:
        return await service.delete_app_conversation(UUID(conversation_id))
