"""Tests of the guard: nothing reaches OpenHands without a verified identity."""

import unittest

import support
from ohinfra_overlay import tokens
from ohinfra_overlay.guard import Guard
from ohinfra_overlay.identity import STATE, is_user

PROOF = {"X-Origin-Verify": "the proof"}
ADA = {"X-Cognito-User-Id": "ada", "X-Cognito-Email": "ada@example.com", "X-Cognito-Email-Verified": "true"}
HOST = {"Host": "openhands.example.com"}


SANDBOX = {"X-Forwarded-For": "172.30.0.7"}


class Secret:
    def knows(self, value: str) -> bool:
        return False

    def accepts(self, value: str) -> bool:
        return value == "the proof"


class Requests(unittest.IsolatedAsyncioTestCase):
    def setUp(self):
        self.app = support.Recorder()
        self.guard = Guard(self.app, Secret(), {"172.30.0.7": "bob", "172.30.0.8": "ada"}.get)

    async def ask(self, path, headers=None, kind="http"):
        return (await support.ask(self.guard, path, headers, kind))[0]

    async def test_requests_from_the_edge_carry_the_user_but_not_the_proof(self):
        self.assertEqual(await self.ask("/api/v1/settings", {**PROOF, **ADA, **HOST}), 200)
        scope = self.app.scopes[0]
        self.assertEqual((scope["state"][STATE].user, scope["state"][STATE].email), ("ada", "ada@example.com"))
        self.assertEqual(scope["client"][0], "ada")
        self.assertNotIn(b"x-origin-verify", dict(scope["headers"]))

    async def test_unverified_email_addresses_are_dropped(self):
        await self.ask("/", {**PROOF, **ADA, "X-Cognito-Email-Verified": "false"})
        self.assertIsNone(self.app.scopes[0]["state"][STATE].email)

    async def test_requests_without_proof_or_user_are_rejected(self):
        wrong = [
            {}, ADA, PROOF, {**ADA, "X-Origin-Verify": "guess"}, {**ADA, "X-Origin-Verify": ""},
            {**PROOF, "X-Cognito-User-Id": "../ada"}, {**PROOF, "X-Cognito-User-Id": ".."}, {**PROOF, "X-Cognito-User-Id": "a/b"},
        ]
        for path in ("/", "/api/v1/settings", "/api/v1/users/me", "/docs", "/api/healthx", "/api/v1/webhooks", "/mcpx"):
            for headers in wrong:
                self.assertEqual(await self.ask(path, headers), 401, (path, headers))
        self.assertEqual(await self.ask("/ws", ADA, "websocket"), 1008)
        self.assertEqual(self.app.scopes, [])

    async def test_health_checks_require_no_authentication(self):
        for path in ("/api/health", "/health", "/alive", "/ready"):
            self.assertEqual(await self.ask(path), 200)

    async def test_requests_with_a_sandbox_key_carry_no_user(self):
        for path in ("/api/v1/webhooks/events/1", "/api/v1/sandboxes/oh-agent-server-1/settings/secrets/NAME"):
            self.assertEqual(await self.ask(path, {**ADA, **PROOF}), 200)
        for scope in self.app.scopes:
            self.assertNotIn(STATE, scope.get("state", {}))

    async def test_mcp_requests_of_a_sandbox_carry_the_user_of_the_token(self):
        self.assertEqual(await self.ask("/mcp/mcp", {"X-Session-API-Key": tokens.sign("bob"), **SANDBOX, **ADA}), 200)
        self.assertEqual(self.app.scopes[0]["state"][STATE].user, "bob")
        self.assertEqual(await self.ask("/mcp/mcp", {"X-Session-API-Key": "guess", **SANDBOX, **ADA}), 401)
        # The token is rejected from the sandbox of another user and from other addresses.
        for address in ("172.30.0.8", "192.0.2.1", ""):
            stolen = {"X-Session-API-Key": tokens.sign("bob"), "X-Forwarded-For": address}
            self.assertEqual(await self.ask("/mcp/mcp", stolen), 401)
        # The token is not valid for other routes.
        self.assertEqual(await self.ask("/api/v1/settings", {"X-Session-API-Key": tokens.sign("bob"), **SANDBOX}), 401)

    async def test_cross_site_requests_are_rejected(self):
        own = {**PROOF, **ADA, **HOST}
        self.assertEqual(await self.ask("/api/v1/settings", {**own, "Origin": "https://openhands.example.com"}), 200)
        for origin in ("https://evil.example.com", "https://8011-x.runtime.openhands.example.com", "null"):
            self.assertEqual(await self.ask("/api/v1/settings", {**own, "Origin": origin}), 403, origin)


class Tokens(unittest.TestCase):
    def test_modified_tokens_are_rejected(self):
        token = tokens.sign("ada")
        self.assertEqual(tokens.verify(token), "ada")
        for wrong in ("", "ohinfra-mcp.", token[:-1], token + "x", token.replace("ohinfra-mcp.", ""), "ohinfra-mcp.é.x"):
            self.assertIsNone(tokens.verify(wrong), wrong)
        body, signature = token.rsplit(".", 1)
        self.assertIsNone(tokens.verify(f"{tokens.sign('bob').rsplit('.', 1)[0]}.{signature}"))

    def test_user_ids_are_safe_in_bucket_keys(self):
        self.assertTrue(all(map(is_user, ("ada", "0b1c-4", "a.b", "x" * 128))))
        self.assertFalse(any(map(is_user, ("", ".", "..", "a/b", "a..b", "a b", "x" * 129, "ä"))))
