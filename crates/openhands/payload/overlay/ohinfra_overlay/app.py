"""The entry point: OpenHands as it is published, with what this deployment adds.

The order matters: OpenHands' routes resolve their services when they are imported, so the configuration is complete
before the first of them is.
"""

import logging
import os
from contextlib import asynccontextmanager
from uuid import UUID

from ohinfra_overlay.settings import derive, settings

log = logging.getLogger(__name__)

os.environ.setdefault("OPENHANDS_CONFIG_CLS", "ohinfra_overlay.server_config.OhinfraServerConfig")
# OpenHands signs access tokens with it; sandboxes do not know it.
os.environ["JWT_SECRET"] = derive("jwt")


def configure():
    """OpenHands' configuration with the overlay's services in it."""
    from ohinfra_overlay.compat import load_shared

    load_shared()
    from openhands.app_server import config as openhands

    from ohinfra_overlay.conversation_info import OwnedConversationInfoServiceInjector
    from ohinfra_overlay.conversations import ResumableConversationServiceInjector
    from ohinfra_overlay.events import UserEventServiceInjector
    from ohinfra_overlay.migrations import MigratingLifespanService
    from ohinfra_overlay.models import DeploymentModelServiceInjector
    from ohinfra_overlay.pending import OwnedPendingMessageServiceInjector
    from ohinfra_overlay.sandboxes import OwnedSandboxServiceInjector

    sandbox = settings().sandbox
    config = openhands.config_from_env()
    config.sandbox = OwnedSandboxServiceInjector(
        host_port=sandbox.door_port,
        max_num_sandboxes=sandbox.per_user,
        startup_grace_seconds=sandbox.start_seconds,
        extra_hosts={"host.docker.internal": sandbox.host_address},
    )
    config.app_conversation = ResumableConversationServiceInjector(sandbox_startup_timeout=sandbox.start_seconds)
    config.app_conversation_info = OwnedConversationInfoServiceInjector()
    config.pending_message = OwnedPendingMessageServiceInjector()
    config.event = UserEventServiceInjector(bucket_name=settings().data_bucket)
    config.llm_model = DeploymentModelServiceInjector()
    config.lifespan = MigratingLifespanService()
    # Sandboxes call back by an address inside; the browser's addresses are those of the request.
    config.web_url = None
    openhands._global_config = config
    return openhands


def build():
    """The application behind the guard."""
    openhands = configure()

    from botocore.exceptions import BotoCoreError, ClientError
    from docker.errors import DockerException
    from fastapi import APIRouter, HTTPException
    from fastapi.responses import JSONResponse
    from requests.exceptions import RequestException
    from sqlalchemy.exc import DBAPIError

    from ohinfra_overlay import health, janitor
    from ohinfra_overlay.addresses import PublicAddresses
    from ohinfra_overlay.compat import load_app
    from ohinfra_overlay.guard import Guard
    from ohinfra_overlay.origin import OriginSecret
    from ohinfra_overlay.sandboxes import owner_at

    app = load_app()
    router = APIRouter()

    @router.post("/api/v1/app-conversations/{conversation_id}/resume")
    async def resume(conversation_id: UUID, service=openhands.depends_app_conversation_service()) -> dict:
        """Start the sandbox of a conversation again, or create it again from its workspace."""
        sandbox = await service.resume(conversation_id)
        if sandbox is None:
            raise HTTPException(404, "unknown conversation")
        return {"status": sandbox.status.value, "sandbox_id": sandbox.id}

    # Before the page, which answers every path that nothing else does.
    app.router.routes[0:0] = [*router.routes, *health.router.routes]

    def unavailable(what: str):
        async def answer(_request, error) -> JSONResponse:
            log.error("%s: %s", what, error)
            return JSONResponse({"error": f"{what} does not answer; retry in a moment"}, 503)

        return answer

    app.add_exception_handler(BotoCoreError, unavailable("AWS"))
    app.add_exception_handler(ClientError, unavailable("AWS"))
    app.add_exception_handler(DBAPIError, unavailable("the database"))
    # The database's driver raises the system's own errors when it cannot connect; the client of docker has its own.
    app.add_exception_handler(ConnectionError, unavailable("the database"))
    app.add_exception_handler(TimeoutError, unavailable("the database"))
    app.add_exception_handler(DockerException, unavailable("docker"))
    app.add_exception_handler(RequestException, unavailable("docker"))

    inner = app.router.lifespan_context

    @asynccontextmanager
    async def lifespan(application):
        async with inner(application) as state, janitor.working():
            yield state

    app.router.lifespan_context = lifespan
    return Guard(PublicAddresses(app), OriginSecret(settings().origin_secret), owner_at)


app = build()
