"""The http sink through a real host, against a server that fails in every way."""

import json
import signal
import subprocess
import sys
import time
from datetime import datetime, timezone
from pathlib import Path

import pytest

from busproc import dice, until

PEER = Path(__file__).parent / "http_peer.py"
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


class Peer:
    """The server, and what it was sent."""

    def __init__(self, world):
        self.file, self.port, self.process = world.root / "requests.ndjson", 0, None

    def start(self, *plan, share=0, seed=1):
        self.process = subprocess.Popen([sys.executable, PEER, str(self.port), self.file, str(seed), str(share), *plan],
                                        stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline())
        return self

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.process.stdout.close()
        self.process = None

    def requests(self):
        return [json.loads(line) for line in self.file.read_text().split("\n")[:-1]] if self.file.exists() else []

    def configure(self, world, more="", private="allow_private = true"):
        world.configure(f'[sinks.http]\nurl = "http://127.0.0.1:{self.port}/in"\n{private}\n{more}\n')


@pytest.fixture
def peer(world):
    made = Peer(world)
    yield made
    if made.process:
        made.kill()


def sink(world):
    found, = (one for one in world.json("sinks") if one["name"] == "http")
    return found


def test_structured_events_arrive_in_order(world, peer):
    peer.start().configure(world, 'predicate = \'type != "other"\'\nheaders = ["X-Team: build"]')
    world.serve()
    for word in ("a", "other", "b"):
        world.emit("--type", word, "--data", '{"text": "größe"}')
    until(lambda: len(peer.requests()) == 2, "both have arrived")
    until(lambda: sink(world)["delivered"] == 2, "and are answered for")
    first = peer.requests()[0]
    assert (first["method"], first["path"]) == ("POST", "/in")
    assert first["headers"]["content-type"] == "application/cloudevents+json"
    assert first["headers"]["x-team"] == "build" and "webhook-id" not in first["headers"]
    bodies = [json.loads(request["body"]) for request in peer.requests()]
    assert [body["type"] for body in bodies] == ["dev.bus.cli.a", "dev.bus.cli.b"]
    assert [body["id"] for body in bodies] == [event["id"] for event in world.events() if event["type"] != "other"]
    assert bodies[0]["data"] == {"text": "größe"}
    assert sink(world)["state"] == "ok"


def test_native_and_batch(world, peer):
    peer.start()
    world.configure("".join(
        f'[sinks.{form}]\nplugin = "http"\nformat = "{form}"\nallow_hosts = ["127.0.0.0/8"]\n'
        f'url = "http://127.0.0.1:{peer.port}/{form}"\n' for form in ("native", "batch", "binary")))
    world.serve()
    world.emit("--type", "a", "--data", '{"n": 1}')
    world.emit("--type", "b")

    def of(form):
        return [request for request in peer.requests() if request["path"] == f"/{form}"]
    until(lambda: len(of("native")) == 2 and len(of("binary")) == 2, "all have arrived")
    until(lambda: sum(len(json.loads(request["body"])) for request in of("batch")) == 2, "the batch, too")
    assert [json.loads(request["body"]) for request in of("native")] == world.events()
    assert of("binary")[0]["headers"]["ce-type"] == "dev.bus.cli.a" and of("binary")[0]["body"] == '{"n": 1}'
    assert of("binary")[1]["body"] == ""


def test_retry_after_is_honoured(world, peer):
    peer.start("503:2").configure(world)
    world.serve()
    world.emit("--type", "a")
    until(lambda: len(peer.requests()) == 2, "it came again")
    first, second = peer.requests()
    assert second["at"] - first["at"] >= 1.9
    assert json.loads(first["body"])["id"] == json.loads(second["body"])["id"]
    until(lambda: sink(world)["state"] == "ok", "all is well again")


def test_410_disables_it_and_says_so(world, peer):
    peer.start("200", "410").configure(world)
    world.serve()
    world.emit("--type", "a")
    until(lambda: sink(world)["delivered"] == 1, "the first is taken")
    world.emit("--type", "b")
    until(lambda: sink(world)["state"] == "failed", "it has given up")
    world.emit("--type", "c")
    status = world.run("status", status=1)
    assert "410 Gone" in status.out and "Name another url" in status.out
    assert len(peer.requests()) == 2
    world.run("sinks", "resume", "nobody", status=66)
    world.kill()
    world.serve()  # it has not forgotten
    until(lambda: sink(world)["state"] == "failed", "it does not ask again")
    assert "bus sinks resume http" in sink(world)["reason"] and sink(world)["lag"] == 2
    world.emit("--type", "d")
    assert len(peer.requests()) == 2
    world.run("sinks", "resume", "http")
    until(lambda: sink(world)["delivered"] == 3, "what was not taken has arrived")
    assert [json.loads(request["body"])["type"][-1] for request in peer.requests()] == ["a", "b", "b", "c", "d"]
    assert sink(world)["state"] == "ok"
    refused = world.run("sinks", "resume", "http", status=None)
    assert refused.returncode != 0 and "waits for nothing" in refused.err
    world.stop()
    world.serve()
    until(lambda: sink(world)["state"] == "ok", "it has forgotten now")


def test_a_long_pause_can_be_cut_short(world, peer):
    peer.start("429:80000").configure(world)
    world.serve()
    world.emit("--type", "a")
    until(lambda: sink(world).get("next_attempt"), "it waits for most of a day")
    waits = datetime.fromisoformat(sink(world)["next_attempt"].replace("Z", "+00:00")) - datetime.now(timezone.utc)
    assert waits.total_seconds() > 70_000
    world.run("sinks", "resume", "http")
    until(lambda: sink(world)["delivered"] == 1, "it came again at once")


def test_410_is_of_one_url(world, peer):
    peer.start("410").configure(world)
    world.serve()
    world.emit("--type", "a")
    until(lambda: sink(world)["state"] == "failed", "it has given up")
    world.stop()
    world.configure(f'[sinks.http]\nurl = "http://127.0.0.1:{peer.port}/new"\nallow_private = true\n')
    world.serve()
    until(lambda: sink(world)["delivered"] == 1, "another receiver is asked")
    assert [request["path"] for request in peer.requests()] == ["/in", "/new"]


def test_other_refusals_are_passed_over_and_logged(world, peer):
    peer.start("200", "422", "200").configure(world)
    world.serve()
    for word in "abc":
        world.emit("--type", word)
    until(lambda: sink(world)["delivered"] == 2, "the others are taken")
    assert sink(world)["dead_letters"] == 1
    assert [request["mood"] for request in peer.requests()] == ["200", "422", "200"]


def test_redirects_are_not_followed(world, peer):
    peer.start("307:to=http://127.0.0.1:1/").configure(world)
    world.serve()
    world.emit("--type", "a")
    until(lambda: "307" in (sink(world).get("reason") or "") or len(peer.requests()) > 1,
          "it says so")
    until(lambda: sink(world)["delivered"] == 1, "it has tried the same url again")
    assert {request["path"] for request in peer.requests()} == {"/in"}


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.1", "2130706433", "[::ffff:127.0.0.1]", "169.254.169.254"])
def test_private_addresses_are_refused(world, peer, host):
    peer.start()
    world.configure(f'[sinks.http]\nurl = "http://{host}:{peer.port}/"\n')
    world.serve()
    world.emit("--type", "a")
    until(lambda: sink(world)["state"] == "waiting", "it says that it may not")
    assert "no address of the internet" in sink(world)["reason"] and "allow_private" in sink(world)["reason"]
    assert peer.requests() == []


def test_signed_and_with_a_token(world, peer):
    peer.start().configure(world, 'signature = "standard"\nsigning_secret = "mine"\nauthentication = "bearer"')
    world.serve()
    world.emit("--type", "a")
    until(lambda: sink(world)["state"] == "waiting", "it has no token yet")
    world.set_secret("t0ken", "http_token")
    world.set_secret(SECRET, "mine")
    until(lambda: peer.requests(), "it has noticed")
    headers = peer.requests()[0]["headers"]
    assert headers["authorization"] == "Bearer t0ken"
    assert headers["webhook-id"] == world.events()[0]["id"]
    assert abs(int(headers["webhook-timestamp"]) - time.time()) < 600
    assert headers["webhook-signature"].startswith("v1,")
    for secret in ("t0ken", SECRET):
        assert secret not in world.host.err and secret not in json.dumps(world.status())


def test_kill_9_of_both_in_any_order(world, peer):
    """Nothing is lost, and what comes twice has the same id."""
    chance = dice()
    peer.start(share=12, seed=chance.randrange(1 << 30))
    peer.configure(world, 'timeout = "1s"\nparallel = 3')
    number = 0
    world.serve()
    for _ in range(6):
        enough = len(peer.requests()) + chance.randrange(0, 25)  # 25 more will come
        with world.wire() as wire:
            wire.ask("emit", events=[{"source": "cli", "type": "wanted", "key": str(n), "data": {"n": n}}
                                     for n in range(number, number + 25)])
        number += 25
        until(lambda: len(peer.requests()) >= enough, "some have arrived")
        if chance.randrange(2):
            world.kill()
            world.serve()
        else:
            peer.kill()
            peer.start(share=12, seed=chance.randrange(1 << 30))
    peer.kill()
    peer.start()
    stored = {event["data"]["n"]: event["id"] for event in world.events()}
    assert len(stored) == number

    def arrived():
        return {json.loads(request["body"])["data"]["n"] for request in peer.requests()}
    until(lambda: len(arrived()) == number, "every event has arrived")
    until(lambda: sink(world)["cursor"] == number, "every event is answered for")
    for request in peer.requests():
        body = json.loads(request["body"])
        assert body["id"] == stored[body["data"]["n"]]
    assert {request["mood"] for request in peer.requests()} != {"200"}
