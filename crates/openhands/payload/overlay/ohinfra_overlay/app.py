"""The entry point: the published OpenHands application with the extensions of this deployment.

The order of imports matters: routes of OpenHands resolve their services at import, so the configuration must be
complete before the first route is imported.
"""

import logging
import os
from contextlib import asynccontextmanager
from uuid import UUID

from ohinfra_overlay.settings import derive, settings

log = logging.getLogger(__name__)

os.environ.setdefault("OPENHANDS_CONFIG_CLS", "ohinfra_overlay.server_config.OhinfraServerConfig")
# OpenHands signs access tokens with this key. Sandboxes do not have it.
os.environ["JWT_SECRET"] = derive("jwt")


def configure():
    """Configure OpenHands with the services of the overlay."""
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
        host_port=sandbox.gateway_port,
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
    # Sandboxes use an internal URL for callbacks; public URLs are derived from the request.
    config.web_url = None
    openhands._global_config = config
    return openhands


def build():
    """Build the application behind the guard."""
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
        """Restart the sandbox of a conversation, or re-create it from the workspace."""
        sandbox = await service.resume(conversation_id)
        if sandbox is None:
            raise HTTPException(404, "unknown conversation")
        return {"status": sandbox.status.value, "sandbox_id": sandbox.id}

    # Before the frontend, which serves all remaining paths.
    app.router.routes[0:0] = [*router.routes, *health.router.routes]

    def unavailable(service: str):
        async def respond(_request, error) -> JSONResponse:
            log.error("%s: %s", service, error)
            return JSONResponse({"error": f"{service} does not answer; retry in a moment"}, 503)

        return respond

    app.add_exception_handler(BotoCoreError, unavailable("AWS"))
    app.add_exception_handler(ClientError, unavailable("AWS"))
    app.add_exception_handler(DBAPIError, unavailable("the database"))
    # The database driver raises operating system errors if it cannot connect; the Docker client has its own classes.
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
