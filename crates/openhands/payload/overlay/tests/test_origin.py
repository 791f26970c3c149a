"""Tests of the proof that a request came through the edge."""

import unittest
from datetime import datetime, timedelta, timezone

import support  # noqa: F401
from botocore.exceptions import EndpointConnectionError
from ohinfra_overlay.origin import PREVIOUS_IS_VALID, REFRESH_SECONDS, OriginSecret


class NotFound(Exception):
    pass


class Client:
    """Secrets Manager with one secret of at most two versions."""

    class exceptions:
        ResourceNotFoundException = NotFound

    def __init__(self, **versions):
        self.versions, self.calls, self.is_down, self.age = versions, 0, False, timedelta()

    def get_secret_value(self, SecretId, VersionStage):
        self.calls += 1
        if self.is_down:
            raise EndpointConnectionError(endpoint_url="x")
        if VersionStage not in self.versions:
            raise NotFound
        return {"SecretString": self.versions[VersionStage], "CreatedDate": datetime.now(timezone.utc) - self.age}


class Values(unittest.TestCase):
    def setUp(self):
        self.time = 0.0
        self.client = Client(AWSCURRENT="one")
        self.secret = OriginSecret("origin", self.client, now=lambda: self.time)

    def test_the_current_value_is_accepted_and_read_once(self):
        self.assertTrue(self.secret.accepts("one"))
        self.assertFalse(self.secret.accepts(""))
        for _ in range(50):
            self.assertTrue(self.secret.accepts("one"))
            self.assertFalse(self.secret.accepts("guess"))
        self.assertEqual(self.client.calls, 2)

    def test_both_values_are_accepted_after_a_rotation(self):
        self.assertTrue(self.secret.accepts("one"))
        self.client.versions = {"AWSCURRENT": "two", "AWSPREVIOUS": "one"}
        self.time += REFRESH_SECONDS
        self.assertTrue(self.secret.accepts("two"))
        self.assertTrue(self.secret.accepts("one"))

    def test_the_previous_value_expires_a_day_after_a_rotation(self):
        self.client.versions = {"AWSCURRENT": "two", "AWSPREVIOUS": "one"}
        self.client.age = PREVIOUS_IS_VALID + timedelta(minutes=1)
        self.assertTrue(self.secret.accepts("two"))
        self.assertFalse(self.secret.accepts("one"))

    def test_known_values_are_kept_during_an_outage(self):
        self.assertTrue(self.secret.accepts("one"))
        self.client.is_down = True
        self.time += REFRESH_SECONDS
        self.assertFalse(self.secret.accepts("two"))
        self.assertTrue(self.secret.accepts("one"))

    def test_nothing_is_accepted_before_the_first_read(self):
        self.client.is_down = True
        self.assertFalse(self.secret.accepts("one"))
        self.assertFalse(self.secret.accepts(""))
