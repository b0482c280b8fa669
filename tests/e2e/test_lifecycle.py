"""How a host comes and goes: by hand, by the first client that needs one, and by signals."""

import json
import os
import signal
import stat

import pytest

import busproc
from busproc import processes_with, run_payload, until, wait_pid


@pytest.fixture
def orphans():
    busproc.adopt_orphans()


def test_serve_in_private_folders(bus):
    for path in (bus.config, bus.state, bus.runtime):
        assert stat.S_IMODE(path.stat().st_mode) == 0o700
    for path in bus.state.rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path
    assert stat.S_IMODE((bus.runtime / "bus.sock").stat().st_mode) == 0o600
    status = bus.status()
    assert status["pid"] == bus.host.pid and status["state"] == "ok" and status["http"]["port"] == bus.port
    assert "http" in bus.run("status").out


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_host_ends_in_order(bus, number):
    with bus.wire() as subscriber:
        subscription = subscriber.send("subscribe", since="now")
        assert "result" in subscriber.answer(subscription)
        bus.host.signal(number)
        frame = subscriber.next()
        while "end" not in frame:
            frame = subscriber.next()
        assert frame["sub"] == subscription and frame["end"]["code"] == "stopping"
        assert frame["end"]["retryable"] is True
        with pytest.raises(ConnectionError):
            subscriber.next()
    assert bus.host.wait() == 0
    bus.host = None
    assert not (bus.runtime / "bus.sock").exists()
    bus.run("status", "--no-autostart", status=69)


def test_what_is_under_way_is_answered_before_the_host_ends(bus):
    with bus.wire() as wire:
        asked = [wire.send("emit", event={"source": "cli", "type": "a", "key": str(n)}) for n in range(500)]
        assert "result" in wire.answer(asked[0])
        bus.host.signal(signal.SIGTERM)
        answered = 1
        try:
            while answered < len(asked):
                answered += "result" in wire.next()
        except ConnectionError:
            pass
    assert bus.host.wait() == 0
    bus.serve()
    assert len(bus.events()) >= answered


def test_events_are_there_after_a_restart(bus):
    bus.deliver(run_payload(run=1, conclusion="failure"))
    before, tasks = bus.events(), bus.json("tasks")
    bus.stop()
    bus.serve()
    assert bus.events() == before and bus.json("tasks") == tasks
    assert bus.emit("--type", "a")["seq"] == 2


def test_client_starts_a_host(world, orphans):
    receipt = world.emit("--type", "a")
    assert receipt["seq"] == 1
    pid = world.status()["pid"]
    assert processes_with(world.mark)[pid][1:] == ["serve"]
    assert os.getsid(pid) == pid and os.readlink(f"/proc/{pid}/cwd") == "/"
    assert (world.state / "host.log").is_file()
    os.kill(pid, signal.SIGTERM)
    assert wait_pid(pid) == 0
    assert not (world.runtime / "bus.sock").exists()
    assert processes_with(world.mark) == {}


def test_started_host_holds_nothing_of_the_client(world, orphans):
    """Whoever reads the client's output would wait for the host else."""
    reading, writing = os.pipe()
    world.run("status", pass_fds=[writing])
    os.close(writing)
    assert os.read(reading, 1) == b""
    os.close(reading)
    pid = world.status()["pid"]
    os.kill(pid, signal.SIGTERM)
    assert wait_pid(pid) == 0


def test_clients_that_begin_at_once_start_one_host(world, orphans):
    clients = [world.start("emit", "--type", "a", "--key", n, "--json") for n in range(8)]
    for client in clients:
        assert client.wait() == 0, client.err
    assert sorted(json.loads(client.out)["seq"] for client in clients) == list(range(1, 9))
    pid = world.status()["pid"]
    until(lambda: list(processes_with(world.mark)) == [pid], "the others have given up")
    os.kill(pid, signal.SIGTERM)
    assert wait_pid(pid) == 0


def test_wait_starts_a_host(world, orphans):
    waiting = world.start("wait", 'type == "a"', "--timeout", "100s")
    until(world.reachable, "a host")
    until(lambda: world.readers() > 0, "it waits")
    world.emit("--type", "a")
    assert waiting.wait() == 0


def test_a_reader_starts_no_host_where_one_was_stopped(bus):
    """Who stops a host by hand wants it gone; who was waiting goes on when there is one again."""
    waiting = [bus.watching("wait", 'type == "a"', "--timeout", "100s"), bus.watching("events", "watch", "--json"),
               bus.watching("on", 'type == "a"', "--", "true")]
    bus.stop()
    for client in waiting:
        until(lambda: "the host was stopped" in client.err, "it says so")
    assert {argv[1] for argv in processes_with(bus.mark).values()} == {"wait", "events", "on"}
    assert not bus.reachable()
    bus.serve()
    bus.emit("--type", "a")
    assert waiting[0].wait() == 0 and waiting[2].wait() == 0
    until(lambda: len(waiting[1].lines()) == 3, "it is shown, and the run for it")
    assert [(line["source"], line["type"]) for line in waiting[1].lines()] == [
        ("cli", "a"), ("on", "on_run"), ("on", "on_run")]


def test_a_reader_starts_a_host_where_one_was_killed(bus, orphans):
    waiting = bus.watching("wait", 'type == "a"', "--timeout", "100s")
    bus.kill()
    until(lambda: bus.reachable() and bus.readers() > 0, "another one")
    bus.emit("--type", "a")
    assert waiting.wait() == 0
    pid = bus.status()["pid"]
    os.kill(pid, signal.SIGTERM)
    assert wait_pid(pid) == 0


def test_emit_outlasts_a_host_that_stops(world, orphans):
    """Each finds the old host or waits for it to go and has a new one; none fails, none is stored twice."""
    pid, count = None, 0
    for _ in range(8):
        world.emit("--type", "first")  # starts a host where none of the late ones has needed one
        last, pid = pid, world.status()["pid"]
        assert pid != last
        early = [world.start("emit", "--type", "a") for _ in range(4)]
        os.kill(pid, signal.SIGTERM)
        late = [world.start("emit", "--type", "a") for _ in range(4)]
        for client in early + late:
            assert client.wait() == 0, client.err
        assert wait_pid(pid) == 0
        count += 9
    world.emit("--type", "last")
    assert len(world.events()) == count + 1
    pid = world.status()["pid"]
    os.kill(pid, signal.SIGTERM)
    assert wait_pid(pid) == 0


def test_client_says_why_no_host_came(world):
    world.configure("[htp]\nlisten = 3\n")
    done = world.run("status", status=None)
    assert done.returncode in (69, 78) and "htp" in done.err, (done.returncode, done.err)
    assert processes_with(world.mark) == {}


def test_reload(bus):
    bus.configure('[log]\nlevel = "debug"\n')
    bus.host.signal(signal.SIGHUP)
    until(lambda: "configuration reloaded" in bus.host.err, "the host says so")
    bus.configure("nonsense = [")
    bus.host.signal(signal.SIGHUP)
    until(lambda: "not reloaded" in bus.host.err, "the host says so")
    assert bus.emit("--type", "a")["seq"] == 1


def test_http_off(world):
    world.serve("--listen", "off")
    assert world.port is None and world.status()["http"]["enabled"] is False
    world.emit("--type", "a")


def test_off_loopback_is_refused(world):
    assert "http.listen is not on loopback" in world.run("serve", "--listen", "0.0.0.0:0", status=78).err


def test_service_manager_is_told(world):
    import socket
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        path = str(world.root / "notify")
        manager.bind(path)
        manager.settimeout(busproc.PATIENCE)
        world.serve(env={"NOTIFY_SOCKET": path})
        assert b"READY=1" in manager.recv(4096)
        world.stop()
        assert b"STOPPING=1" in manager.recv(4096)
