"""Health of all dependencies of requests. `?scope=instance` excludes dependencies outside the instance."""

import asyncio
import logging

from docker import DockerClient
from fastapi import APIRouter
from fastapi.responses import JSONResponse
from sqlalchemy import text

from ohinfra_overlay import aws
from ohinfra_overlay.settings import settings

log = logging.getLogger(__name__)

router = APIRouter()
# Below the load balancer timeout of 5 seconds.
TIMEOUT_SECONDS = 4


async def _database() -> None:
    from openhands.app_server.config import get_global_config

    sessions = await get_global_config().db_session.get_async_session_maker()
    async with sessions() as session:
        await session.execute(text("SELECT 1"))


async def _bucket() -> None:
    # Requires no object: any successful response shows that the bucket is reachable.
    await asyncio.to_thread(aws.client("s3").list_objects_v2, Bucket=settings().data_bucket, MaxKeys=1)


async def _docker() -> None:
    def ping() -> None:
        client = DockerClient.from_env(timeout=TIMEOUT_SECONDS)
        try:
            client.ping()
        finally:
            client.close()

    await asyncio.to_thread(ping)


CHECKS = {"database": _database, "bucket": _bucket, "docker": _docker}
LOCAL = ("docker",)


async def _answers(name: str) -> str:
    try:
        await asyncio.wait_for(CHECKS[name](), TIMEOUT_SECONDS)
    except TimeoutError:
        return f"no answer within {TIMEOUT_SECONDS} s"
    except Exception as error:
        # The endpoint is public: an error message may contain addresses or names, so return only the error type.
        log.warning("%s is not healthy: %s", name, error)
        return type(error).__name__
    return "ok"


@router.get("/api/health")
async def health(scope: str = "all") -> JSONResponse:
    """Return 200 if all checks succeed, otherwise 503; the body contains the result of each check."""
    names = LOCAL if scope == "instance" else tuple(CHECKS)
    results = dict(zip(names, await asyncio.gather(*(_answers(name) for name in names))))
    is_healthy = all(result == "ok" for result in results.values())
    body = {"status": "ok" if is_healthy else "failed", **results}
    return JSONResponse(body, 200 if is_healthy else 503, headers={"Cache-Control": "no-store"})
