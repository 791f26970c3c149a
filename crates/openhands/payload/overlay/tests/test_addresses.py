"""Tests of the rewriting of internal URLs in responses."""

import json
import unittest

import support
from ohinfra_overlay.addresses import PublicAddresses, rewrite

ID = "0123456789abcdef0123456789abcdef"
HOST = "openhands.example.com"
SANDBOX = f"oh-agent-server-{ID}"
AGENT = f"https://{HOST}/runtime/{ID}/8000"


class Documents(unittest.TestCase):
    def test_sandbox_urls_are_rewritten_per_server(self):
        urls = [
            {"name": "AGENT_SERVER", "url": "http://172.30.0.5:8000", "port": 8000},
            {"name": "VSCODE", "url": "http://172.30.0.5:8001/?tkn=key&folder=/workspace/project", "port": 8001},
            {"name": "WORKER_1", "url": "http://172.30.0.5:8011", "port": 8011},
        ]
        found = rewrite({"id": SANDBOX, "exposed_urls": urls}, HOST)["exposed_urls"]
        self.assertEqual(
            [url["url"] for url in found],
            [AGENT, f"https://8001-{ID}.runtime.{HOST}/?tkn=key&folder=/workspace/project", f"https://8011-{ID}.runtime.{HOST}"],
        )

    def test_urls_of_conversations_and_start_tasks_are_rewritten(self):
        conversation = {"id": "x", "sandbox_id": SANDBOX, "conversation_url": "http://172.30.0.5:8000/api/conversations/x"}
        self.assertEqual(rewrite([conversation], HOST)[0]["conversation_url"], f"{AGENT}/api/conversations/x")
        task = {"sandbox_id": SANDBOX, "agent_server_url": "http://172.30.0.5:8000"}
        self.assertEqual(rewrite({"items": [task, None]}, HOST)["items"][0]["agent_server_url"], AGENT)

    def test_other_values_are_unchanged(self):
        for value in ({"url": "http://172.30.0.5:8000"}, {"id": SANDBOX, "title": "see http://172.30.0.5:8000"}, [1, None, "x"]):
            self.assertEqual(rewrite(value, HOST), value)


class Answers(unittest.IsolatedAsyncioTestCase):
    async def ask(self, headers, *bodies, path="/api/v1/app-conversations"):
        start = {"type": "http.response.start", "status": 200, "headers": headers}
        last = len(bodies) - 1
        messages = [{"type": "http.response.body", "body": body, "more_body": n < last} for n, body in enumerate(bodies)]
        app = PublicAddresses(support.Recorder(start, *messages))
        return (await support.ask(app, path, {"Host": HOST}))[1]

    async def test_chunked_responses_are_rewritten_with_a_new_length(self):
        body = json.dumps({"sandbox_id": SANDBOX, "conversation_url": "http://172.30.0.5:8000"}).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        self.assertEqual(json.loads(await self.ask(headers, body[:20], body[20:]))["conversation_url"], AGENT)

    async def test_streamed_lists_are_rewritten_item_by_item(self):
        item = json.dumps({"sandbox_id": SANDBOX, "agent_server_url": "http://172.30.0.5:8000"}).encode()
        streamed = await self.ask([(b"content-type", b"application/json")], b"[\n", item, b",\n" + item, b"]")
        self.assertEqual([task["agent_server_url"] for task in json.loads(streamed)], [AGENT, AGENT])

    async def test_other_routes_and_content_types_are_unchanged(self):
        body = json.dumps({"sandbox_id": SANDBOX, "u": "http://172.30.0.5:8000"}).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        self.assertEqual(await self.ask(headers, body, path="/api/v1/settings"), body)
        self.assertEqual(await self.ask([(b"content-type", b"text/plain")], body), body)
