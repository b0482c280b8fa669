"""A server that takes what the http sink sends, and fails in every way it is told to.

    http_peer.py PORT FILE SEED SHARE [PLAN...]

Each request that it has read whole becomes a line of FILE (JSON: method, path, headers in lower case, body) before anything
is answered. With a SHARE of them (0 to 100) something goes wrong, by the dice of SEED. PLAN: words for the first requests
instead: a status, status:retry-after, or a word of MOODS. It prints its port.
"""

import http.server
import json
import random
import socket
import struct
import sys
import threading
import time

MOODS = ("500", "502", "503:1", "503", "429:1", "408", "deaf", "close", "reset", "half", "long", "hang", "garbage", "trickle")


class Peer(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_POST(self):
        server = self.server
        with server.lock:
            mood = server.plan.pop(0) if server.plan else \
                server.dice.choice(MOODS) if server.dice.randrange(100) < server.share else "200"
        if mood == "deaf":  # gone before the body is read
            return self.cut()
        body = self.rfile.read(int(self.headers["Content-Length"]))
        line = json.dumps({"method": self.command, "path": self.path, "body": body.decode(), "mood": mood, "at": time.time(),
                           "headers": {name.lower(): value for name, value in self.headers.items()}})
        with server.lock:
            server.file.write(line + "\n")
            server.file.flush()
        getattr(self, mood, self.status)(mood)

    def status(self, mood):
        code, _, after = mood.partition(":")
        self.send_response(int(code))
        if after.startswith("to="):
            self.send_header("Location", after[3:])
        elif after:
            self.send_header("Retry-After", after)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def cut(self, linger=None):
        if linger:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.connection.close()

    def close(self, _):
        self.cut()

    def reset(self, _):
        self.cut(linger=True)

    def half(self, _):
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this")
        self.wfile.flush()
        self.cut()

    def long(self, _):
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5000000\r\n\r\n")
        try:
            self.wfile.write(b"x" * 5_000_000)
        except OSError:
            pass
        self.close_connection = True

    def hang(self, _):
        """Until the client has had enough."""
        self.connection.settimeout(60)
        try:
            self.connection.recv(1)
        except OSError:
            pass
        self.close_connection = True

    def garbage(self, _):
        self.wfile.write(b"\x00\xff SMTP ready\r\n\r\n")
        self.close_connection = True

    def trickle(self, _):
        try:
            for byte in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"x" * 600:
                self.wfile.write(bytes([byte]))
                time.sleep(0.02)
        except OSError:
            pass
        self.close_connection = True


class Server(http.server.ThreadingHTTPServer):
    allow_reuse_address = True
    daemon_threads = True

    def handle_error(self, *_):
        pass


def main():
    port, file, seed, share, *plan = sys.argv[1:]
    server = Server(("127.0.0.1", int(port)), Peer)
    server.lock, server.dice, server.share, server.plan = threading.Lock(), random.Random(int(seed)), int(share), plan
    server.file = open(file, "a", encoding="utf-8")
    print(server.server_address[1], flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
