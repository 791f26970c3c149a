"""What differs between the supported versions of OpenHands. Nothing here imports routes: see `app`."""

try:  # 1.11
    from openhands.app_server.server_config.server_config import ServerConfig
except ImportError:  # 1.7
    from openhands.server.config.server_config import ServerConfig

try:  # 1.11
    from openhands.app_server.sandbox.sandbox_models import SandboxRecord
except ImportError:  # 1.7 verifies a sandbox's key by the sandbox itself
    SandboxRecord = None

try:  # 1.11 keeps what a conversation has cost
    from openhands.app_server.app_conversation.sql_app_conversation_info_service import (
        StoredConversationCostEvent,
    )
except ImportError:
    StoredConversationCostEvent = None

try:  # 1.11
    from openhands.sdk.mcp.config import MCPServer
except ImportError:  # 1.7 takes plain dictionaries
    MCPServer = None

__all__ = ["MCPServer", "SandboxRecord", "ServerConfig", "StoredConversationCostEvent", "load_app", "load_shared"]


def load_shared() -> None:
    """Import the module in which OpenHands loads the classes that it was given by name.

    It imports their modules, which import OpenHands: whoever comes first must be this one.
    """
    try:  # 1.11
        import openhands.app_server.shared  # noqa: F401
    except ImportError:  # 1.7
        import openhands.server.shared  # noqa: F401


def load_app():
    """OpenHands' FastAPI application, with its page and its middleware. Imports the routes."""
    try:  # 1.11
        from openhands.app_server.app import app
    except ImportError:  # 1.7
        from openhands.server.listen import app
    return app
