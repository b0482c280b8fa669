"""A private `bus`: its folders, its host, its clients. Every wait has a deadline; nothing sleeps for luck."""

import ctypes
import hashlib
import hmac
import http.client
import json
import os
import random
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import threading
import time
import uuid
from pathlib import Path

BUS = os.environ.get("BUS_BIN", "bus")
PATIENCE = 120.0  # seconds for anything that has to happen; a bound, never a measure
SECRET = "it-is-only-a-test"
PR_SET_CHILD_SUBREAPER = 36


def until(condition, what, seconds=PATIENCE):
    """Asks again and again until the answer is true; returns it."""
    deadline = time.monotonic() + seconds
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"in {seconds:.0f} s it did not happen: {what}")
        time.sleep(0.01)


def dice():
    """For tests that choose at random; what they print runs them again in the same way."""
    seed = int(os.environ.get("BUS_E2E_SEED") or random.randrange(1 << 30))
    print(f"BUS_E2E_SEED={seed}")
    return random.Random(seed)


def adopt_orphans():
    """From here on processes that our children leave behind become ours, so that their exit can be seen."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def wait_pid(pid, seconds=PATIENCE):
    """The exit status of a process that became ours, as Popen says it."""
    deadline = time.monotonic() + seconds
    while True:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        assert time.monotonic() < deadline, f"process {pid} did not end"
        time.sleep(0.01)


def processes_with(mark):
    """The processes whose environment holds `mark`: {pid: argv}. Zombies have no environment and do not count."""
    found = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            if mark.encode() in (entry / "environ").read_bytes():
                found[int(entry.name)] = (entry / "cmdline").read_bytes().decode(errors="replace").split("\0")[:-1]
        except OSError:
            pass
    return found


def conforms(plugin, *skipped, **settings):
    """bus-plugin-check finds nothing wrong with a plugin of the tree, and leaves out these checks only. Returns all by name."""
    root = Path(BUS).resolve().parents[1]
    done = subprocess.run([root / "bin/bus-plugin-check", root / f"lib/bus/plugins/{plugin}.so", "--json",
                           *(word for name, value in settings.items() for word in ("--set", f"{name}={value}"))],
                          capture_output=True, text=True, timeout=600, check=False)
    checks = {check["name"]: check for check in json.loads(done.stdout)["checks"]}
    wrong = [check for check in checks.values() if check["verdict"] == "failed"]
    left_out = {check["name"] for check in checks.values() if check["verdict"] == "skipped"}
    assert not wrong and left_out == {"sample configuration", *skipped}, (wrong, left_out, checks)
    return checks


def sign(body, secret=SECRET):
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def run_payload(run=98, status="completed", conclusion="success", attempt=1, repo="octo/hello", **more):
    """A delivery of workflow_run, with what normalizing looks at."""
    body = {
        "action": "completed" if status == "completed" else "in_progress",
        "workflow_run": {
            "id": run, "name": "CI", "run_attempt": attempt, "run_number": 42, "status": status,
            "conclusion": conclusion, "head_branch": "main", "head_sha": "c9a1f2e" + "0" * 33,
            "html_url": f"https://github.example/{repo}/actions/runs/{run}", "event": "push",
            "run_started_at": "2026-11-20T08:00:00Z", "updated_at": "2026-11-20T08:05:00Z",
            "created_at": "2026-11-20T08:00:00Z"},
        "repository": {"full_name": repo, "name": repo.split("/")[1], "owner": {"login": repo.split("/")[0]}},
        "sender": {"login": "octocat"}}
    body.update(more)
    return json.dumps(body).encode()


class Answer:
    def __init__(self, status, body, headers):
        self.status, self.body, self.headers = status, body, headers

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def code(self):
        return self.json["error"]["code"]

    def __repr__(self):
        return f"<{self.status} {self.body[:300]!r}>"


class Wire:
    """Protocol 2 of the socket, written from core/wire/PROTOCOL.md alone."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(PATIENCE)
        try:
            self.socket.connect(str(path))
        except OSError:
            self.socket.close()
            raise
        self.ids = 0
        self.aside = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def send(self, op, **members):
        self.ids += 1
        self.send_text(json.dumps({"proto": 2, "id": self.ids, "op": op, **members}).encode())
        return self.ids

    def send_text(self, text):
        self.socket.sendall(struct.pack(">I", len(text)) + text)

    def _exactly(self, count):
        parts = []
        while count:
            part = self.socket.recv(min(count, 1 << 20))
            if not part:
                raise ConnectionError("the host closed the connection")
            parts.append(part)
            count -= len(part)
        return b"".join(parts)

    def next(self):
        """The next frame, also one that was put aside."""
        return self.aside.pop(0) if self.aside else self._read()

    def _read(self):
        size, = struct.unpack(">I", self._exactly(4))
        return json.loads(self._exactly(size))

    def answer(self, number):
        for at, frame in enumerate(self.aside):
            if frame.get("id") == number:
                return self.aside.pop(at)
        while True:
            frame = self._read()
            if frame.get("id") == number:
                return frame
            self.aside.append(frame)

    def ask(self, op, **members):
        frame = self.answer(self.send(op, **members))
        assert "error" not in frame, frame
        return frame["result"]

    def refused(self, op, **members):
        frame = self.answer(self.send(op, **members))
        assert "error" in frame, frame
        return frame["error"]


class Client:
    """A `bus` process that runs. stdout and stderr are gathered while it does."""

    def __init__(self, args, env, stdin=subprocess.DEVNULL, **more):
        self.process = subprocess.Popen([BUS, *args], env=env, stdin=stdin, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, start_new_session=True, **more)
        self.pid = self.process.pid
        self.streams = {"out": b"", "err": b""}
        self.readers = [threading.Thread(target=self._read, args=(name, pipe), daemon=True)
                        for name, pipe in (("out", self.process.stdout), ("err", self.process.stderr))]
        for reader in self.readers:
            reader.start()

    def _read(self, name, pipe):
        while part := pipe.read1(1 << 16):
            self.streams[name] += part
        pipe.close()

    @property
    def out(self):
        return self.streams["out"].decode(errors="surrogateescape")

    @property
    def err(self):
        return self.streams["err"].decode(errors="surrogateescape")

    def lines(self):
        """The whole lines so far, as JSON."""
        return [json.loads(line) for line in self.out.split("\n")[:-1]]

    def running(self):
        return self.process.poll() is None

    def asleep(self):
        """Its main thread waits. (What it was sent before wakes it at once, so it has read that.)"""
        return Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()[0] == "S"

    def signal(self, number):
        self.process.send_signal(number)

    def wait(self, seconds=PATIENCE):
        try:
            status = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"still running: {self.process.args}\n{self.out}\n{self.err}") from None
        for reader in self.readers:
            reader.join(seconds)
        return status

    def end(self):
        if self.running():
            os.killpg(self.pid, signal.SIGKILL)
            self.process.wait(PATIENCE)


class World:
    """Three private folders and whatever runs in them."""

    def __init__(self):
        self.root = Path(tempfile.mkdtemp(prefix="bus", dir="/tmp"))
        self.config, self.state, self.runtime = (self.root / name for name in ("config", "state", "run"))
        self.mark = f"BUS_E2E_MARK={uuid.uuid4()}"
        self.host = None
        self.clients = []
        self.env = {name: value for name, value in os.environ.items() if not name.startswith("BUS_")}
        self.env.update(BUS_CONFIG_DIR=str(self.config), BUS_STATE_DIR=str(self.state),
                        BUS_RUNTIME_DIR=str(self.runtime), BUS_LISTEN="127.0.0.1:0", HOME=str(self.root),
                        NO_COLOR="1", DOCKER_HOST=f"unix://{self.root}/docker.sock", BUS_E2E_MARK=self.mark.split("=")[1])
        self.env.pop("CREDENTIALS_DIRECTORY", None)

    # Programs

    def start(self, *args, env=None, **more):
        """A `bus` in the background; ended with the test."""
        client = Client([str(arg) for arg in args], {**self.env, **(env or {})}, **more)
        self.clients.append(client)
        return client

    def run(self, *args, input=None, env=None, status=0, seconds=PATIENCE, **more):
        """A `bus` in the foreground; its status must be `status` (None: any)."""
        done = subprocess.run([BUS, *map(str, args)], env={**self.env, **(env or {})}, timeout=seconds,
                              input=input.encode() if isinstance(input, str) else input,
                              stdin=subprocess.DEVNULL if input is None else None,
                              capture_output=True, check=False, **more)
        done.out = done.stdout.decode(errors="surrogateescape")
        done.err = done.stderr.decode(errors="surrogateescape")
        assert status is None or done.returncode == status, (args, done.returncode, done.out, done.err)
        return done

    def json(self, *args, **more):
        """The lines of a `bus … --json`."""
        return [json.loads(line) for line in self.run(*args, "--json", **more).out.splitlines()]

    # The host

    def configure(self, toml):
        self.config.mkdir(mode=0o700, exist_ok=True)
        (self.config / "config.toml").write_text(toml)

    def serve(self, *args, env=None, **more):
        """Starts a host and waits until it answers."""
        self.host = self.start("serve", *args, env=env, **more)
        until(lambda: not self.host.running() or self.answers(), "the host answers")
        assert self.host.running(), (self.host.wait(), self.host.err)
        self.port = self.status()["http"].get("port")
        return self.host

    def reachable(self):
        try:
            self.wire().close()
            return True
        except OSError:
            return False

    def answers(self):
        """Our host does: a program that one was starting when it was killed may hold its socket for a moment."""
        try:
            with self.wire() as wire:
                return wire.ask("hello")["pid"] == self.host.pid
        except OSError:
            return False

    def wire(self):
        return Wire(self.runtime / "bus.sock")

    def status(self):
        """What `bus status --json` says, degraded or not."""
        done = self.run("status", "--json", "--no-autostart", status=None)
        assert done.returncode in (0, 1), (done.returncode, done.err)
        return json.loads(done.out)

    def stop(self):
        """SIGTERM to the host; it must end well."""
        host, self.host = self.host, None
        host.signal(signal.SIGTERM)
        status = host.wait()
        assert status == 0, (status, host.err)

    def kill(self):
        """kill -9 to the host."""
        host, self.host = self.host, None
        host.signal(signal.SIGKILL)
        assert host.wait() == -signal.SIGKILL

    def set_secret(self, value=SECRET, name="github", *args):
        return self.run("secret", "set", name, *args, input=value + "\n")

    def readers(self):
        with self.wire() as wire:
            return wire.ask("status")["readers"]

    def watching(self, *args, **more):
        """Starts a client that subscribes, and returns when the host has confirmed that, and the client has read it."""
        before = self.readers()
        client = self.start(*args, **more)
        until(lambda: not client.running() or self.readers() > before, f"{args} watches")
        until(lambda: not client.running() or client.asleep(), f"{args} has nothing to do")
        assert client.running(), (client.wait(), client.err)
        return client

    # Deliveries

    def http(self):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)

    def request(self, method, path, body=None, headers=None, connection=None):
        own = connection is None
        connection = connection or self.http()
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return Answer(answer.status, answer.read(), answer.headers)
        finally:
            if own:
                connection.close()

    def deliver(self, body, event="workflow_run", delivery=None, signature=None, headers=None, secret=SECRET, **more):
        """POST /webhook as GitHub does it. signature "" sends none."""
        signature = sign(body, secret) if signature is None else signature
        all_headers = {"Content-Type": "application/json", "X-GitHub-Event": event,
                       "X-GitHub-Delivery": delivery or str(uuid.uuid4())}
        if signature:
            all_headers["X-Hub-Signature-256"] = signature
        all_headers.update(headers or {})
        return self.request("POST", "/webhook", body, all_headers, **more)

    # The log

    def events(self, *args):
        """Every stored event, oldest first, but for those of the runs of `bus on`: own_events()."""
        return [event for event in self.json("events", "list", "--all", *args) if event["source"] != "on"]

    def own_events(self):
        """What the runs of `bus on` have reported, oldest first."""
        return [event for event in self.json("events", "list", "--all") if event["source"] == "on"]

    def emit(self, *args, **more):
        """Emits one event; its receipt."""
        return json.loads(self.run("emit", *args, "--json", **more).out)

    def close(self):
        """Ends what still runs here; a host that still runs must end well."""
        try:
            if self.host is not None and self.host.running():
                self.stop()
        finally:
            for client in self.clients:
                client.end()
            self._end_started_host()
            print(self._logs())
            shutil.rmtree(self.root, ignore_errors=True)

    def _end_started_host(self):
        """A host that a client has started: it is known by our mark."""
        for pid in processes_with(self.mark):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass

    def _logs(self):
        parts = [f"--- {' '.join(map(str, c.process.args[1:4]))}\n{c.out[-2000:]}{c.err[-4000:]}" for c in self.clients
                 if c.out or c.err]
        log = self.state / "host.log"
        if log.is_file():
            parts.append(f"--- host.log\n{log.read_text(errors='replace')[-4000:]}")
        return "\n".join(parts)
