"""The sink of Redis Streams through a real host and a real redis-server that is killed now and then."""

import json
import shutil
import socket
import subprocess
from pathlib import Path

import pytest

from busproc import BUS, PATIENCE, conforms, dice, until

PATHS = "/usr/sbin:/usr/bin:/sbin:/bin"
SERVER, CLIENT = shutil.which("redis-server", path=PATHS), shutil.which("redis-cli", path=PATHS)
BUILT = (Path(BUS).resolve().parents[1] / "lib/bus/plugins/redis.so").exists()
pytestmark = [pytest.mark.skipif(SERVER is None or CLIENT is None, reason="there is no redis-server"),
              pytest.mark.skipif(not BUILT, reason="bus was built without libhiredis-dev")]


class Redis:
    """On a unix socket, with a log of every write, made before the answer (`everysec` may put it off on a busy disk)."""

    def __init__(self, root, *args):
        self.folder = root / "redis"
        self.folder.mkdir()
        self.socket = self.folder / "socket"
        self.args, self.process, self.password = list(args), None, None
        self.start()

    @property
    def url(self):
        return f"unix://{self.socket}"

    def start(self):
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen(
                [SERVER, "--port", "0", "--unixsocket", str(self.socket), "--dir", str(self.folder), "--save", "",
                 "--appendonly", "yes", "--appendfsync", "always", *self.args], stdout=log, stderr=log)
        until(lambda: self.process.poll() is None and self.ask("ping", check=False) == "PONG", "the server answers")

    def kill(self):
        """kill -9"""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
        self.process = None

    def ask(self, *words, check=True):
        login = ["-a", self.password, "--no-auth-warning"] if self.password else []
        done = subprocess.run([CLIENT, "-s", str(self.socket), *login, "--json", *map(str, words)], capture_output=True, text=True,
                              timeout=PATIENCE, check=False)
        try:
            return json.loads(done.stdout)
        except ValueError:  # an error is no JSON
            assert not check, done
            return None

    def entries(self, stream="bus"):
        """The fields of every entry, in order."""
        found = self.ask("xrange", stream, "-", "+")
        return [dict(zip(fields[::2], fields[1::2])) for _, fields in found]


@pytest.fixture
def redis(world):
    made = Redis(world.root)
    yield made
    made.kill()


def sink(world):
    return next(one for one in world.json("sinks") if one["name"] == "redis")


def configure(world, redis, more=""):
    world.configure(f'[sinks.redis]\nurl = ["{redis.url}"]\n{more}')


def test_it_keeps_the_contract(redis):
    assert conforms("redis", url=redis.url)["four senders at a time"]["messages"] == []  # every event was taken


def test_what_an_entry_is(world, redis):
    configure(world, redis)
    world.serve()
    world.emit("--type", "note", "--scope", "a", "--data", '{"text": "line\\nbreak"}')
    until(lambda: sink(world)["delivered"] == 1, "it is delivered")
    entry, = redis.entries()
    event, = world.events()
    assert json.loads(entry.pop("event")) == event
    assert entry == {"id": event["id"], "seq": "1", "source": "cli", "type": "note"}


def test_several_streams_and_a_length(world, redis):
    configure(world, redis, 'stream = "bus:{type}"\nmax_length = 100\n')
    world.serve()
    with world.wire() as wire:
        wire.ask("emit", events=[{"source": "cli", "type": "much", "key": str(n)} for n in range(1000)])
        wire.ask("emit", events=[{"source": "cli", "type": "little"}])
    until(lambda: sink(world)["delivered"] == 1001, "all are delivered")
    assert 100 <= redis.ask("xlen", "bus:much") < 400 and redis.ask("xlen", "bus:little") == 1


def test_a_key_of_another_type_and_a_login(world, redis):
    redis.ask("set", "bus:b", "text")
    configure(world, redis, 'stream = "bus:{type}"\n')
    world.serve()
    with world.wire() as wire:
        wire.ask("emit", events=[{"source": "cli", "type": word} for word in ("a", "b", "a")])
    until(lambda: sink(world)["state"] == "waiting" and "WRONGTYPE" in sink(world)["reason"], "it says why")
    redis.ask("del", "bus:b")
    until(lambda: sink(world)["delivered"] == 3, "it goes on")
    assert [entry["seq"] for entry in redis.entries("bus:a")] == ["1", "3"], "what was taken is not sent again"
    world.stop()
    redis.kill()
    redis.args += ["--requirepass", "right"]
    redis.password = "right"
    redis.start()
    configure(world, redis)
    world.serve()
    world.emit("--type", "a")
    until(lambda: "NOAUTH" in sink(world).get("reason", ""), "it needs a login")
    world.stop()
    world.set_secret("right", "redis")
    configure(world, redis, 'password = "redis"\n')
    world.serve()
    until(lambda: sink(world)["delivered"] == 1, "it is let in")


def test_over_tcp_and_the_first_that_answers(world, redis):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        # The port stays ours, and nobody listens on it.
        world.configure(f'[sinks.redis]\nurl = ["redis://127.0.0.1:{port}", "{redis.url}?db=3"]\n')
        world.serve()
        world.emit("--type", "a")
        until(lambda: sink(world)["delivered"] == 1, "the second took it")
    assert redis.ask("-n", "3", "xlen", "bus") == 1
    redis.ask("config", "set", "port", port)
    world.stop()
    world.configure(f'[sinks.redis]\nurl = ["redis://127.0.0.1:{port}"]\n')
    world.serve()
    world.emit("--type", "a")
    until(lambda: sink(world)["delivered"] == 1, "over TCP")


def test_bad_settings_are_told(world):
    for more in ('url = []\n', 'url = ["http://x"]\n', 'url = ["rediss://x"]\n', 'url = ["redis://u:p@x"]\n', 'url = ["redis://x:0"]\n',
                 'stream = "a{b}"\n', 'max_length = -1\n', 'user = "u"\n'):
        world.configure(f"[sinks.redis]\n{more}")
        world.serve()
        assert sink(world)["state"] == "failed", more
        world.stop()


def test_kill_9_of_host_and_server_in_random_order(world, redis):
    chance = dice()
    configure(world, redis)
    world.serve()
    number = 0
    for _ in range(8):
        with world.wire() as wire:
            for _ in range(15):
                wire.ask("emit", events=[{"source": "cli", "type": "wanted", "key": str(n)} for n in range(number, number + 20)])
                number += 20
        if chance.randrange(2):
            redis.kill()
            world.emit("--type", "wanted", "--key", str(number))
            number += 1
            redis.start()
        else:
            world.kill()
            world.serve()
    until(lambda: {entry["seq"] for entry in redis.entries()} == {str(n + 1) for n in range(number)}, "everything is there")
    ids = {event["seq"]: event["id"] for event in world.events()}
    assert all(ids[int(entry["seq"])] == entry["id"] for entry in redis.entries()), "one that is there twice has the same id"
