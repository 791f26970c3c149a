"""A fake EC2 metadata service (IMDSv2). Reads its settings from standard input as one line of JSON, and prints requests."""

import json
import secrets
import socket
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

settings = json.loads(sys.stdin.readline())
tokens = set()
ROLE = "/latest/meta-data/iam/security-credentials/"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, text=""):
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        print(self.client_address[0], self.command, self.path, status, flush=True)

    def do_PUT(self):
        if self.path != "/latest/api/token":
            return self.answer(404)
        token = secrets.token_urlsafe()
        tokens.add(token)
        return self.answer(200, token)

    def do_GET(self):
        if self.headers.get("X-aws-ec2-metadata-token") not in tokens:
            return self.answer(401)
        known = {
            ROLE: settings["role"],
            ROLE + settings["role"]: json.dumps(settings["credentials"]),
            "/latest/meta-data/instance-id": "i-0123456789abcdef0",
            "/latest/meta-data/placement/region": settings["credentials"].get("Region", "us-west-2"),
            "/latest/dynamic/instance-identity/document": json.dumps({"region": "us-west-2", "instanceId": "i-0123456789abcdef0"}),
        }
        return self.answer(200, known[self.path]) if self.path in known else self.answer(404)

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def server_bind(self):
        # Concurrent benches use the same address, each on a separate device.
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, settings["device"].encode())
        # The TTL limits the hops of response packets.
        self.socket.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, settings["hops"])
        super().server_bind()


server = Server((settings["host"], 80), Handler)
print("ready", flush=True)
server.serve_forever()
