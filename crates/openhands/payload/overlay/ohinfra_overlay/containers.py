"""A Docker client for the sandbox service of OpenHands that assigns every container to a user and a conversation.

OpenHands builds the arguments of `docker run`. They are extended here instead of replaced, so that arguments of new
versions take effect.
"""

import contextlib
import os
from typing import Any

from ohinfra_overlay.settings import Sandbox, Settings, derive

CONVERSATION = "conversation_id"
USER = "user_id"
PREFIX = "oh-agent-server-"
# The directory of the sandbox role credentials in a sandbox.
CREDENTIALS = "/run/aws"
# The user ID in the agent server image.
SANDBOX_UID = 10001


class Containers:
    """`docker_client.containers` for the sandboxes of a user."""

    def __init__(self, containers, settings: Settings, user: str | None):
        self._containers, self._settings, self._user = containers, settings, user

    def __getattr__(self, name: str):
        return getattr(self._containers, name)

    def run(self, **arguments):
        if not self._user:
            raise PermissionError("a sandbox belongs to a user")
        conversation = arguments["name"].removeprefix(PREFIX)
        workspace = prepare_workspace(self._settings.workspace, conversation)
        completed = complete(arguments, self._settings, self._user, conversation, workspace)
        return self._containers.run(**completed)


class Docker:
    """A Docker client with these containers."""

    def __init__(self, client, settings: Settings, user: str | None):
        self._client = client
        self.containers = Containers(client.containers, settings, user)

    def __getattr__(self, name: str):
        return getattr(self._client, name)


def address_of(container, network: str) -> str | None:
    """Return the address of a container on a network, or None if it is not running."""
    networks = container.attrs.get("NetworkSettings", {}).get("Networks", {})
    return (networks.get(network) or {}).get("IPAddress") or None


def prepare_workspace(root: str, conversation: str) -> str:
    """Create the directory of a conversation, which is mounted as `/workspace` in its sandbox, and return its path."""
    if len(conversation) != 32 or not set(conversation) <= set("0123456789abcdef"):
        raise ValueError("a sandbox is named after its conversation")
    workspace = os.path.join(root, conversation)
    for folder in (workspace, os.path.join(workspace, "project")):
        if not os.path.isdir(folder):
            os.makedirs(folder, mode=0o755)
            # An EFS access point may enforce an owner; it then allows every user to write.
            with contextlib.suppress(PermissionError):
                os.chown(folder, SANDBOX_UID, SANDBOX_UID)
    return workspace


def complete(arguments: dict[str, Any], settings: Settings, user: str, conversation: str, workspace: str) -> dict:
    """Return the complete arguments of `docker run` for a sandbox."""
    sandbox = settings.sandbox
    completed = {
        **arguments,
        "labels": {**(arguments.get("labels") or {}), CONVERSATION: conversation, USER: user},
        "environment": {**arguments["environment"], **_environment(settings, conversation)},
        "volumes": _volumes(sandbox, workspace),
        "extra_hosts": {"host.docker.internal": sandbox.host_address},
        "network": sandbox.network,
        # With raw packets, a sandbox could impersonate another sandbox.
        "cap_drop": ["NET_RAW"],
        "restart_policy": {"Name": "no"},
        # If the instance runs out of memory, the kernel kills a sandbox before OpenHands.
        "oom_score_adj": 500,
        **_limits(sandbox),
    }
    # No published ports and no default Docker network.
    for name in ("ports", "network_mode", "devices"):
        completed.pop(name, None)
    return completed


def _environment(settings: Settings, conversation: str) -> dict[str, str]:
    environment = {
        # Encrypts secrets in the state of this conversation; stable across restarts of its sandbox.
        "OH_SECRET_KEY": derive(f"sandbox:{conversation}"),
        "AWS_DEFAULT_REGION": settings.region,
        "AWS_REGION": settings.region,
        "AWS_REGION_NAME": settings.region,
        "AWS_EC2_METADATA_DISABLED": "true",
        "OH_PRELOAD_TOOLS": "false",
        # Seconds until events are sent; the default of the agent server is 30 seconds or five events.
        "OH_WEBHOOKS_0_FLUSH_DELAY": "2",
        # On the shared file system, the access point user owns all files, so Git would reject the directory as unsafe.
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "safe.directory",
        "GIT_CONFIG_VALUE_0": "*",
    }
    if settings.sandbox.credentials:
        environment["AWS_CONFIG_FILE"] = f"{CREDENTIALS}/config"
    return environment


def _volumes(sandbox: Sandbox, workspace: str) -> dict[str, dict[str, str]]:
    volumes = {workspace: {"bind": "/workspace", "mode": "rw"}}
    if sandbox.credentials:
        # Mount the directory, not the file: a container keeps the old content of a mounted file that is replaced.
        volumes[sandbox.credentials] = {"bind": CREDENTIALS, "mode": "ro"}
    return volumes


def _limits(sandbox: Sandbox) -> dict[str, Any]:
    limits: dict[str, Any] = {}
    if sandbox.memory_mb:
        # Equal limits with and without swap disable swapping.
        limits["mem_limit"] = limits["memswap_limit"] = f"{sandbox.memory_mb}m"
    if sandbox.cpus:
        limits["nano_cpus"] = int(sandbox.cpus * 1_000_000_000)
    if sandbox.processes:
        limits["pids_limit"] = sandbox.processes
    if sandbox.disk_gb:
        limits["storage_opt"] = {"size": f"{sandbox.disk_gb}G"}
    return limits
