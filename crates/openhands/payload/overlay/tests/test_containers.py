"""Tests of the arguments of sandbox containers."""

import os
import unittest

import support  # noqa: F401
from ohinfra_overlay.containers import complete, prepare_workspace
from ohinfra_overlay.settings import derive, settings

ID = "0123456789abcdef0123456789abcdef"
# The arguments that OpenHands passes to Docker.
GIVEN = {
    "image": "agent-server", "command": ["--port", "8000"], "name": f"oh-agent-server-{ID}", "detach": True, "init": True,
    "environment": {"OH_SESSION_API_KEYS_0": "key", "OH_SECRET_KEY": "must not survive"}, "ports": {8000: 31000},
    "volumes": {"/data/openhands/workspace": {"bind": "/workspace", "mode": "rw"}}, "labels": {"sandbox_spec_id": "spec"},
    "network_mode": None, "devices": None, "extra_hosts": {"host.docker.internal": "host-gateway"},
}


class Sandbox(unittest.TestCase):
    def setUp(self):
        self.completed = complete(GIVEN, settings(), "ada", ID, "/w")

    def test_belongs_to_its_user_and_conversation(self):
        self.assertEqual(self.completed["labels"], {"sandbox_spec_id": "spec", "conversation_id": ID, "user_id": "ada"})
        self.assertEqual(self.completed["volumes"]["/w"], {"bind": "/workspace", "mode": "rw"})
        self.assertEqual(self.completed["volumes"]["/data/aws"], {"bind": "/run/aws", "mode": "ro"})
        self.assertEqual(len(self.completed["volumes"]), 2)

    def test_is_on_its_own_network_without_published_ports(self):
        self.assertEqual(self.completed["network"], "openhands-sandboxes")
        self.assertEqual(self.completed["extra_hosts"], {"host.docker.internal": "172.30.0.1"})
        self.assertFalse({"ports", "network_mode", "devices"} & set(self.completed))
        self.assertEqual(self.completed["cap_drop"], ["NET_RAW"])

    def test_has_limits(self):
        names = ("mem_limit", "memswap_limit", "nano_cpus", "pids_limit", "storage_opt")
        self.assertEqual([self.completed[name] for name in names], ["512m", "512m", 500_000_000, 99, {"size": "3G"}])

    def test_has_a_derived_key_and_not_the_secret_of_the_deployment(self):
        key = self.completed["environment"]["OH_SECRET_KEY"]
        self.assertEqual(key, complete(GIVEN, settings(), "ada", ID, "/w")["environment"]["OH_SECRET_KEY"])
        other = complete(GIVEN, settings(), "ada", ID[::-1], "/w")["environment"]["OH_SECRET_KEY"]
        self.assertEqual(len({key, other, os.environ["OH_SECRET_KEY"], derive("jwt"), derive("mcp")}), 5)
        self.assertNotIn(os.environ["OH_SECRET_KEY"], str(self.completed))

    def test_keeps_arguments_of_openhands(self):
        for name in ("image", "command", "name", "detach", "init"):
            self.assertEqual(self.completed[name], GIVEN[name])
        self.assertEqual(self.completed["environment"]["OH_SESSION_API_KEYS_0"], "key")

    def test_has_a_workspace_only_below_the_workspace_directory(self):
        root = settings().workspace
        self.assertEqual(prepare_workspace(root, ID), f"{root}/{ID}")
        self.assertTrue(os.path.isdir(f"{root}/{ID}/project"))
        for wrong in ("", "..", "../x", "x", ID.upper(), ID + "0", f"{ID[:-2]}/x"):
            with self.assertRaises(ValueError):
                prepare_workspace(root, wrong)
