"""What goes wrong is said in one clear line, with the documented status, and damages nothing."""

import json
import os
import re
import socket
import struct

import pytest

from busproc import run_payload


def one_line(done, *words):
    """stderr is `bus: what is wrong`, perhaps with an indented hint; stdout is empty."""
    first, *hints = done.err.rstrip("\n").split("\n")
    assert done.out == "" and first.startswith("bus: ") and len(first) < 400, (done.out, done.err)
    assert all(hint.startswith("  ") for hint in hints), done.err
    for word in words:
        assert str(word) in done.err, (word, done.err)


@pytest.mark.parametrize("predicate, words", [
    ("task.kind ==", ()), ("type = 'a'", ()), ("nonsense == 1", ("nonsense",)), ("((type == 'a')", ()),
    ("type == 'a", ()), ("f(type)", ("f",)), ("type.matches('(')", ()), ("(" * 100 + "true" + ")" * 100, ()),
    ("type == '" + "x" * 5000 + "'", ()), ("1 + ", ()), ("\x00\x1b[31m", ())])
def test_bad_predicate(bus, predicate, words):
    if "\x00" in predicate:
        predicate = predicate.replace("\x00", "")
    for verb in (("wait",), ("events", "list"), ("events", "watch"), ("explain",)):
        one_line(bus.run(*verb, predicate, status=2), *words)
    one_line(bus.run("on", predicate, "--", "true", status=2), *words)
    assert bus.status()["state"] == "ok"


@pytest.mark.parametrize("words, near", [
    (("wiat",), "wait"), (("emitt",), "emit"), (("events", "lst"), "list"), (("secrets",), "secret"),
    (("emit", "--typ", "a"), "--type"), (("wait", "--timout=3s", "true"), "--timeout"), (("config", "chekc"), "check"),
    (("serve", "--lisen=x"), "--listen")])
def test_wrong_word_gets_the_nearest(world, words, near):
    one_line(world.run(*words, status=2), near)
    assert not world.state.exists()


@pytest.mark.parametrize("words", [("xyzzyx",), ("--bogus",), ("wait",), ("emit",), ("events", "show"), ("help", "xyzzyx"),
                                   ("wait", "true", "--timeout", "soon"), ("wait", "true", "--count", "none"),
                                   ("events", "list", "--limit", "-3"), ("secret", "set", "../etc/passwd")])
def test_usage_is_2_and_starts_nothing(world, words):
    one_line(world.run(*words, status=2))
    assert not (world.runtime / "bus.sock").exists()


def test_host_not_there(world):
    for verb, *words in (("status",), ("emit", "--type", "a"), ("tasks",), ("wait", "true"), ("sources",), ("sinks",),
                         ("on", "true", "--", "true")):
        one_line(world.run(verb, "--no-autostart", *words, status=69), "serve")
        one_line(world.run(verb, *words, env={"BUS_AUTOSTART": "0"}, status=69), "serve")
    for words in (("events", "list"), ("events", "watch"), ("events", "show", "1"), ("plugins", "list")):
        one_line(world.run(*words, "--no-autostart", status=69), "serve")
    assert not world.state.exists() and not world.runtime.exists()


def test_stale_socket_is_no_host(world):
    world.serve()
    world.kill()
    assert (world.runtime / "bus.sock").exists()
    one_line(world.run("status", "--no-autostart", status=69))
    world.serve()


def test_port_taken(world):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = world.run("serve", "--listen", f"127.0.0.1:{port}", status=75)
        assert str(port) in done.err.split("\n")[0] + done.err
        # A client that starts a host tells the same reason.
        done = world.run("status", env={"BUS_LISTEN": f"127.0.0.1:{port}"}, status=None)
        assert done.returncode in (69, 75) and str(port) in done.err, (done.returncode, done.err)
    assert not (world.runtime / "bus.sock").exists()
    world.serve()


def test_second_host_on_one_state_folder(bus):
    receipt = bus.emit("--type", "a")
    elsewhere = bus.root / "run2"
    for env in ({}, {"BUS_RUNTIME_DIR": str(elsewhere)}):
        done = bus.run("serve", env=env, status=75)
        assert str(bus.host.pid) in done.err, done.err
    assert bus.status()["pid"] == bus.host.pid
    assert [event["id"] for event in bus.events()] == [receipt["id"]]
    assert not (elsewhere / "bus.sock").exists()


@pytest.mark.parametrize("folder", ["state", "runtime", "config"])
def test_file_in_place_of_a_folder(world, folder):
    path = getattr(world, folder)
    path.write_text("in the way")
    for words in (("serve",), ("emit", "--type", "a")):
        done = world.run(*words, status=None)
        assert done.returncode in (69, 70, 77, 78), (done.returncode, done.err)
        assert done.err.startswith("bus: ") and str(path) in done.err, done.err
    assert path.read_text() == "in the way"


def test_runtime_folder_that_others_can_enter(world):
    world.runtime.mkdir(mode=0o755)
    world.runtime.chmod(0o755)
    for words in (("serve",), ("status", "--no-autostart")):
        assert str(world.runtime) in world.run(*words, status=77).err


def test_socket_path_that_is_too_long(world):
    long = str(world.root / ("x" * 120))
    one_line(world.run("status", env={"BUS_RUNTIME_DIR": long}, status=78), "BUS_RUNTIME_DIR")
    one_line(world.run("status", env={"BUS_STATE_DIR": "relative"}, status=78), "BUS_STATE_DIR")


def test_store_that_is_none(world):
    world.serve()
    world.emit("--type", "a")
    world.stop()
    database, = (path for path in world.state.iterdir() if path.name.endswith(".db"))
    database.write_bytes(b"this is not a database" * 1000)
    done = world.run("serve", status=None)
    assert done.returncode in (70, 75, 78) and str(database) in done.err, (done.returncode, done.err)
    assert database.read_bytes() == b"this is not a database" * 1000


def test_emit_for_a_loaded_source_is_refused(bus):
    one_line(bus.run("emit", "--source", "github", "--type", "workflow_run", status=77), "github")
    done = bus.run("emit", "--bulk", input='{"source": "github", "type": "a"}\n{"type": "b"}\n', status=2)
    assert "line 1" in done.err
    assert [event["type"] for event in bus.events()] == ["b"]


@pytest.mark.parametrize("event", [
    '{"type": "A"}', '{"type": ""}', '{"type": "a", "seq": 3}', '{"type": "a", "typo": 3}', "[]", "{", '"a"', "",
    '{"type": "a", "time": "yesterday"}', '{"type": "a", "task": {"id": "x"}}', '{"type": "a", "task": {"kind": "work"}}',
    '{"type": "a", "task": {"id": "x", "kind": "work", "state": "asleep"}}',
    '{"type": "a", "task": {"id": "x", "kind": "work", "state": "running", "result": "success"}}',
    '{"type": "a", "scope": "' + "x" * 1025 + '"}', '{"type": "a", "source": "no way"}'])
def test_event_that_is_none(bus, event):
    one_line(bus.run("emit", event, status=2))
    assert bus.events() == []


def test_no_such_thing(bus):
    for words in (("events", "show", "99"), ("events", "show", "01ARZ3NDEKTSV4RRFFQ69G5FAV"), ("tasks", "no/such"),
                  ("plugins", "show", "githbu"), ("secret", "remove", "nothing"), ("events", "list", "--since", "@nobody")):
        one_line(bus.run(*words, status=66))
    bus.emit("--type", "a")
    one_line(bus.run("events", "show", "1", "--raw", status=66))
    one_line(bus.run("events", "show", "nonsense", status=2))


@pytest.mark.parametrize("sent", [
    struct.pack(">I", 0), struct.pack(">I", (16 << 20) + 1), b"\xff" * 64, struct.pack(">I", 4) + b"nope",
    struct.pack(">I", 2) + b"[]", struct.pack(">I", 14) + b'{"op":"hello"}'[:14],
    struct.pack(">I", 100) + b"{", struct.pack(">I", 40) + b"[" * 40, b"GET / HTTP/1.1\r\n\r\n"])
def test_malformed_frames(bus, sent):
    """An answer with an error, or the end of the connection; and the host serves on."""
    with bus.wire() as wire:
        wire.socket.sendall(sent)
        wire.socket.shutdown(socket.SHUT_WR)
        try:
            while True:
                assert "error" in wire.next()
        except ConnectionError:
            pass
    assert bus.status()["state"] == "ok"


def test_every_refusal_of_the_socket_is_typed(bus):
    with bus.wire() as wire:
        for op, members, code in (
                ("nonsense", {}, "invalid"), ("subscribe", {"where": "type =="}, "invalid"),
                ("subscribe", {"since": "@nobody"}, "not_found"), ("subscribe", {"reports": "some"}, "invalid"),
                ("event", {"event": "77"}, "not_found"), ("ack", {"cursor": "c", "seq": 99}, "invalid"),
                ("emit", {"event": {"source": "github", "type": "a"}}, "denied"), ("emit", {"event": {}}, "invalid"),
                ("emit", {}, "invalid"), ("emit", {"events": 3}, "invalid"), ("forget", {"cursor": "none"}, "not_found"),
                ("events", {"limit": 0}, "invalid"), ("events", {"limit": "x"}, "invalid"),
                ("unsubscribe", {"sub": 55}, "not_found"),
                ("deliver", {"source": "nobody", "message": {}}, "not_found")):
            error = wire.refused(op, **members)
            assert error["code"] == code and error["message"] and error["retryable"] is False, (op, members, error)
        assert wire.ask("hello")["pid"] == bus.host.pid


def test_documented_statuses_are_in_the_help(world):
    """What the tests here rely on is what the help says."""
    for verb, statuses in (("wait", (0, 1, 2, 3, 66, 69, 124, 130)), ("on", (0, 2, 69, 124, 126, 127)),
                           ("emit", (0, 2, 69, 77)), ("serve", (0, 2, 75, 78)), ("config check", (0, 78))):
        text = world.run("help", *verb.split()).out
        section = text.split("Exit status:\n")[1]
        found = {int(number) for number in re.findall(r"^  (\d+) ", section, re.M)}
        assert set(statuses) <= found, (verb, found)
