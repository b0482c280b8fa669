"""The file sink through a real host: each matching event once, in order, also over kill -9."""

import gzip
import json
import stat

from busproc import dice, run_payload, until


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
    try:
        return [json.loads(line) for line in path.read_text().split("\n")[:-1]]
    except FileNotFoundError:
        return []


def sink(world):
    found, = (one for one in world.json("sinks") if one["name"] == "file")
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
    chance = dice()
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
        enough = before + chance.randrange(0, 780)
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
    until(lambda: sorted(one["state"] for one in world.json("sinks") if one["name"] in ("one", "two")) == ["ok", "retrying"], "one of them has to wait")
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


def full_files(path):
    """Those that were rotated away, oldest first: their lines."""
    found = {}
    for file in path.parent.glob(path.name + ".*"):
        if not file.name.endswith(".tmp"):
            found[file.name.removesuffix(".gz")] = gzip.open(file, "rt") if file.suffix == ".gz" else file.open()
    out = []
    for _, text in sorted(found.items(), key=lambda item: item[0].rsplit("-", 1)[1]):
        with text:
            out.append([json.loads(line) for line in text])
    return out


def test_rotation_and_gzip_over_kill_9(world):
    chance = dice()
    path = world.root / "events.ndjson"
    world.configure(f'[sinks.file]\npath = "{path}"\nrotate_size = "16KiB"\ngzip = true\n')
    number = 0

    def full():
        return {file.name.removesuffix(".tmp").removesuffix(".gz") for file in path.parent.glob(path.name + ".2*")}
    for _ in range(4):
        enough = len(full()) + chance.randrange(1, 5)  # 10 more will be full
        world.serve()
        wire = world.wire()
        for _ in range(20):
            wire.send("emit", events=[{"source": "cli", "type": "wanted", "key": str(n), "data": {"text": "x" * 200}}
                                      for n in range(number, number + 20)])
            number += 20
        until(lambda: len(full()) >= enough, "some files are full")
        world.kill()
        wire.close()
    world.serve()
    world.emit("--type", "last")
    until(lambda: lines(path) and lines(path)[-1]["type"] == "last", "the sink has caught up")
    until(lambda: all(file.suffix == ".gz" for file in path.parent.glob(path.name + ".2*")), "all full ones are compressed")
    written = [event for file in full_files(path) for event in file] + lines(path)
    assert written == world.events()


def test_keep_removes_the_oldest(world):
    path = world.root / "events.ndjson"
    world.configure(f'[sinks.file]\npath = "{path}"\nrotate_size = "4KiB"\nkeep = 2\nfsync = "interval"\n')
    world.serve()
    for _ in range(12):
        world.emit("--type", "a", "--data", json.dumps({"text": "x" * 1500}))
    until(lambda: lines(path) and lines(path)[-1]["seq"] == 12, "all are written")
    until(lambda: len(full_files(path)) == 2, "the oldest are removed")
    assert [event["seq"] for file in full_files(path) for event in file] + [event["seq"] for event in lines(path)] == \
        list(range(13 - sum(map(len, full_files(path))) - len(lines(path)), 13))
