"""What stands at the other end of `bus github forward` and `smee`, on loopback: GitHub's API for hooks of the `cli` kind with
their WebSocket, and a smee server. It keeps their rules, and notes who breaks them."""

import base64
import hashlib
import json
import queue
import socket
import struct
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from busproc import PATIENCE, sign

TOKEN = "gho_only_a_test"
MAGIC = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class Line:
    """One WebSocket connection, GitHub's end of it."""

    def __init__(self, handler, peer):
        self.socket, self.peer = handler.connection, peer
        self.lock = threading.Lock()
        self.answers, self.pongs, self.closed = queue.Queue(), queue.Queue(), queue.Queue()

    def frame(self, first, payload=b""):
        size = len(payload)
        head = bytes([first, size]) if size < 126 else struct.pack(">BBH", first, 126, size) if size < 65536 else \
            struct.pack(">BBQ", first, 127, size)
        with self.lock:
            self.socket.sendall(head + payload)

    def deliver(self, body, event="push", delivery="d-1", secret=None, parts=1, headers=None):
        """One delivery in the form that gh reads; its answer."""
        message = {"Header": {"Accept": ["*/*"], "Content-Type": ["application/json"], "User-Agent": ["GitHub-Hookshot/1"],
                              "X-Github-Event": [event], "X-Github-Delivery": [delivery],
                              "X-Hub-Signature-256": [sign(body, secret or self.peer.secret())], **(headers or {})},
                   "Body": base64.b64encode(body).decode()}
        text = json.dumps(message).encode()
        step = -(-len(text) // parts)
        for at in range(0, len(text), step):
            first, last = at == 0, at + step >= len(text)
            self.frame((0x01 if first else 0) | (0x80 if last else 0), text[at:at + step])
            if not last:
                self.frame(0x89, b"in between")
        answer = json.loads(self.answers.get(timeout=PATIENCE))
        answer["Body"] = json.loads(base64.b64decode(answer["Body"]))
        return answer

    def _exactly(self, count):
        data = b""
        while len(data) < count:
            part = self.socket.recv(count - len(data))
            if not part:
                raise ConnectionError
            data += part
        return data

    def read(self):
        """Until the client is gone."""
        while True:
            first, size = self._exactly(2)
            if not size & 0x80:
                self.peer.broken.append("a client's frame is not masked")
            size &= 0x7F
            if size > 125:
                size, = struct.unpack(">H" if size == 126 else ">Q", self._exactly(2 if size == 126 else 8))
            mask = self._exactly(4)
            payload = bytes(byte ^ mask[at % 4] for at, byte in enumerate(self._exactly(size)))
            kind = first & 0x0F
            if kind == 8:
                self.closed.put(struct.unpack(">H", payload[:2])[0])
                return
            if kind == 9:
                self.frame(0x8A, payload)
            elif kind == 10:
                self.pongs.put(payload)
            else:
                self.answers.put(payload)

    def cut(self):
        self.socket.shutdown(socket.SHUT_RDWR)


class Listener:
    """One connection to a smee channel."""

    def __init__(self, handler):
        self.handler, self.number, self.lock, self.over = handler, 0, threading.Lock(), threading.Event()

    def event(self, data, event=None):
        text = f"id: {self.number}\n" + (f"event: {event}\n" if event else "") + f"data: {data}\n\n"
        with self.lock:
            self.number += 1
            self.handler.wfile.write(text.encode())
            self.handler.wfile.flush()

    def cut(self):
        self.over.set()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, body=None, headers=None):
        data = b"" if body is None else json.dumps(body).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(len(data)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def handle_any(self):
        peer = self.server.peer
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length)) if length else None
        path = self.path.split("?")[0]
        with peer.lock:
            peer.asked.append(f"{self.command} {path}")
        if path == "/forward":
            return self.upgrade(peer)
        if path.startswith("/smee/"):
            return self.listen(peer)
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            peer.broken.append(f"{self.command} {path} without its token")
            return self.answer(401, {"message": "Bad credentials"})
        if not path.endswith("/hooks") and "/hooks/" not in path:
            return self.answer(200, [] if "/actions" not in path else {"workflow_runs": []})
        if peer.refusal:
            return self.answer(*peer.refusal)
        repo, _, number = path.removeprefix("/repos/").partition("/hooks")
        return self.hooks(peer, repo, int(number[1:]) if number else None, body)

    do_GET = do_POST = do_PATCH = do_DELETE = handle_any

    def hooks(self, peer, repo, number, body):
        with peer.lock:
            if self.command == "POST":
                if any(hook["repo"] == repo for hook in peer.hooks.values()):
                    return self.answer(422, {"message": "Validation Failed", "errors": [
                        {"resource": "Hook", "message": "Hook already exists on this repository"}]})
                if body["name"] != "cli" or body["active"] or body["config"]["content_type"] != "json":
                    peer.broken.append(f"an odd hook: {body}")
                peer.last += 1
                hook = {"repo": repo, "id": peer.last, "name": "cli", "active": False, "events": body["events"],
                        "config": body["config"]}
                peer.hooks[peer.last] = hook
                shown = {**hook, "config": {**hook["config"], "secret": "********"},
                         "url": f"{peer.url}/repos/{repo}/hooks/{peer.last}", "ws_url": peer.url.replace("http", "ws") + "/forward"}
                return self.answer(201, shown)
            if number is None:
                return self.answer(200, [{"id": hook["id"], "name": "cli"} for hook in peer.hooks.values() if hook["repo"] == repo])
            if number not in peer.hooks:
                return self.answer(404, {"message": "Not Found"})
            if self.command == "PATCH":
                with peer.lock:
                    if not peer.lines:
                        peer.broken.append("a hook is activated, and nobody listens")
                peer.hooks[number].update(body)
                return self.answer(200, {"id": number})
            del peer.hooks[number]
            return self.answer(204)

    def upgrade(self, peer):
        wanted = {"Authorization": TOKEN, "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13"}
        wrong = {name: self.headers.get(name) for name, value in wanted.items() if self.headers.get(name) != value}
        if wrong or not peer.hooks:
            peer.broken += [f"a wrong handshake: {wrong}"] if wrong else []
            return self.answer(404 if not wrong else 400)
        key = self.headers["Sec-WebSocket-Key"]
        accept = base64.b64encode(hashlib.sha1((key + MAGIC).encode()).digest()).decode()
        self.close_connection = True
        line = Line(self, peer)
        with peer.lock:  # nobody sees the one without the other
            self.wfile.write(("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                              f"Sec-WebSocket-Accept: {accept}\r\n\r\n").encode())
            peer.lines.append(line)
        try:
            line.read()
        except OSError:
            pass
        with peer.lock:
            peer.lines.remove(line)

    def listen(self, peer):
        if self.headers.get("Accept") != "text/event-stream":
            peer.broken.append("a channel is read as a page")
        self.close_connection = True
        if peer.refusal:
            return self.answer(*peer.refusal)
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache\r\n\r\n")
        listener = Listener(self)
        listener.event("{}", "ready")
        with peer.lock:
            peer.listeners.append(listener)
        while not listener.over.wait(0.05):
            if peer.closing.is_set():
                break
        with peer.lock:
            peer.listeners.remove(listener)


class TunnelPeer:
    """`broken` lists the rules that a client broke; close() asserts that there is none."""

    def __init__(self):
        self.lock, self.closing = threading.RLock(), threading.Event()
        self.hooks, self.lines, self.listeners, self.asked, self.broken = {}, [], [], [], []
        self.last, self.refusal = 100, None
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.peer = self
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def secret(self):
        return next(iter(self.hooks.values()))["config"]["secret"]

    def listening(self):
        """The open line of an active hook."""
        with self.lock:
            active = any(hook["active"] for hook in self.hooks.values())
            return self.lines[-1] if self.lines and active else None

    def smee(self, listener, body, event="push", delivery="s-1", signature=None):
        """What smee makes of a delivery: its JSON read, and written anew."""
        headers = {"host": "smee.io", "content-type": "application/json", "x-github-event": event,
                   "x-github-delivery": delivery, "x-hub-signature-256": signature or sign(body), "content-length": str(len(body))}
        payload = {**headers, "body": json.loads(body), "query": {}, "timestamp": 1763625600000}
        listener.event(json.dumps(payload, separators=(",", ":"), ensure_ascii=False))

    def close(self):
        self.closing.set()
        self.server.shutdown()
        with self.lock:
            for line in self.lines:
                line.cut()
        self.server.server_close()
        assert not self.broken, self.broken
