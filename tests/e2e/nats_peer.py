"""A nats-server of our own, with JetStream in a folder of ours, and a client of its text protocol."""

import base64
import json
import shutil
import socket
import subprocess
import uuid
from pathlib import Path

from busproc import PATIENCE, until

SERVER = shutil.which("nats-server", path="/usr/sbin:/usr/bin:/sbin:/bin")


class NatsServer:
    """Binds a port that the system chooses, and keeps it over restarts."""

    def __init__(self, root, *args):
        self.folder = Path(root) / f"nats-{uuid.uuid4().hex[:8]}"
        self.folder.mkdir()
        self.args = list(args)
        self.port = -1
        self.process = None
        self.start()

    @property
    def url(self):
        return f"nats://127.0.0.1:{self.port}"

    def start(self):
        log = open(self.folder / "log", "ab")  # pylint: disable=consider-using-with
        self.process = subprocess.Popen(
            [SERVER, "-a", "127.0.0.1", "-p", str(self.port), "-js", "-sd", str(self.folder / "store"), "-ports_file_dir",
             str(self.folder), *self.args], stdout=log, stderr=log)
        log.close()
        ports = self.folder / f"{Path(SERVER).name}_{self.process.pid}.ports"
        until(lambda: self.process.poll() is None and ports.exists() and ports.read_text().strip(), "the server tells its port")
        self.port = int(json.loads(ports.read_text())["nats"][0].rpartition(":")[2])

    def kill(self):
        """kill -9"""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
        self.process = None

    def restart(self):
        self.kill()
        self.start()

    def client(self, **login):
        return Nats(self.port, **login)


class Nats:
    """Requests and publishing, as far as tests need them."""

    def __init__(self, port, **login):
        self.socket = socket.create_connection(("127.0.0.1", port), PATIENCE)
        self.file = self.socket.makefile("rb")
        assert self.file.readline().startswith(b"INFO")
        self.inbox = f"_INBOX.{uuid.uuid4().hex}"
        options = {"verbose": False, "pedantic": False, "headers": True, "no_responders": True, **login}
        self.send(f"CONNECT {json.dumps(options)}\r\nSUB {self.inbox} 1\r\nPING\r\n".encode())
        line = self.file.readline()
        assert line == b"PONG\r\n", line

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def request(self, subject, body=b"", headers=None):
        """Publishes and waits for the answer, as JSON; None if nobody listens there."""
        body = body if isinstance(body, bytes) else json.dumps(body).encode()
        head = "NATS/1.0\r\n" + "".join(f"{name}: {value}\r\n" for name, value in (headers or {}).items()) + "\r\n"
        if headers:
            self.send(f"HPUB {subject} {self.inbox} {len(head)} {len(head) + len(body)}\r\n{head}".encode() + body + b"\r\n")
        else:
            self.send(f"PUB {subject} {self.inbox} {len(body)}\r\n".encode() + body + b"\r\n")
        while True:
            words = self.file.readline().split()
            assert words, "the server closed the connection"
            if words[0] == b"PING":
                self.send(b"PONG\r\n")
            elif words[0] in (b"MSG", b"HMSG"):
                answer = self.file.read(int(words[-1]) + 2)[:-2]
                return json.loads(answer) if words[0] == b"MSG" else None
            elif words[0] == b"-ERR":
                raise AssertionError(words)

    def api(self, path, body=b""):
        answer = self.request(f"$JS.API.{path}", body)
        return answer or {"error": {"code": 503}}

    def add_stream(self, name="BUS", subjects=("bus.>",), **more):
        answer = self.api(f"STREAM.CREATE.{name}", {"name": name, "subjects": list(subjects), "storage": "file", **more})
        assert "error" not in answer, answer

    def state(self, name="BUS"):
        """The stream's state; None if it is not there."""
        return self.api(f"STREAM.INFO.{name}").get("state")

    def consumers(self, name="BUS"):
        return self.api(f"CONSUMER.LIST.{name}", {"offset": 0})["consumers"]

    def messages(self, name="BUS"):
        """Every message that the stream keeps: subject, headers, body."""
        state = self.state(name)
        found = []
        for seq in range(state["first_seq"], state["last_seq"] + 1):
            answer = self.api(f"STREAM.MSG.GET.{name}", {"seq": seq})
            if "message" not in answer:
                continue
            message = answer["message"]
            lines = base64.b64decode(message.get("hdrs", "")).decode().split("\r\n")[1:]
            headers = dict(line.split(": ", 1) for line in lines if ": " in line)
            found.append((message["subject"], headers, base64.b64decode(message.get("data", ""))))
        return found
