"""The file sink through a real host: each matching event once, in order, also over kill -9."""

import json
import random
import stat

from busproc import run_payload, until


def configure(world, predicate=None, fsync=None):
    path = world.root / "events.ndjson"
    toml = f'[sinks.file]\npath = "{path}"\n'
    if predicate:
        toml += f"predicate = '{predicate}'\n"
    if fsync:
        toml += f'fsync = "{fsync}"\n'
    world.configure(toml)
    return path


def lines(path):
    """The whole lines of the file."""
    return [json.loads(line) for line in path.read_text().split("\n")[:-1]] if path.exists() else []


def sink(world):
    found, = world.json("sinks")
    return found


def test_every_event_with_its_data(world):
    path = configure(world)
    world.set_secret()
    world.serve()
    world.deliver(run_payload(run=1))
    world.emit("--type", "note", "--data", '{"text": "line\\nbreak \\u001b[31m 🚀"}')
    until(lambda: len(lines(path)) == 2, "both are there")
    assert lines(path) == world.events()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert sink(world)["state"] == "ok" and sink(world)["delivered"] == 2


def test_predicate(world):
    path = configure(world, 'task.result == "failure" || type == "wanted"')
    world.set_secret()
    world.serve()
    for word in ("other", "wanted", "other"):
        world.emit("--type", word)
    for run, conclusion in ((1, "success"), (2, "failure")):
        world.deliver(run_payload(run=run, conclusion=conclusion))
    world.emit("--type", "wanted")
    until(lambda: len(lines(path)) == 3, "the last is there")
    assert [event["seq"] for event in lines(path)] == [2, 5, 6]


def test_goes_on_where_it_was(world):
    path = configure(world)
    world.serve()
    world.emit("--type", "a")
    until(lambda: len(lines(path)) == 1, "the first")
    world.stop()
    world.serve()
    world.emit("--type", "a")
    until(lambda: len(lines(path)) == 2, "the second")
    assert [event["seq"] for event in lines(path)] == [1, 2]


def test_kill_9_under_load_five_rounds(world):
    seed = random.randrange(1 << 30)
    print("seed", seed)
    dice = random.Random(seed)
    path = configure(world, 'type == "wanted"')
    number = 0
    for _ in range(5):
        world.serve()
        before = len(lines(path))
        wire = world.wire()
        for _ in range(60):
            wire.send("emit", events=[{"source": "cli", "type": "wanted" if n % 3 else "other", "key": str(n),
                                       "data": {"n": n}} for n in range(number, number + 20)])
            number += 20
        # It will write 800 more; it does not come to that.
        enough = before + dice.randrange(0, 780)
        until(lambda: len(lines(path)) >= enough, "the sink has written some")
        world.kill()
        wire.close()
    world.serve()
    expected = world.events('type == "wanted"')
    until(lambda: len(lines(path)) >= len(expected), "the sink has caught up")
    world.stop()
    assert lines(path) == expected
    assert path.read_bytes().endswith(b"}\n")


def test_two_sinks_of_one_file_do_not_mix(world):
    path = world.root / "events.ndjson"
    world.configure(f'[sinks.one]\nplugin = "file"\npath = "{path}"\n[sinks.two]\nplugin = "file"\npath = "{path}"\n')
    world.serve()
    world.emit("--type", "a")
    until(lambda: sorted(one["state"] for one in world.json("sinks")) == ["ok", "retrying"], "one of them has to wait")
    status = world.run("status", status=1)
    assert "in use by another sink" in status.out
    until(lambda: len(lines(path)) == 1, "the other works")


def test_folder_that_is_not_there_yet(world):
    path = world.root / "later" / "events.ndjson"
    world.configure(f'[sinks.file]\npath = "{path}"\n')
    world.serve()
    world.emit("--type", "a")
    until(lambda: world.status()["state"] == "degraded", "the host says that it cannot")
    path.parent.mkdir()
    until(lambda: len(lines(path)) == 1, "it has tried again")
    until(lambda: world.status()["state"] == "ok", "all is well again")


def test_bad_settings_are_told(world):
    for toml in ('[sinks.file]\n', '[sinks.file]\npath = 3\n', '[sinks.file]\npath = "/x/y"\nfsnc = "off"\n',
                 '[sinks.file]\npath = "/x/y"\nfsync = "sometimes"\n', '[sinks.file]\npath = "/x/y"\npredicate = "type =="\n',
                 '[sinks.nosuch]\n'):
        world.configure(toml)
        world.serve()
        status = world.status()
        assert status["state"] == "degraded" and status["reasons"], (toml, status)
        world.stop()
