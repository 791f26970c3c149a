"""Tests of the spool of events that cannot be written to the bucket."""

import unittest
from pathlib import Path
from unittest import mock

import support  # noqa: F401
from botocore.exceptions import ClientError, EndpointConnectionError
from ohinfra_overlay import spool
from ohinfra_overlay.events import UserEventService

from openhands.sdk.event import MessageEvent

ESCAPES = ("../../../../data/openhands/workspace/x/base_state", "a/" * 600, "", "..", "x" * 65, "a/b" * 8)


def refused(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code}}, "PutObject")


class Spool(unittest.TestCase):
    def setUp(self):
        self.stored = {}
        self.errors = {}
        patch = mock.patch.object(spool, "_put", self.put)
        patch.start()
        self.addCleanup(patch.stop)
        self.addCleanup(spool.forget, "users")

    def put(self, key, body):
        if error := self.errors.get(key, self.errors.get("*")):
            raise error
        self.stored[key] = body

    def waiting(self):
        return sorted(str(path.relative_to(spool.folder())) for path in spool.folder().rglob("*.json"))

    def test_failed_writes_are_spooled_and_retried(self):
        self.errors["*"] = EndpointConnectionError(endpoint_url="x")
        spool.put("users/ada/1.json", b"one")
        spool.put("users/ada/2.json", b"two")
        self.assertEqual((spool.flush(), self.waiting()), (0, ["users/ada/1.json", "users/ada/2.json"]))
        self.errors.clear()
        self.assertEqual((spool.flush(), self.waiting()), (2, []))
        self.assertEqual(self.stored, {"users/ada/1.json": b"one", "users/ada/2.json": b"two"})

    def test_a_rejected_object_does_not_block_others(self):
        for n in range(5):
            self.errors[f"users/ada/{n}.json"] = refused("SlowDown")
            spool.put(f"users/ada/{n}.json", b"x")
        self.errors = {"users/ada/2.json": refused("KeyTooLongError")}
        self.assertEqual((spool.flush(), self.waiting()), (4, ["users/ada/2.json"]))

    def test_a_key_cannot_escape_the_directory(self):
        self.errors["*"] = refused("InvalidArgument")
        for key in ("users/../../x.json", "/etc/x.json", "../x.json"):
            with self.assertRaises(ValueError):
                spool.put(key, b"x")
        self.assertEqual(self.stored, {})

    def test_objects_of_a_deleted_conversation_are_deleted(self):
        self.errors["*"] = refused("SlowDown")
        spool.put("users/ada/v1_conversations/1/a.json", b"x")
        spool.forget("users/ada/v1_conversations/1")
        self.assertEqual(self.waiting(), [])


class Events(unittest.TestCase):
    def test_event_ids_are_not_paths(self):
        service = UserEventService.__new__(UserEventService)
        message = {"role": "user", "content": [{"type": "text", "text": "x"}]}
        with mock.patch.object(spool, "put") as put:
            for text in ESCAPES:
                event = MessageEvent(id=text, source="user", llm_message=message)
                with self.assertRaises(ValueError):
                    service._store_event(Path(f"users/ada/v1_conversations/1/{text}.json"), event)
            put.assert_not_called()
            service._store_event(Path("users/ada/x.json"), MessageEvent(source="user", llm_message=message))
            put.assert_called_once()
