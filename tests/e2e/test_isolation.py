"""Plugins in processes of their own, through a real host: what they do to themselves, what is done to them, and that the
plugins of the tree work there as they do in the host."""

import ctypes
import errno
import hashlib
import json
import os
import random
import shutil
import signal
import struct
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


def test_kills_of_everybody_in_any_order_lose_nothing(bad):
    """A source's process, a sink's and the host are killed under load. The senders come again with what was not
    acknowledged, and so does the host with what the sink had not answered for."""
    folder = bad.root / "out"  # of its own: a folder that holds bus's files is never given
    folder.mkdir()
    path = folder / "events.ndjson"
    bad.configure((bad.config / "config.toml").read_text() + f'[sinks.file]\npath = "{path}"\nisolation = "process"\n')
    bad.serve()
    acknowledged, killed, over = [], set(), threading.Event()

    def send(name):
        number = 0
        while not over.is_set():
            key = f"{name}-{number}"
            try:
                answer = tell(bad, **({"key": key} if number % 2 else {"emit": key}))
            except (OSError, json.JSONDecodeError):
                answer = "gone"
            if isinstance(answer, str):
                time.sleep(0.01)
                continue
            acknowledged.append(key)
            number += 1

    def plugins_are_well():
        listed = bad.run("plugins", "list", "--json", "--no-autostart", status=None)
        states = {one["name"]: one for one in map(json.loads, listed.out.splitlines())}
        mine = [states[name] for name in ("bad_source", "file") if name in states]
        well = len(mine) == 2 and all(one["state"] == "ok" and one.get("pid", 0) not in {0} | killed for one in mine)
        return mine if well else None

    seed = random.randrange(1 << 32)
    order = random.Random(seed).sample(["host", "bad_source", "file"] * 3, 9)
    senders = [threading.Thread(target=send, args=(name,)) for name in ("a", "b", "c")]
    for sender in senders:
        sender.start()
    for victim in order:
        many = len(acknowledged)
        until(lambda: len(acknowledged) > many + 20, f"messages are taken (seed {seed}, {order})")
        if victim == "host":
            bad.kill()
            bad.serve()
        else:
            pid = next(one["pid"] for one in until(plugins_are_well, f"all is well (seed {seed}, {order})")
                       if one["name"] == victim)
            killed.add(pid)
            os.kill(pid, signal.SIGKILL)
    over.set()
    for sender in senders:
        sender.join(busproc.PATIENCE)

    def written():
        return path.read_bytes().splitlines() if path.exists() else []

    stored = bad.events("--all")
    keys = [event["key"] for event in stored]
    assert set(acknowledged) <= set(keys), seed
    assert len(set(keys)) == len(keys), seed
    until(lambda: len(written()) >= len(stored), f"the sink has caught up (seed {seed}, {order})")
    assert [json.loads(line)["seq"] for line in written()] == [event["seq"] for event in stored], seed


def test_a_hostile_plugin_gets_at_nothing(bad):
    bad.set_secret()
    bad.serve()
    if "landlock" not in plugin(bad)["sandbox"]:
        pytest.skip("this kernel has no Landlock")
    bad.emit("--type", "note", "--durable")
    for prey in (bad.state / "bus.db", bad.config / "secrets" / "github", bad.config / "trust.json"):
        assert prey.exists()
        before = prey.stat()
        answer = tell(bad, trespass=str(prey), socket=str(bad.runtime / "bus.sock"))
        assert answer["reply"] == "nothing", prey
        assert (prey.stat().st_ino, prey.stat().st_mode) == (before.st_ino, before.st_mode)
    assert plugin(bad)["restarts"] == 0


def without(call, argument=None, value=errno.ENOSYS):
    """For preexec_fn: a system call (of x86_64), or it with that first argument, fails as on another kernel."""
    def instruction(code, yes, no, k):
        return struct.pack("HBBI", code, yes, no, k)

    load, equal, end = 0x20, 0x15, 0x06
    program = instruction(load, 0, 0, 0) + instruction(equal, 0, 3 if argument is not None else 1, call)
    if argument is not None:
        program += instruction(load, 0, 0, 16) + instruction(equal, 0, 1, argument)
    program += instruction(end, 0, 0, 0x00050000 | value) + instruction(end, 0, 0, 0x7FFF0000)

    def apply():
        held = ctypes.create_string_buffer(program, len(program))
        packed = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(held)))
        libc = ctypes.CDLL(None)
        assert libc.prctl(38, 1, 0, 0, 0) == 0 and libc.prctl(22, 2, packed, 0, 0) == 0
    return apply


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="the filter is for x86_64")
def test_a_kernel_without_landlock_is_told(bad):
    bad.serve(preexec_fn=without(444))
    shown = plugin(bad)
    assert (shown["state"], shown["sandbox"]) == ("ok", "seccomp") and "no Landlock" in shown["hint"]
    assert "no Landlock" in bad.run("plugins", "list").out
    assert "no Landlock" in bad.host.err
    prey = bad.root / "somebody's"
    prey.write_text("text")
    # Reading is all that is left open where no files are allowed to it.
    assert set(tell(bad, trespass=str(prey), socket="")["reply"].split()) <= {"read", "list", "memory-read", "environment-of-host",
                                                                             "descriptors-of-host"}


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="the filter is for x86_64")
def test_a_kernel_without_seccomp_is_told(bad):
    bad.serve(preexec_fn=without(157, 22, errno.EINVAL))  # prctl(PR_SET_SECCOMP)
    shown = plugin(bad)
    assert shown["state"] == "ok" and "seccomp" not in shown["sandbox"] and "seccomp" in shown["hint"]


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
