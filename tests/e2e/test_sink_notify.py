"""The notify sink through a real host and a real bus, with a notification daemon that draws nothing (notify_peer)."""

import shutil
import subprocess
from pathlib import Path

import pytest

import busproc
from busproc import conforms, until

DAEMON = Path(busproc.BUS).parent / "notify_peer"


@pytest.fixture
def session(world):
    """Addresses and starts what the test needs; all of it ends with the test."""
    made = Session(world.root)
    yield made
    made.end()


class Session:
    def __init__(self, root):
        if not shutil.which("dbus-daemon") or not DAEMON.exists():
            pytest.skip(f"there is no dbus-daemon, or no {DAEMON}")
        self.notes, self.processes = root / "notes", []
        self.address = f"unix:path={root}/session"

    def start_bus(self):
        self._start("dbus-daemon", "--session", "--nofork", "--nopidfile", "--print-address", f"--address={self.address}")

    def start_daemon(self):
        self._start(DAEMON, self.address, self.notes)

    def _start(self, *argv):
        process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.processes.append(process)
        assert process.stdout.readline(), argv

    def shown(self):
        """Summaries."""
        return [line.split("\t")[5] for line in self.notes.read_text().splitlines()] if self.notes.exists() else []

    def end(self):
        for process in reversed(self.processes):
            process.kill()
            process.communicate()


def sink(world):
    found, = (one for one in world.json("sinks") if one["name"] == "notify")
    return found


def test_it_keeps_the_contract(session):
    session.start_bus()
    session.start_daemon()
    checks = conforms("notify", address=session.address, rate="0", max_age="9000d")
    assert checks["four senders at a time"]["messages"] == []  # every event was taken


def test_what_matches_is_shown(world, session):
    session.start_bus()
    session.start_daemon()
    world.configure(f'[sinks.notify]\npredicate = \'type != "other"\'\naddress = "{session.address}"\n')
    world.serve()
    for word in ("a", "other", "b"):
        world.emit("--type", word, "--summary", f"<b>{word}</b>")
    until(lambda: len(session.shown()) == 2, "both are shown")
    assert session.shown() == ["<b>a</b>", "<b>b</b>"]
    until(lambda: sink(world)["state"] == "ok", "all is well")


def test_the_session_of_the_environment(world, session):
    session.start_bus()
    session.start_daemon()
    world.configure('[sinks.notify]\n')
    world.serve(env={"DBUS_SESSION_BUS_ADDRESS": session.address})
    world.emit("--type", "a", "--summary", "hello")
    until(lambda: session.shown() == ["hello"], "it is shown")


def test_without_a_desktop_the_host_says_so_and_goes_on(world, session):
    world.configure(f'[sinks.notify]\naddress = "{session.address}"\n')
    world.serve()
    assert world.status()["state"] == "degraded"
    assert "no D-Bus session" in sink(world)["reason"]
    world.emit("--type", "a", "--summary", "first")
    until(lambda: sink(world)["state"] == "retrying", "it has tried")
    session.start_bus()
    until(lambda: "no notification daemon" in (sink(world).get("reason") or ""), "there is a bus, but nobody on it")
    session.start_daemon()
    until(lambda: session.shown() == ["first"], "it was not lost")
    until(lambda: world.status()["state"] == "ok", "all is well again")


def test_old_events_are_not_hoarded(world, session):
    world.configure(f'[sinks.notify]\naddress = "{session.address}"\nmax_age = "1s"\n')
    world.serve()
    world.emit("--type", "a", "--summary", "first")
    until(lambda: sink(world)["cursor"] == 1, "it was passed over")
    assert sink(world)["state"] == "degraded" and "passed over" in sink(world)["reason"]
