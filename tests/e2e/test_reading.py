"""Reading the log: events list, watch, show; tasks; explain; and pipes that close."""

import json
import subprocess

import pytest

from busproc import BUS, run_payload, until


@pytest.fixture
def filled(bus):
    with bus.wire() as wire:
        for first in range(0, 3000, 500):
            wire.ask("emit", events=[{"source": "cli", "type": "even" if n % 2 == 0 else "odd", "data": {"n": n}}
                                     for n in range(first, first + 500)])
    return bus


def numbers(events):
    return [event["data"]["n"] for event in events]


def test_list(filled):
    assert numbers(filled.json("events", "list")) == list(range(2950, 3000))
    assert numbers(filled.json("events", "list", "--limit", 3)) == [2997, 2998, 2999]
    assert numbers(filled.json("events", "list", "--limit", 2500)) == list(range(500, 3000))
    assert numbers(filled.events()) == list(range(3000))
    assert len(filled.run("events", "list", "--all").out.splitlines()) == 3000


def test_filter_comes_before_the_limit(filled):
    assert numbers(filled.json("events", "list", 'data.n == 1')) == [1]
    assert numbers(filled.json("events", "list", "--type", "even", "--limit", 2)) == [2996, 2998]
    assert numbers(filled.events("data.n % 1000 == 7")) == [7, 1007, 2007]
    assert filled.events('type == "none"') == []


def test_since(filled):
    assert numbers(filled.json("events", "list", "--since", 2998)) == [2998, 2999]
    assert len(filled.events("--since", "1h")) == 3000
    assert filled.events("--since", "2100-01-01T00:00:00Z") == []


def test_no_data_and_text(filled):
    assert all("data" not in event for event in filled.json("events", "list", "--no-data"))
    line = filled.run("events", "list", "--limit", 1).out
    assert line.startswith("3000") and "cli/odd" in line and "\x1b" not in line


def test_watch(bus):
    watch = bus.watching("events", "watch", "--json")
    bus.deliver(run_payload(run=1))
    bus.emit("--type", "a")
    until(lambda: len(watch.lines()) == 2, "both are shown at once, also into a pipe")
    assert watch.lines() == bus.events() and watch.running()


def test_watch_since_and_count(filled):
    done = filled.run("events", "watch", "--since", "start", "--count", 3000, "--json")
    assert numbers(map(json.loads, done.out.splitlines())) == list(range(3000))


def test_watch_over_a_restart(bus):
    watch = bus.watching("events", "watch", "--json", "--no-autostart")
    for _ in range(3):
        bus.emit("--type", "a")
        bus.kill()
        bus.serve()
        bus.emit("--type", "b")
    until(lambda: len(watch.lines()) == 6, "all are shown")
    assert [event["seq"] for event in watch.lines()] == list(range(1, 7))


def test_show(bus):
    bus.deliver(run_payload(run=1, conclusion="failure"))
    event, = bus.events()
    for name in (event["seq"], event["id"]):
        assert json.loads(bus.run("events", "show", name, "--json").out) == event
    page = bus.run("events", "show", event["id"]).out
    assert event["id"] in page and "failure" in page


def test_tasks(bus):
    for run, conclusion in ((1, "success"), (2, "failure")):
        bus.deliver(run_payload(run=run, conclusion=conclusion))
    bus.emit("--type", "b", "--task", "id=b/1", "kind=work", "state=running", "scope=here")
    everything = bus.json("tasks")
    assert [task["id"] for task in everything] == ["b/1", "github:octo/hello/run/2", "github:octo/hello/run/1"]
    assert [task["seq"] for task in everything] == [3, 2, 1]
    for args, ids in ((("--result", "failure"), ["github:octo/hello/run/2"]), (("--state", "running"), ["b/1"]),
                      (("--kind", "run", "--limit", 1), ["github:octo/hello/run/2"]), (("--scope", "here"), ["b/1"]),
                      (("--sha", "c9a1f2e"), ["github:octo/hello/run/2", "github:octo/hello/run/1"]), (("b/1",), ["b/1"]),
                      (("--kind", "none"), [])):
        assert [task["id"] for task in bus.json("tasks", *args)] == ids, args
    assert "b/1" in bus.run("tasks").out


def test_tasks_watch(bus):
    bus.emit("--type", "b", "--task", "id=b/1", "kind=work", "state=running")
    watch = bus.watching("tasks", "--watch", "--json")
    until(lambda: len(watch.lines()) == 1, "what is known")
    bus.emit("--type", "b", "--task", "id=b/1", "kind=work", "state=finished", "result=success")
    until(lambda: len(watch.lines()) == 2, "what moved")
    assert [task["state"] for task in watch.lines()] == ["running", "finished"]


@pytest.mark.parametrize("args", [("events", "list", "--all", "--json"), ("events", "list", "--all"),
                                  ("events", "watch", "--since", "start")])
def test_closed_pipe_ends_quietly(filled, args):
    with subprocess.Popen([BUS, *args], env=filled.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout.readline()
        process.stdout.close()
        assert process.wait(120) in (0, 141)
        assert process.stderr.read() == b""


def test_full_disk_below_stdout_is_told(filled):
    with open("/dev/full", "wb") as full:
        done = subprocess.run([BUS, "events", "list", "--all"], env=filled.env, stdout=full, stderr=subprocess.PIPE,
                              timeout=120, check=False)
    assert done.returncode == 70 and done.stderr.startswith(b"bus: cannot write")


def test_explain(bus):
    bus.deliver(run_payload(run=1, conclusion="failure"))
    bus.run("explain", 'task.result == "failure" && scope == "octo/hello"', "1")
    done = bus.run("explain", 'task.result == "success" && scope == "octo/hello"', status=1)
    assert "task.result" in done.out
    assert json.loads(bus.run("explain", "data.nothing == 1", "--json", status=1).out)["match"] == "error"


def test_expr(world):
    assert world.run("expr", "1 + 2 * 3", "--no-autostart").out == "7\n"


def test_two_readers_see_one_order(bus):
    watches = [bus.watching("events", "watch", "--json") for _ in range(2)]
    emitters = [bus.start("emit", "--type", "a", "--data", str(n)) for n in range(20)]
    assert [emitter.wait() for emitter in emitters] == [0] * 20
    until(lambda: all(len(watch.lines()) == 20 for watch in watches), "all are shown")
    assert watches[0].lines() == watches[1].lines() == bus.events()
