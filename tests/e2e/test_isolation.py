"""Plugins in processes of their own, through a real host: what they do to themselves, what is done to them, and that the
plugins of the tree work there as they do in the host."""

import hashlib
import json
import os
import shutil
import signal
import threading
import time
from pathlib import Path

import pytest

import busproc
from busproc import until

BUILT = Path(shutil.which(busproc.BUS) or busproc.BUS).resolve().parent.parent / "lib" / "bus" / "test-plugins"


@pytest.fixture
def bad(world):
    """A host with the bad source in a folder of the user's own: nothing says that it is to be isolated."""
    folder = world.root / "plugins"
    folder.mkdir(mode=0o755)
    pins = []
    for name in ("bad_source", "bad_at_load"):
        path = folder / f"{name}.so"
        shutil.copy(BUILT / f"{name}.so", path)
        path.chmod(0o644)
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        pins.append({"name": name, "path": str(path), "version": "1.0", "sha256": digest, "since": "2026-01-01T00:00:00Z"})
    world.configure(f'[plugins]\ndirectories = ["{folder}"]\n[sources.bad_source]\ncall_timeout = "5s"\n'
                    "[sources.bad_at_load]\n")
    # By hand: `bus plugins trust` does not take what dies while it is looked at.
    trusted = world.config / "trust.json"
    trusted.write_text(json.dumps({"plugins": pins}))
    trusted.chmod(0o600)
    return world


def plugin(world, name="bad_source"):
    found, = (one for one in world.json("plugins", "list") if one["name"] == name)
    return found


def tell(world, **message):
    """A message to its intake; the answer, or the code of the error."""
    with world.wire() as wire:
        number = wire.send("deliver", source="bad_source", message=message)
        while True:
            frame = wire.next()
            if frame.get("id") == number:
                return frame.get("result") or frame["error"]["code"]


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_others_plugins_are_isolated(bad):
    bad.serve()
    shown = plugin(bad)
    assert (shown["state"], shown["isolation"], shown["restarts"]) == ("ok", "process", 0)
    assert "seccomp" in shown["sandbox"]
    assert Path(f"/proc/{shown['pid']}/cmdline").read_text() == "bus\0plugin-host\0"
    assert plugin(bad, "fs")["isolation"] == "host"
    assert tell(bad, key="a")["events"]
    assert "[own process]" in bad.run("plugins", "list").out
    crashed = plugin(bad, "bad_at_load")
    assert crashed["state"] == "failed" and "SIGSEGV" in crashed["reason"], crashed
    bad.stop()
    until(lambda: not alive(shown["pid"]), "its process is gone")


def test_a_crash_is_told_counted_and_mended(bad):
    bad.serve()
    assert tell(bad, key="lost", how="throw") == "unavailable"
    until(lambda: plugin(bad)["state"] == "ok", "it runs again")
    shown = plugin(bad)
    assert shown["restarts"] == 1 and "thrown on purpose" in shown["last_end"]
    assert 'bus_plugin_process_ends_total{kind="crash",plugin="bad_source"} 1' in bad.request("GET", "/metrics").body.decode()
    assert tell(bad, key="kept")["events"]
    assert [event["key"] for event in bad.events()] == ["kept"]


def test_a_host_that_is_killed_takes_its_children_along(bad):
    bad.serve()
    pid = plugin(bad)["pid"]
    bad.kill()
    until(lambda: not alive(pid), "its process is gone")


def test_a_hung_plugin_does_not_hold_the_host(bad):
    bad.serve()
    pid = plugin(bad)["pid"]
    hung = threading.Thread(target=tell, args=(bad,), kwargs={"how": "hang"})
    hung.start()
    bad.emit("--type", "note")  # everybody else is served meanwhile
    bad.stop()
    hung.join(busproc.PATIENCE)
    until(lambda: not alive(pid), "its process is gone")


def test_kills_lose_nothing_that_was_acknowledged(bad):
    bad.serve()
    acknowledged, over = [], threading.Event()

    def send(name):
        number = 0
        while not over.is_set():
            key = f"{name}-{number}"
            # Both ways in: posted in the callback, and emitted by the plugin itself.
            answer = tell(bad, **({"key": key} if number % 2 else {"emit": key}))
            if answer == "unavailable":
                time.sleep(0.01)
                continue
            acknowledged.append(key)
            number += 1

    senders = [threading.Thread(target=send, args=(name,)) for name in ("a", "b", "c")]
    for sender in senders:
        sender.start()
    for kill in range(1, 5):
        many = len(acknowledged)
        until(lambda: len(acknowledged) > many + 30, "messages are taken")
        os.kill(plugin(bad)["pid"], signal.SIGKILL)
        until(lambda: plugin(bad)["restarts"] == kill and plugin(bad)["state"] == "ok", "it runs again")
    over.set()
    for sender in senders:
        sender.join(busproc.PATIENCE)
    keys = [event["key"] for event in bad.events()]
    assert set(acknowledged) <= set(keys)
    assert len(set(keys)) == len(keys)


def test_the_file_sink_works_the_same(world):
    folder = world.root / "out"
    folder.mkdir()
    path = folder / "events.ndjson"
    world.configure(f'[sinks.file]\npath = "{path}"\nisolation = "process"\n')
    world.serve()
    for number in range(5):
        world.emit("--type", "note", "--key", str(number), "--data", '{"text": "🚀"}')

    def lines():
        return [json.loads(line) for line in path.read_text().split("\n")[:-1]] if path.exists() else []

    until(lambda: len(lines()) == 5, "they are there")
    os.kill(plugin(world, "file")["pid"], signal.SIGKILL)
    world.emit("--type", "note", "--key", "5")
    until(lambda: len(lines()) == 6, "the one after the crash")
    assert lines() == world.events()  # none lost, none doubled: it knows its last whole line
    assert plugin(world, "file")["restarts"] == 1


def test_the_exec_source_works_the_same(world):
    program = world.root / "program.sh"
    program.write_text("#!/bin/sh\nfor i in 1 2 3; do echo '{\"type\":\"note\",\"key\":\"'$i'\"}'; done\nexec sleep 1000\n")
    program.chmod(0o755)
    table = f'[sources.exec]\ncommand = ["{program}"]\nisolation = "process"\n'
    world.configure(table + 'allow = ["programs"]\n')
    world.serve()
    until(lambda: len(world.events()) >= 3, "its lines are events")
    assert {"exec/1", "exec/2", "exec/3"} <= {event.get("key") for event in world.events()}
    world.stop()
    world.configure(table)
    world.serve()
    refused = plugin(world, "exec")
    assert refused["state"] not in ("ok", "idle"), refused


def test_a_webhook_source_works_the_same(world):
    world.set_secret()
    world.configure('[sources.github]\nisolation = "process"\n')
    world.serve()
    assert plugin(world, "github")["isolation"] == "process"
    assert world.deliver(busproc.run_payload(run=1), delivery="one").status == 202
    assert world.deliver(busproc.run_payload(run=1), delivery="one").status == 200
    assert world.deliver(b"{}", signature="sha256=00").status == 401
    event, = world.events()
    assert event["task"]["id"] == "github:octo/hello/run/1"


def test_what_bounds_a_process_needs_one(world):
    world.configure('[sources.fs]\npaths = ["/tmp"]\nallow = ["network"]\nisolation = "host"\n')
    world.serve()
    assert "isolation" in plugin(world, "fs")["reason"] or "isolation" in plugin(world, "fs").get("hint", "")
    world.stop()
    world.configure('[sources.github]\nisolation = "process"\nallow = ["everything"]\n')
    world.serve()
    assert "does not know 'everything'" in plugin(world, "github")["reason"]
