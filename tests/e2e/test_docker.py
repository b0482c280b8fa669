"""The source docker against a scripted engine: what it tells arrives once, over cuts, gaps and crashes."""

import json
import socket
import threading
import time
from urllib.parse import parse_qs, urlsplit

import pytest

from busproc import until

VERSION = {"Version": "27.0.1", "ApiVersion": "1.46", "MinAPIVersion": "1.24"}


class Engine:
    """Docker's API on a unix socket, as far as the source uses it. It remembers what happened, as the real one does."""

    def __init__(self, path):
        self.path = path
        self.lock = threading.Lock()
        self.history, self.containers, self.requests, self.streams = [], {}, [], []
        self.listener = None
        self.port = 0
        self.last = 0

    # The test's side

    def start(self, tcp=False):
        self.listener = socket.socket(socket.AF_INET if tcp else socket.AF_UNIX, socket.SOCK_STREAM)
        if tcp:
            self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self.listener.bind(("127.0.0.1", self.port))
            self.port = self.listener.getsockname()[1]
        else:
            self.path.unlink(missing_ok=True)
            self.listener.bind(str(self.path))
        self.listener.listen(16)
        threading.Thread(target=self._accept, args=(self.listener,), daemon=True).start()
        return self

    def stop(self, forget=False):
        """The engine is gone; a new one does not know what happened before if `forget`."""
        listener, self.listener = self.listener, None
        if listener is not None:
            listener.shutdown(socket.SHUT_RDWR)
            listener.close()
            self.path.unlink(missing_ok=True)
        self.cut()
        if forget:
            self.history.clear()

    def cut(self):
        with self.lock:
            streams, self.streams = self.streams, []
        for stream in streams:
            stream.shutdown(socket.SHUT_RDWR)

    def message(self, action, number, name=None, **attributes):
        with self.lock:
            self.last = max(self.last + 1, time.time_ns())
            return {"Type": "container", "Action": action, "scope": "local", "time": self.last // 10**9,
                    "timeNano": self.last, "Actor": {"ID": f"{number:064x}", "Attributes": {
                        "image": "redis:7", "name": name or f"c{number}", **attributes}}}

    def tell(self, action, number=1, quiet=False, **attributes):
        """It happens. `quiet`: nobody who listens hears of it, but the history does."""
        message = self.message(action, number, **attributes)
        self.history.append(message)
        status = {"create": "created", "start": "running", "die": "exited"}.get(action)
        if action == "destroy":
            self.containers.pop(number, None)
        elif status:
            self.set(number, status, exit=int(attributes.get("exitCode", 0)))
        if not quiet:
            self.send(json.dumps(message).encode() + b"\n")
        return message

    def set(self, number, status, exit=0):
        was = self.containers.get(number, {}).get("State", {})
        now = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime()) + f".{time.time_ns() % 10**9:09d}Z"
        state = {"Status": status, "ExitCode": exit, "StartedAt": was.get("StartedAt", now), "FinishedAt": now}
        if status == "running":
            state.update(StartedAt=now, FinishedAt="0001-01-01T00:00:00Z")
        self.containers[number] = {"Id": f"{number:064x}", "Name": f"/c{number}", "State": state,
                                   "Config": {"Image": "redis:7", "Labels": {}}}

    def send(self, data):
        """One chunk to everybody who listens."""
        self.send_raw(b"%x\r\n%s\r\n" % (len(data), data))

    def send_raw(self, data):
        with self.lock:
            for stream in self.streams:
                try:
                    stream.sendall(data)
                except OSError:
                    pass

    def listened(self):
        return until(lambda: self.streams, "the source listens")

    # The source's side

    def _accept(self, listener):
        while True:
            try:
                peer, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve_or_leave, args=(peer,), daemon=True).start()

    def _serve_or_leave(self, peer):
        try:
            self._serve(peer)
        except OSError:
            peer.close()  # the source has gone

    def _serve(self, peer):
        request = b""
        while b"\r\n\r\n" not in request:
            part = peer.recv(4096)
            if not part:
                return peer.close()
            request += part
        target = request.split()[1].decode()
        self.requests.append(target)
        path = urlsplit(target).path
        if path.startswith("/v1."):
            assert path.startswith("/v1.46/"), target
            path = path[6:]
        if path == "/events":
            return self._stream(peer, parse_qs(urlsplit(target).query))
        if path == "/version":
            answer = VERSION
        elif path == "/containers/json":
            answer = [{"Id": c["Id"], "State": c["State"]["Status"]} for c in list(self.containers.values())]
        else:
            number = int(path.split("/")[2], 16)
            answer = self.containers.get(number)
        body = json.dumps(answer or {"message": "no such container"}).encode()
        peer.sendall(b"HTTP/1.1 %d X\r\nContent-Length: %d\r\n\r\n%s" % (200 if answer is not None else 404, len(body), body))
        peer.close()

    def _stream(self, peer, query):
        since = query.get("since", ["9999999999.0"])[0].split(".")
        since = int(since[0]) * 10**9 + int(since[1])
        with self.lock:
            peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")
            for message in [m for m in self.history if m["timeNano"] >= since][-256:]:
                data = json.dumps(message).encode()
                peer.sendall(b"%x\r\n%s\r\n" % (len(data), data))
            self.streams.append(peer)


@pytest.fixture
def engine(world):
    made = Engine(world.root / "docker.sock")
    world.env["DOCKER_HOST"] = f"unix://{made.path}"
    yield made
    made.stop()


def source(world, name="docker"):
    return next(one for one in world.json("sources") if one["name"] == name)


def told(world):
    return [event for event in world.events() if event["source"] == "docker"]


def task(world, number=1):
    found = [t for t in world.json("tasks") if t["id"] == f"docker:{number:064x}"]
    return found[0] if found else None


def in_state(world, state, number=1):
    return until(lambda: (t := task(world, number)) and t["state"] == state and t, f"container {number} is {state}")


def test_without_an_engine_it_waits_quietly_and_sees_it_come(world, engine):
    world.serve()
    found = source(world)
    assert found["state"] == "idle" and str(engine.path) in found["reason"], found
    assert world.status()["state"] == "ok"
    engine.start()
    until(lambda: source(world)["state"] == "ok", "it is connected")
    assert "27.0.1" in source(world)["reason"]
    engine.listened()
    engine.tell("start")
    in_state(world, "running")


def test_wait_answers_by_how_the_container_ended(world, engine):
    engine.start()
    world.serve()
    engine.listened()
    waits = [world.watching("wait", f'task.name == "c{number}" && task.state == "finished"', "--json") for number in (1, 2)]
    for number, code in ((1, 0), (2, 3)):
        engine.tell("create", number)
        engine.tell("start", number)
        engine.tell("die", number, exitCode=str(code))
    assert [client.wait() for client in waits] == [0, 1]
    assert task(world, 2)["exit"] == 3 and task(world, 2)["result"] == "failure"


def test_health_can_be_waited_for(world, engine):
    engine.start()
    world.serve()
    engine.listened()
    client = world.watching("wait", 'data.ready == true && data.name == "c1"')
    engine.tell("start")
    engine.tell("health_status: unhealthy")
    engine.tell("health_status: healthy")
    assert client.wait() == 0, client.err
    until(lambda: len(told(world)) == 3, "all are stored")


def test_a_restarted_container_is_a_new_attempt(world, engine):
    engine.start()
    world.serve()
    engine.listened()
    for code in (4, 0):
        engine.tell("start")
        engine.tell("die", exitCode=str(code))
    until(lambda: (t := task(world)) and t["attempt"] == 2 and t["state"] == "finished", "the second attempt has ended")
    assert task(world)["result"] == "success"


def test_in_pieces_slow_and_huge(world, engine):
    engine.start()
    world.serve()
    engine.listened()
    both = b"".join(json.dumps(engine.message(action, 1, exitCode="5")).encode() for action in ("start", "die"))
    for at in range(0, len(both), 7):
        engine.send(both[at:at + 7])
    in_state(world, "finished")
    engine.send(b'{"Type":"container","Action":"start","Actor":{"Attributes":{"label":"')
    for _ in range(50):
        engine.send(b"x" * 65536)
    engine.send(b'"}}}' + json.dumps(engine.message("start", 2)).encode())
    in_state(world, "running", 2)
    assert len(told(world)) == 3


def test_a_cut_in_the_middle_loses_and_doubles_nothing(world, engine):
    engine.start()
    world.serve()
    engine.listened()
    for number in range(1, 40):
        message = json.dumps(engine.tell("start", number, quiet=True)).encode()
        if number % 10 == 3:
            engine.send(message[:number * 3])
            engine.cut()
            until(lambda: engine.streams, "it is back", 60)
        else:
            engine.send(message)
    until(lambda: len({e["key"] for e in told(world) if e.get("key")}) == 39, "all have come")
    keys = [e["key"] for e in told(world) if e.get("key")]
    assert len(keys) == len(set(keys)) == 39


def test_while_the_engine_is_away_its_containers_are_unknown(world, engine):
    engine.start()
    world.serve()
    engine.listened()
    for number in (1, 2, 3):
        engine.tell("start", number)
    in_state(world, "running", 3)
    engine.stop(forget=True)
    for number in (1, 2, 3):
        in_state(world, "unknown", number)
    # Meanwhile one goes on, one ends, and one is removed.
    engine.set(2, "exited", exit=9)
    del engine.containers[3]
    engine.start()
    in_state(world, "running", 1)
    assert in_state(world, "finished", 2)["exit"] == 9
    lost = in_state(world, "finished", 3)
    assert (lost["result"], lost["detail"]) == ("error", "lost")
    assert source(world)["state"] == "ok"


def test_what_happens_while_the_host_is_down_is_told_by_the_next(world, engine):
    engine.start()
    world.serve()
    engine.listened()
    for number in (1, 2):
        engine.tell("start", number)
    in_state(world, "running", 2)
    world.kill()
    engine.cut()
    engine.tell("die", 1, exitCode="3")
    engine.tell("start", 3)
    world.serve()
    assert in_state(world, "finished")["exit"] == 3
    in_state(world, "running", 3)
    keys = [e["key"] for e in told(world) if e.get("key")]
    assert len(keys) == len(set(keys)) == 4


def test_kill_again_and_again_loses_and_doubles_nothing(world, engine):
    engine.start()
    number = 0
    for _ in range(4):
        world.serve()
        engine.listened()
        for number in range(number + 1, number + 30):
            engine.tell("start", number)
        world.kill()
        engine.cut()
    world.serve()
    until(lambda: len([e for e in told(world) if e.get("key")]) == number, "all have come")
    keys = [e["key"] for e in told(world) if e.get("key")]
    assert len(keys) == len(set(keys))


def test_garbage_is_retried_and_said(world, engine):
    engine.start()
    world.serve()
    engine.listened()
    engine.send(b"<html>no engine</html>")
    until(lambda: source(world)["state"] == "retrying" or len(engine.requests) > 3, "it is noticed")
    until(lambda: engine.streams, "it tries again")
    engine.tell("start")
    in_state(world, "running")
    assert world.host.running()


def test_two_engines(world, engine):
    other = Engine(world.root / "podman.sock").start()
    engine.start()
    world.configure(f'[sources.docker]\n[sources.podman]\nplugin = "docker"\nhost = "unix://{other.path}"\n')
    world.serve()
    engine.listened(), other.listened()
    engine.tell("start", 1)
    other.tell("start", 2)
    in_state(world, "running", 1), in_state(world, "running", 2)
    assert source(world, "podman")["state"] == source(world)["state"] == "ok"
    other.stop()


def test_over_tcp_on_loopback(world, engine):
    engine.start(tcp=True)
    world.env["DOCKER_HOST"] = f"tcp://localhost:{engine.port}"
    world.serve()
    engine.listened()
    engine.tell("start")
    in_state(world, "running")
    engine.stop()
    in_state(world, "unknown")
    engine.start(tcp=True)
    in_state(world, "running")


def test_settings_are_checked(world):
    world.configure('[sources.docker]\nhost = "tcp://10.1.2.3:2375"\n')
    world.serve()
    found = source(world)
    assert found["state"] == "failed" and "loopback" in found["reason"], found


def test_types_and_exclude(world, engine):
    world.configure('[sources.docker]\ntypes = ["container"]\nexclude = ["start"]\n')
    engine.start()
    world.serve()
    engine.listened()
    assert any("filters=" in target for target in engine.requests)
    engine.tell("start")
    engine.send(json.dumps({**engine.message("create", 1), "Type": "network"}).encode())
    engine.tell("die", exitCode="0")
    in_state(world, "finished")
    assert [e["data"]["action"] for e in told(world)] == ["die"]
