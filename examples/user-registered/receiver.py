#!/usr/bin/env python3
# Receives webhooks and prints those whose Standard Webhooks signature is right. Needs Python 3.8 or newer and nothing else.
import base64
import hashlib
import hmac
import json
import os
import time
from collections import deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TOLERANCE_SECONDS = 300
MAX_BODY_BYTES = 1_048_576

# The secret as the gateway gives it: whsec_ and base64.
KEY = base64.b64decode(os.environ["WEBHOOK_SECRET"][len("whsec_"):])

# A delivery may come twice, under the same webhook-id. A real receiver keeps the ids in its database.
seen = deque(maxlen=1000)


def is_number(text):
    return text.isascii() and text.isdigit() and len(text) <= 12


def is_genuine(headers, body):
    """True for a webhook that was signed with our secret, not too long ago (https://www.standardwebhooks.com)."""
    timestamp = headers.get("webhook-timestamp", "")
    if not is_number(timestamp) or abs(time.time() - int(timestamp)) > TOLERANCE_SECONDS:
        return False
    signed = f"{headers.get('webhook-id', '')}.{timestamp}.".encode() + body
    expected = b"v1," + base64.b64encode(hmac.new(KEY, signed, hashlib.sha256).digest())
    # While a secret is being changed there are two signatures. compare_digest takes the same time for every wrong one.
    return any([hmac.compare_digest(given.encode(), expected) for given in headers.get("webhook-signature", "").split()])


def notify(event):
    user = event["data"]
    print(f"{event['type']}: user {user['user_id']} is {user['username']} <{user['email']}>", flush=True)


class Receiver(BaseHTTPRequestHandler):
    timeout = 10

    def do_POST(self):
        length = self.headers.get("content-length", "")
        if not is_number(length) or int(length) > MAX_BODY_BYTES:
            return self.answer(413)
        # The bytes as they came: they are what is signed.
        body = self.rfile.read(int(length))
        if not is_genuine(self.headers, body):
            print("refused: not signed with our secret", flush=True)
            return self.answer(401)
        webhook_id = self.headers["webhook-id"]
        if webhook_id not in seen:
            notify(json.loads(body))
            print(f"verified: {webhook_id}", flush=True)
            seen.append(webhook_id)
        return self.answer(204)

    def answer(self, status):
        self.send_response(status)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_):
        """Nothing but what is printed above."""


with ThreadingHTTPServer(("127.0.0.1", 0), Receiver) as server:
    print(f"listening at http://127.0.0.1:{server.server_port}/", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass
