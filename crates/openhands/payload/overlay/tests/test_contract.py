"""Tests that the installed OpenHands release provides everything that the overlay uses."""

import inspect
import os
import socket
import tempfile
import unittest
from pathlib import Path

import support  # noqa: F401
from ohinfra_overlay import app as entry
from ohinfra_overlay import leases

import openhands.app_server
from openhands.app_server import config as openhands

# Environment variables that are rendered and that OpenHands or its libraries read.
VARIABLES = (
    "OPENHANDS_CONFIG_CLS", "OH_PERSISTENCE_DIR", "AGENT_SERVER_IMAGE_REPOSITORY", "AGENT_SERVER_IMAGE_TAG", "JWT_SECRET",
    "DB_HOST", "DB_PORT", "DB_NAME", "DB_USER", "DB_PASS",
)
# Routes that the edge, the routing or the frontend tests rely on: path, method.
ROUTES = (
    ("/api/v1/settings", "GET"), ("/api/v1/settings", "POST"), ("/api/v1/secrets", "POST"),
    ("/api/v1/app-conversations", "GET"), ("/api/v1/app-conversations", "POST"),
    ("/api/v1/app-conversations/search", "GET"), ("/api/v1/app-conversations/{conversation_id}", "DELETE"),
    ("/api/v1/app-conversations/start-tasks", "GET"), ("/api/v1/conversation/{conversation_id}/events/search", "GET"),
    ("/api/v1/sandboxes/search", "GET"), ("/api/v1/sandboxes/{sandbox_id}/resume", "POST"),
    ("/api/v1/webhooks/events/{conversation_id}", "POST"), ("/api/v1/webhooks/conversations", "POST"),
    ("/api/v1/config/models/search", "GET"), ("/alive", "GET"), ("/health", "GET"),
    # Routes of the overlay.
    ("/api/health", "GET"), ("/api/v1/app-conversations/{conversation_id}/resume", "POST"),
)
# Methods that the overlay adds to classes of OpenHands; all other methods must override existing ones.
ADDED = {
    "OwnedConversationInfoService": {"_user", "_of", "_name_owners", "touch"},
    "OwnedPendingMessageService": {"_require"},
    "OwnedSandboxService": {
        "_is_mine", "_mine", "_internal_urls", "_workspace", "_has_ended", "get_sandbox_record_by_session_api_key",
    },
    "ResumableConversationService": {"resume", "_resume_opened", "_delete_events", "_delete_sandbox"},
    "UserEventService": {"delete_all"},
    "DeploymentModelService": {"_is_model_verified"},
}


def fastapi():
    """Return the application inside the middleware."""
    return entry.app._app._app


class Release(unittest.TestCase):
    def test_has_every_method_that_the_overlay_overrides(self):
        from ohinfra_overlay import (
            conversation_info, conversations, events, identity, migrations, models, pending, sandboxes, server_config, stores,
        )

        modules = (
            conversation_info, conversations, events, identity, migrations, models, pending, sandboxes, server_config, stores,
        )
        for module in modules:
            for name, found in vars(module).items():
                if not inspect.isclass(found) or found.__module__ != module.__name__ or found.__base__ is object:
                    continue
                methods = {name for name, value in vars(found).items() if inspect.isroutine(getattr(found, name))}
                own = {name for name in methods if not name.startswith("__")} - ADDED.get(name, set())
                missing = {method for method in own if not hasattr(found.__base__, method)}
                self.assertEqual(missing, set(), f"{name} overrides methods that {found.__base__.__name__} does not have")

    def test_writes_leases_in_the_supported_format(self):
        from openhands.agent_server.conversation_lease import ConversationLease

        with tempfile.TemporaryDirectory() as workspace:
            folder = Path(workspace, "conversations", "0" * 32)
            ConversationLease(conversation_dir=folder, owner_instance_id="one").claim()
            with self.assertRaises(leases.ConversationIsHeld) as held:
                leases.require_free(workspace, lambda host: False)
            self.assertEqual(held.exception.status_code, 409)
            if "owner_host" not in (folder / leases.FILE).read_text():
                return  # 1.7 does not record the holder; its leases must expire.
            leases.require_free(workspace, lambda host: host == socket.gethostname())
            # The conversation is free, so the agent server can claim it too.
            ConversationLease(conversation_dir=folder, owner_instance_id="two").claim()
            leases.drop(workspace, "another host")
            with self.assertRaises(leases.ConversationIsHeld):
                leases.require_free(workspace, lambda host: False)
            leases.drop(workspace, socket.gethostname())
            leases.require_free(workspace, lambda host: False)

    def test_uses_the_services_of_the_overlay(self):
        config = openhands.get_global_config()
        for name in ("sandbox", "app_conversation", "app_conversation_info", "pending_message", "event", "llm_model", "lifespan"):
            self.assertTrue(type(getattr(config, name)).__module__.startswith("ohinfra_overlay."), name)

    def test_has_every_required_route(self):
        found = {(route.path, method) for route in fastapi().routes for method in getattr(route, "methods", None) or ()}
        self.assertEqual([route for route in ROUTES if route not in found], [])

    def test_reads_every_rendered_variable(self):
        sources = [Path(openhands.__file__).parent, *map(Path, __import__("openhands").__path__)]
        text = "".join(path.read_text(errors="replace") for root in sources for path in root.rglob("*.py"))
        missing = [name for name in VARIABLES if f"'{name}'" not in text and f'"{name}"' not in text]
        self.assertEqual(missing, [])

    def test_names_the_agent_server_image_of_its_release(self):
        from importlib.metadata import version

        expected = os.environ.get("OHINFRA_AGENT_SERVER_TAG")
        if expected is None:
            self.skipTest("OHINFRA_AGENT_SERVER_TAG is not set to the expected tag")
        self.assertEqual(f"{version('openhands-agent-server')}-python", expected)


if __name__ == "__main__":
    unittest.main()
