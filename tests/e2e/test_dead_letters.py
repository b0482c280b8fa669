"""Events that a sink will not take: kept, shown, tried again; over kill -9, too."""

import json
import os
import shutil
import sqlite3
from pathlib import Path

import pytest

from busproc import until

PLUGINS = Path(os.environ.get("BUS_TEST_PLUGINS", "nowhere"))


@pytest.fixture
def refusing(world):
    """A host with a sink that refuses events with the key "bad" (or what `trouble` says)."""
    folder = world.root / "plugins"
    folder.mkdir(mode=0o755)
    (world.root / "written").mkdir()  # it runs in a process of its own, which may write there
    library = folder / "cpp_sink.so"
    shutil.copyfile(PLUGINS / "cpp_sink.so", library)
    library.chmod(0o755)
    world.configure("")
    world.run("plugins", "trust", library, "--yes")

    def start(trouble, more=""):
        world.configure(f'[plugins]\ndirectories = ["{folder}"]\n[store]\nkeep_dead_letters = 5\n[sinks.out]\n'
                        f'plugin = "cpp_sink"\npath = "{world.root}/written/out"\ntrouble = "{trouble}"\n{more}')
        world.serve()
        return world
    return start


def sink(world):
    found, = world.json("sinks")
    return found


def caught_up(world):
    until(lambda: sink(world)["lag"] == 0, "the sink has looked at everything")


def test_refused_shown_and_delivered_after_all(refusing):
    world = refusing("invalid")
    for key in ("a", "bad", "c"):
        world.emit("--type", "note", "--key", key, "--data", '{"text": "x"}')
    caught_up(world)
    found = sink(world)
    assert found["dead_letters"] == 1 and found["failures"] == 1 and found["delivered"] == 2
    assert found["last_error"] == "never" and "next_attempt" not in found
    letter, = world.json("dead", "list", "--sink", "out")
    assert (letter["seq"], letter["code"], letter["attempts"]) == (2, "invalid", 1)
    assert "data" not in letter["event"]
    shown = json.loads(world.run("dead", "show", letter["id"], "--json").out)
    assert shown["event"] == world.events()[1]
    assert "bus dead list --sink out" in world.run("sinks").out
    metrics = world.request("GET", "/metrics").body.decode()
    for series in ("bus_sink_attempts_total", "bus_sink_failures_total", "bus_sink_dead_letters_total"):
        assert f'{series}{{sink="out"}}' in metrics

    refused, = world.json("dead", "retry", letter["id"], status=1)
    assert refused["ok"] is False and refused["error"]["message"] == "never"
    world.kill()
    world = refusing("none")
    kept, = world.json("dead", "list")
    assert kept["attempts"] == 2
    assert world.json("dead", "retry", "--all") == [{"id": letter["id"], "ok": True}]
    assert world.json("dead", "list") == []
    assert (world.root / "written" / "out").read_text().splitlines()[-1] == "2 bad out of turn"
    world.run("dead", "show", letter["id"], status=66)


def test_outlives_retention(refusing):
    world = refusing("invalid")
    world.emit("--type", "note", "--key", "bad", "--data", '{"text": "x"}')
    event, = world.events()
    world.emit("--type", "note")
    caught_up(world)
    world.stop()  # saves the sink's place
    world = refusing("none")
    world.run("db", "prune", "--keep-events", 1)
    assert len(world.events()) == 1
    assert json.loads(world.run("dead", "show", 1, "--json").out)["event"] == event
    world.run("dead", "retry", 1)


def test_gives_up_after_its_attempts(refusing):
    world = refusing("stuck", "retry_max_attempts = 2\n")
    for key in ("stuck", "after"):
        world.emit("--type", "note", "--key", key)
    caught_up(world)
    letter, = world.json("dead", "list")
    assert letter["code"] == "unavailable" and letter["attempts"] == 2


def test_waits_visibly_without_such_a_bound(refusing):
    world = refusing("stuck")
    world.emit("--type", "note", "--key", "stuck")
    until(lambda: sink(world).get("next_attempt"), "it waits for its next attempt")
    found = sink(world)
    assert found["state"] == "retrying" and found["lag"] == 1 and found["lag_seconds"] >= 0
    assert world.json("dead", "list") == []


def test_the_oldest_make_room_and_dropping(refusing):
    world = refusing("invalid")
    for n in range(7):
        world.emit("--source", f"s{n}", "--type", "note", "--key", "bad")
    caught_up(world)
    assert [letter["id"] for letter in world.json("dead", "list")] == [3, 4, 5, 6, 7]
    world.run("dead", "drop", 3, 4)
    missing, gone = world.json("dead", "drop", 4, 5, status=1)
    assert missing["error"]["code"] == "not_found" and gone["ok"]
    assert len(world.json("dead", "drop", "--all", "--sink", "out")) == 2
    for wrong in ((), ("x",), ("1", "--all"), ("1", "--sink", "out")):
        world.run("dead", "drop", *wrong, status=2)


def test_a_sink_that_is_gone(refusing):
    world = refusing("invalid")
    world.emit("--type", "note", "--key", "bad")
    caught_up(world)
    world.stop()
    world.configure("")
    world.serve()
    refused, = world.json("dead", "retry", 1, status=1)
    assert refused["error"]["code"] == "not_found"
    world.run("dead", "drop", 1)


def test_none_is_lost_or_doubled_by_kill_9(refusing):
    expected = set()
    for turn in range(4):
        world = refusing("invalid")
        wire = world.wire()
        for n in range(20):
            name = f"s{turn}_{n}"
            expected.add(name)
            wire.ask("emit", event={"source": name, "type": "note", "key": "bad" if n == 10 else str(n)})
        world.kill()
        wire.close()
    world = refusing("invalid")
    caught_up(world)
    dead = [letter["event"]["source"] for letter in world.json("dead", "list")]
    assert sorted(dead) == [f"s{turn}_10" for turn in range(4)]
    assert {event["source"] for event in world.events()} == expected


def test_a_store_from_before_there_were_any(refusing):
    world = refusing("none")
    world.emit("--type", "note")
    caught_up(world)
    world.stop()
    with sqlite3.connect(world.state / "bus.db") as store:
        version, = store.execute("PRAGMA user_version").fetchone()
        store.execute("DROP TABLE dead_letters")
        store.execute(f"PRAGMA user_version={version - 1}")
    store.close()
    world = refusing("invalid")
    world.emit("--type", "note", "--key", "bad")
    caught_up(world)
    assert [letter["seq"] for letter in world.json("dead", "list")] == [2]
