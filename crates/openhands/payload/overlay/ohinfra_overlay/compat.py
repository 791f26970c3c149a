"""Differences between the supported OpenHands versions. Top-level imports must not import routes; see `app`."""

try:  # 1.11
    from openhands.app_server.server_config.server_config import ServerConfig
except ImportError:  # 1.7
    from openhands.server.config.server_config import ServerConfig

try:  # 1.11
    from openhands.app_server.sandbox.sandbox_models import SandboxRecord
except ImportError:  # 1.7 verifies the key of a sandbox by asking the sandbox
    SandboxRecord = None

try:  # 1.11 stores the costs of conversations
    from openhands.app_server.app_conversation.sql_app_conversation_info_service import (
        StoredConversationCostEvent,
    )
except ImportError:
    StoredConversationCostEvent = None

try:  # 1.11
    from openhands.sdk.mcp.config import MCPServer
except ImportError:  # 1.7 uses plain dictionaries
    MCPServer = None

__all__ = ["MCPServer", "SandboxRecord", "ServerConfig", "StoredConversationCostEvent", "load_app", "load_shared"]


def load_shared() -> None:
    """Import the module in which OpenHands loads the classes configured by name.

    It imports the modules of these classes, which import OpenHands, so it must be imported first.
    """
    try:  # 1.11
        import openhands.app_server.shared  # noqa: F401
    except ImportError:  # 1.7
        import openhands.server.shared  # noqa: F401


def load_app():
    """Return the FastAPI application of OpenHands, with its frontend and middleware. Imports the routes."""
    try:  # 1.11
        from openhands.app_server.app import app
    except ImportError:  # 1.7
        from openhands.server.listen import app
    return app
