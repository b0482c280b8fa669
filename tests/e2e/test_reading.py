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


def test_the_newest_are_found_however_far_back_they_are(bus):
    with bus.wire() as wire:
        for first in range(0, 21_000, 3000):
            wire.ask("emit", events=[{"source": "cli", "type": "rare" if first + n < 2 else "often"} for n in range(3000)])
        page = wire.ask("events", where='type == "rare"', newest=True)
        assert page["events"] == [] and page["end"] is False and 1 < page["first"] <= 1001
        page = wire.ask("events", where='type == "rare"', newest=True, until=page["first"] - 1)
        assert [event["seq"] for event in page["events"]] == [1, 2] and page["end"] is True and page["first"] == 1
    assert [event["seq"] for event in bus.json("events", "list", "--type", "rare")] == [1, 2]


def test_tasks_in_pages(bus):
    with bus.wire() as wire:
        wire.ask("emit", events=[{"source": "cli", "type": "t", "task": {"id": f"t/{n}", "kind": "work", "state": "running"}}
                                 for n in range(2500)])
        page = wire.ask("tasks", limit=1000)
        assert page["next"] == page["tasks"][-1]["seq"] == 1501
        assert "next" not in wire.ask("tasks", limit=1000, before=1001)
    every = [f"t/{n}" for n in reversed(range(2500))]
    assert [task["id"] for task in bus.json("tasks", "--all")] == every
    assert [task["id"] for task in bus.json("tasks", "--limit", 2400)] == every[:2400]
    assert len(bus.json("tasks")) == 50
    bus.run("tasks", "--all", "--limit", 3, status=2)


def test_formats(bus):
    bus.deliver(run_payload(run=1, conclusion="failure"))
    bus.emit("--type", "a", "--summary", "x\x1b[31my", "--data", '{"list": [{"name": "one"}], "a key": 2}')
    pattern = "{{.seq}} {{.source}}/{{.type}} {{.task.state}} {{.data.list[0].name}}{{.data[\"a key\"]}}|{{json .data.list}}"
    for args in (("events", "list"), ("events", "watch", "--since", "start", "--count", "2")):
        assert bus.run(*args, "--format", pattern).out.splitlines() == [
            "1 github/workflow_run finished |", '2 cli/a  one2|[{"name": "one"}]']
    assert bus.run("events", "show", "2", "--format", "{{.summary}}").out == "xy\n"
    cloud = json.loads(bus.run("events", "show", "1", "--format", "cloudevents").out)
    assert cloud["type"] == "com.github.workflow_run.completed" and cloud["taskresult"] == "failure"
    done = bus.run("events", "list", "--format", "{{.seq}} {{.task.}}", status=2)
    assert "column 18" in done.err and "\n  " + " " * 17 + "^" in done.err
    for args in (("--format", "yaml"), ("--format", "cloudevents", "--json"), ("--format", "{{.seq", "--no-data")):
        bus.run("events", "list", *args, status=2)


def test_tasks_without_attempt_numbers(bus):
    def status(state, second, sha="c9a1f2e" + "0" * 33):
        body = {"id": second, "sha": sha, "context": "ci", "state": state, "updated_at": f"2026-11-20T08:00:{second:02}Z",
                "repository": {"full_name": "octo/hello", "name": "hello", "owner": {"login": "octo"}}}
        assert bus.deliver(json.dumps(body).encode(), event="status").status == 202
        task = bus.events()[-1]["task"]
        return task["effect"], task["attempt"]

    assert status("pending", 1) == ("new", 1) and status("failure", 5) == ("new", 1)
    assert status("pending", 3) == ("stale", 1) and status("failure", 5) == ("repeat", 1)
    assert status("pending", 7) == ("new", 2) and status("failure", 5) == ("stale", 1)
    assert status("success", 9) == ("new", 2)
    task, = bus.json("tasks", "--kind", "check")
    assert (task["attempt"], task["result"], task["started"], task["ended"]) == (
        2, "success", "2026-11-20T08:00:07.000000Z", "2026-11-20T08:00:09.000000Z")
