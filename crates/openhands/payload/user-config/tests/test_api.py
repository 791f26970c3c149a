"""Tests of the API with S3 and KMS in LocalStack, with events in the format of the load balancer."""

import base64
import json
import os
import shutil
import sys
import tempfile
import threading
import unittest
import uuid
from pathlib import Path

import boto3
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

FUNCTION = Path(__file__).parent.parent / "function"
PREFIX = "/api/v1/user-config"
GLOBAL = {"id": "everybodys", "type": "shttp", "enabled": True, "notes": "", "url": "https://tools.example.com/mcp"}
SHTTP = {"id": "web", "type": "shttp", "url": "https://mcp.example.com/", "notes": "mine"}
STDIO = {"id": "local", "type": "stdio", "command": "npx", "args": ["-y", "x"], "env": {"TOKEN": "t"}}


def setUpModule():
    global app, s3, kms, BUCKET, KEY, folder
    s3, kms = boto3.client("s3"), boto3.client("kms")
    BUCKET = f"data-{uuid.uuid4()}"
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": os.environ["AWS_DEFAULT_REGION"]})
    KEY = kms.create_key()["KeyMetadata"]["KeyId"]
    os.environ.update(DATA_BUCKET=BUCKET, KMS_KEY_ID=KEY, LOG_LEVEL="INFO")
    # The layout of the zip archive: the code and the rendered file.
    folder = tempfile.mkdtemp()
    shutil.copytree(FUNCTION, folder, dirs_exist_ok=True)
    Path(folder, "everybodys_mcp.json").write_text(json.dumps({"shttp_servers": [GLOBAL], "stdio_servers": []}))
    sys.path.insert(0, folder)
    import app


def tearDownModule():
    shutil.rmtree(folder)


def call(method, path, body=None, user="ada", headers=None, raw=None, encoded=False):
    event = {
        "httpMethod": method,
        "path": PREFIX + path,
        "queryStringParameters": {},
        "headers": {**({"X-Cognito-User-Id": user} if user is not None else {}), **(headers or {})},
        "body": raw if raw is not None else ("" if body is None else json.dumps(body)),
        "isBase64Encoded": encoded,
    }
    answer = app.handler(event, None)
    assert set(answer) == {"statusCode", "statusDescription", "isBase64Encoded", "headers", "body"}, answer
    assert answer["statusDescription"].startswith(f"{answer['statusCode']} "), answer
    return answer["statusCode"], json.loads(answer["body"]), answer


class Api(unittest.TestCase):
    def setUp(self):
        self.user = f"user-{uuid.uuid4()}"

    def call(self, method, path, body=None, **more):
        return call(method, path, body, **{"user": self.user, **more})[:2]

    def object(self, name, user=None):
        return s3.get_object(Bucket=BUCKET, Key=f"users/{user or self.user}/{name}")["Body"].read()


class Mcp(Api):
    def test_is_initially_empty_and_can_be_replaced(self):
        empty = {"version": "1.0", "updated_at": None, "shttp_servers": [], "stdio_servers": [], "disabled_global_servers": []}
        self.assertEqual(self.call("GET", "/mcp"), (200, empty))
        wanted = {"version": "1.0", "shttp_servers": [SHTTP], "stdio_servers": [STDIO], "disabled_global_servers": ["x"]}
        status, stored = self.call("PUT", "/mcp", wanted)
        self.assertEqual(status, 200)
        self.assertEqual(stored["shttp_servers"], [{**SHTTP, "enabled": True}])
        self.assertEqual(stored["stdio_servers"], [{**STDIO, "enabled": True, "notes": "", "name": "local", "runtime": "sandbox"}])
        self.assertRegex(stored["updated_at"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
        self.assertEqual(self.call("GET", "/mcp"), (200, stored))
        self.assertEqual(json.loads(self.object("config/mcp-config.json")), stored)
        # A configuration that was read can be written.
        self.assertEqual(self.call("PUT", "/mcp", stored)[0], 200)

    def test_servers_can_be_added_changed_and_deleted(self):
        self.assertEqual(self.call("POST", "/mcp/servers", SHTTP)[0], 201)
        self.assertEqual(self.call("POST", "/mcp/servers", STDIO)[0], 201)
        self.assertEqual(self.call("POST", "/mcp/servers", {**STDIO, "id": "web"})[0], 409)
        self.assertEqual(self.call("PUT", "/mcp/servers/none", {**SHTTP, "id": "none"})[0], 404)
        self.assertEqual(self.call("PUT", "/mcp/servers/web", SHTTP | {"id": "other"})[0], 400)
        status, changed = self.call("PUT", "/mcp/servers/web", {"type": "shttp", "url": "http://x", "enabled": False})
        self.assertEqual((status, changed["url"], changed["enabled"]), (200, "http://x", False))
        # A changed type moves the server to the other list.
        self.assertEqual(self.call("PUT", "/mcp/servers/web", {"type": "stdio", "command": "c", "runtime": "host"})[0], 200)
        config = self.call("GET", "/mcp")[1]
        self.assertEqual([one["id"] for one in config["stdio_servers"]], ["local", "web"])
        self.assertEqual(config["shttp_servers"], [])
        self.assertEqual(self.call("DELETE", "/mcp/servers/web"), (200, {"id": "web", "deleted": True}))
        self.assertEqual(self.call("DELETE", "/mcp/servers/web")[0], 404)

    def test_invalid_servers_are_rejected_with_a_reason(self):
        bad = [
            ("`type`", {**SHTTP, "type": "sse"}),
            ("`type`", []),
            ("`type`", {**SHTTP, "type": ["shttp"]}),
            ("`url`", {**SHTTP, "url": "file:///etc/passwd"}),
            ("`url`", {**SHTTP, "url": "https://"}),
            ("`url`", {**SHTTP, "url": "https://a b"}),
            ("`url`", {**SHTTP, "url": "https://[bad"}),
            ("`url`", {"id": "x", "type": "shttp"}),
            ("`command`", {**STDIO, "command": ""}),
            ("`args`", {**STDIO, "args": "x"}),
            ("`args`", {**STDIO, "args": [1]}),
            ("`env`", {**STDIO, "env": {"1X": "y"}}),
            ("`env`", {**STDIO, "env": {"X": 1}}),
            ("`runtime`", {**STDIO, "runtime": "moon"}),
            ("`enabled`", {**STDIO, "enabled": "yes"}),
            ("has no `color`", {**STDIO, "color": 1}),
            ("has no `command`", {**SHTTP, "command": "x"}),
            ("`notes`", {**STDIO, "notes": "x" * 2001}),
            *(("`id`", {**STDIO, "id": bad}) for bad in ["", "a/b", "..", "a..b", "x" * 129, 7, None, "é", "a\n"]),
        ]
        for words, server in bad:
            status, answer = self.call("POST", "/mcp/servers", server)
            self.assertEqual(status, 400, server)
            self.assertIn(words, answer["error"])
        for words, config in [
            ("`version`", {"version": "2"}),
            ("same id", {"shttp_servers": [SHTTP, SHTTP]}),
            ("of the type shttp", {"shttp_servers": [STDIO]}),
            ("disabled_global_servers", {"disabled_global_servers": ["a/b"]}),
            ("must be an object", [1]),
            ("must be an object", None),
        ]:
            status, answer = self.call("PUT", "/mcp", raw=json.dumps(config))
            self.assertEqual(status, 400, config)
            self.assertIn(words, answer["error"])
        self.assertEqual(self.call("GET", "/mcp")[1]["updated_at"], None)

    def test_merged_combines_enabled_global_servers_and_user_servers(self):
        self.call("POST", "/mcp/servers", SHTTP)
        merged = self.call("GET", "/merged")[1]
        self.assertEqual([(one["id"], one["source"]) for one in merged["shttp_servers"]], [("everybodys", "global"), ("web", "user")])
        self.call("PUT", "/mcp", {"shttp_servers": [SHTTP], "disabled_global_servers": ["everybodys"]})
        self.assertEqual([one["id"] for one in self.call("GET", "/merged")[1]["shttp_servers"]], ["web"])
        self.call("PUT", "/mcp", {"shttp_servers": [{**GLOBAL, "url": "https://own.example.com"}]})
        own = self.call("GET", "/merged")[1]["shttp_servers"]
        self.assertEqual([(one["url"], one["source"]) for one in own], [("https://own.example.com", "user")])


class Secrets(Api):
    def test_are_listed_without_values_and_stored_encrypted(self):
        value = "the-value-that-nobody-may-see"
        status, shown = self.call("PUT", "/secrets/github.token", {"value": value, "type": "token", "notes": "n"})
        self.assertEqual(status, 201)
        self.assertEqual(set(shown), {"id", "type", "created_at", "updated_at", "notes"})
        self.assertEqual(self.call("GET", "/secrets"), (200, {"secrets": [shown]}))
        stored = self.object("secrets/credentials.json.enc")
        envelope = json.loads(stored)
        self.assertEqual(set(envelope), {"encrypted_key", "nonce", "ciphertext"})
        plain = [stored, *(base64.b64decode(part) for part in envelope.values())]
        self.assertFalse(any(value.encode() in part for part in plain))
        # A change of the notes keeps the value.
        self.assertEqual(self.call("PUT", "/secrets/github.token", {"notes": "m"})[0], 200)
        documents = app.Documents(s3, kms, BUCKET, KEY, self.user)
        kept = documents.read("secrets/credentials.json.enc")["github.token"]
        self.assertEqual((kept["value"], kept["notes"], kept["type"]), (value, "m", "token"))
        self.assertEqual(self.call("DELETE", "/secrets/github.token")[0], 200)
        self.assertEqual(self.call("DELETE", "/secrets/github.token")[0], 404)
        self.assertEqual(self.call("GET", "/secrets"), (200, {"secrets": []}))

    def test_errors_do_not_contain_the_value(self):
        for body in [{}, {"value": ""}, {"value": 7}, {"value": "x" * 65_537}, {"value": "hidden", "type": "rsa"}, {"value": "hidden", "a": 1}]:
            status, answer = self.call("PUT", "/secrets/x", body)
            self.assertEqual(status, 400)
            self.assertNotIn("hidden", answer["error"])

    def test_secrets_of_the_cdk_project_are_migrated(self):
        key = kms.generate_data_key(KeyId=KEY, KeySpec="AES_256")
        secret = {"type": "token", "value": "legacy-value", "created_at": "2026-01-02T03:04:05+00:00"}
        secret |= {"updated_at": "2026-01-02T03:04:05+00:00", "notes": "old"}
        text = json.dumps({"version": "1.0", "secrets": {"github": secret}}).encode()
        nonce = os.urandom(12)
        # The format of that project: no encryption context, no additional data.
        sealed = AESGCM(key["Plaintext"]).encrypt(nonce, text, None)
        parts = {"encrypted_key": key["CiphertextBlob"], "nonce": nonce, "ciphertext": sealed}
        envelope = json.dumps({name: base64.b64encode(part).decode() for name, part in parts.items()})
        place = f"users/{self.user}/secrets/credentials.json.enc"
        s3.put_object(Bucket=BUCKET, Key=place, Body=envelope)
        status, listed = self.call("GET", "/secrets")
        self.assertEqual((status, [entry["id"] for entry in listed["secrets"]]), (200, ["github"]))
        rewritten = self.object("secrets/credentials.json.enc")
        self.assertNotEqual(rewritten.decode(), envelope)
        # The document is bound to the user: another user cannot read the same bytes.
        s3.put_object(Bucket=BUCKET, Key=f"users/{self.user}-other/secrets/credentials.json.enc", Body=rewritten)
        self.assertEqual(self.call("GET", "/secrets", user=f"{self.user}-other")[0], 500)
        # A change without a previous read also migrates the document.
        s3.put_object(Bucket=BUCKET, Key=place, Body=envelope)
        self.assertEqual(self.call("PUT", "/secrets/more", {"type": "token", "value": "v"})[0], 201)
        self.assertEqual([entry["id"] for entry in self.call("GET", "/secrets")[1]["secrets"]], ["github", "more"])

    def test_modified_and_foreign_documents_are_rejected(self):
        self.call("PUT", "/secrets/x", {"value": "mine"})
        own = json.loads(self.object("secrets/credentials.json.enc"))
        other = f"user-{uuid.uuid4()}"
        call("PUT", "/secrets/x", {"value": "theirs"}, user=other)
        foreign = json.loads(self.object("secrets/credentials.json.enc", other))

        def flipped(name):
            part = bytearray(base64.b64decode(own[name]))
            part[-1] ^= 1
            return {**own, name: base64.b64encode(bytes(part)).decode()}

        for envelope in [
            foreign,
            {**own, "encrypted_key": foreign["encrypted_key"]},
            {**own, "nonce": foreign["nonce"]},
            *(flipped(name) for name in own),
            {**own, "ciphertext": ""},
            {**own, "nonce": "%%%"},
            {},
            [],
            "x",
        ]:
            body = json.dumps(envelope)
            s3.put_object(Bucket=BUCKET, Key=f"users/{self.user}/secrets/credentials.json.enc", Body=body)
            for method, path, value in [("GET", "/secrets", None), ("PUT", "/secrets/y", {"value": "v"})]:
                with self.assertLogs(level="ERROR") as logs:
                    answer = self.call(method, path, value)
                self.assertEqual(answer, (500, {"error": "internal error"}), body)
                self.assertEqual(logs.output, ["ERROR:root:failed: Tampered "])
            self.assertEqual(self.object("secrets/credentials.json.enc").decode(), body, "the document is unchanged")


class Integrations(Api):
    def test_can_be_connected_changed_and_disconnected(self):
        self.assertEqual(self.call("GET", "/integrations"), (200, {"integrations": {}}))
        status, connected = self.call("PUT", "/integrations/github", {"token_ref": "github.token", "auto_mcp": True})
        self.assertEqual(status, 200)
        self.assertEqual((connected["enabled"], connected["token_ref"], connected["auto_mcp"], connected["notes"]), (True, "github.token", True, ""))
        changed = self.call("PUT", "/integrations/github", {"enabled": False})[1]
        self.assertEqual((changed["enabled"], changed["connected_at"]), (False, connected["connected_at"]))
        self.assertEqual(self.call("GET", "/integrations"), (200, {"integrations": {"github": changed}}))
        self.assertEqual(self.call("PUT", "/integrations/gitlab", {})[0], 404)
        self.assertEqual(self.call("PUT", "/integrations/slack", {"token_ref": "a/b"})[0], 400)
        self.assertEqual(self.call("PUT", "/integrations/slack", {"connected_at": "x"})[0], 400)
        self.assertEqual(self.call("DELETE", "/integrations/github")[0], 200)
        self.assertEqual(self.call("DELETE", "/integrations/github")[0], 404)
        self.assertEqual(self.call("DELETE", "/integrations/gitlab")[0], 404)


class Requests(Api):
    def test_require_a_user(self):
        for user in [None, "", "..", "a/../b", "a/b", ".", "x" * 129, "a b"]:
            self.assertEqual(call("GET", "/mcp", user=user)[0], 401, user)
        self.assertEqual(call("GET", "/mcp", user=None, headers={"x-COGNITO-user-id": self.user})[0], 200)

    def test_unknown_paths_are_404_and_wrong_methods_405(self):
        for path in ["", "/", "/x", "/mcp/", "/mcp/servers/a/b", "/secrets/a/b", "/mcp/servers/a/", "/../mcp"]:
            self.assertEqual(self.call("GET", path)[0], 404, path)
        outside = app.handler({"httpMethod": "GET", "path": "/api/other", "headers": {"x-cognito-user-id": "ada"}})
        self.assertEqual(outside["statusCode"], 404)
        for method, path, allow in [
            ("DELETE", "/mcp", "GET, PUT"),
            ("GET", "/mcp/servers", "POST"),
            ("GET", "/secrets/x", "DELETE, PUT"),
            ("OPTIONS", "/merged", "GET"),
        ]:
            status, _, answer = call(method, path, user=self.user)
            self.assertEqual((status, answer["headers"]["Allow"]), (405, allow))

    def test_ids_in_the_path_cannot_reach_other_users(self):
        call("PUT", "/secrets/theirs", {"value": "theirs"}, user="eve")
        for item in ["..%2F..%2Feve%2Fsecrets%2Fcredentials.json.enc", "%2e%2e", "..", "a%00b", "%F0%9F%98%80"]:
            self.assertEqual(self.call("PUT", f"/secrets/{item}", {"value": "x"})[0], 400, item)
        self.assertEqual(self.call("DELETE", "/secrets/theirs")[0], 404)
        keys = [one["Key"] for one in s3.list_objects_v2(Bucket=BUCKET)["Contents"]]
        self.assertTrue(all(key.startswith("users/") and ".." not in key for key in keys))

    def test_bodies_can_be_base64_and_have_a_size_limit(self):
        encoded = base64.b64encode(json.dumps(SHTTP).encode()).decode()
        self.assertEqual(self.call("POST", "/mcp/servers", raw=encoded, encoded=True)[0], 201)
        for raw, encoded in [("{", False), ("", False), ("[" * 100_000, False), ("%%%", True), ("/w==", True)]:
            self.assertEqual(self.call("PUT", "/mcp", raw=raw, encoded=encoded)[0], 400, raw[:9])
        large = json.dumps({"notes": "x" * 256 * 1024})
        self.assertEqual(self.call("PUT", "/mcp", raw=large)[0], 413)
        self.assertEqual(self.call("PUT", "/mcp", raw=base64.b64encode(large.encode()).decode(), encoded=True)[0], 413)

    def test_concurrent_requests_lose_no_update(self):
        answers = []

        def write(n):
            answers.append(self.call("POST", "/mcp/servers", {**SHTTP, "id": f"s{n}"})[0])
            answers.append(self.call("PUT", f"/secrets/s{n}", {"value": str(n)})[0])

        threads = [threading.Thread(target=write, args=(n,)) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(set(answers), {201})
        self.assertEqual({one["id"] for one in self.call("GET", "/mcp")[1]["shttp_servers"]}, {f"s{n}" for n in range(8)})
        self.assertEqual(len(self.call("GET", "/secrets")[1]["secrets"]), 8)

    def test_internal_errors_reveal_no_details(self):
        os.environ["DATA_BUCKET"] = "there-is-no-such-bucket"
        try:
            with self.assertLogs(level="ERROR") as logs:
                answer = self.call("PUT", "/secrets/x", {"value": "the-value-that-nobody-may-see"})
        finally:
            os.environ["DATA_BUCKET"] = BUCKET
        self.assertEqual(answer, (500, {"error": "internal error"}))
        self.assertEqual(logs.output, ["ERROR:root:failed: NoSuchBucket NoSuchBucket"])
