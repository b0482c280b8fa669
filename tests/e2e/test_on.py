"""bus on: what the program is given, what it is never given, and how it all ends."""

import json
import os
import re
import signal
import sys
from pathlib import Path

import pytest

from busproc import BUS, run_payload, until

PROBE = [sys.executable, str(Path(__file__).parent / "probe.py")]
HOSTILE = ["$(touch pwned)", "`touch pwned`", "; touch pwned", "'\"\\", "--help", "-rf", "\n\r\t", "\x1b[31m\u202e",
           "${HOME} %s %n *", "🚀 \u0000 é".replace("\u0000", ""), "&& exit 3 #"]


class Probe:
    """Where the probe writes, and what it has written."""

    def __init__(self, world):
        self.path = world.root / "probe.json"
        self.folder = world.root / "work"
        self.folder.mkdir()

    def env(self, then="exit:0"):
        return {"PROBE_OUT": str(self.path), "PROBE_THEN": then}

    def runs(self):
        if not self.path.exists():
            return []
        return [json.loads(line) for line in self.path.read_text().split("\n")[:-1]]


@pytest.fixture
def probe(bus):
    return Probe(bus)


def left_over_files(bus):
    return [path for path in bus.runtime.rglob("*") if path.is_file()]


def test_program_gets_the_event_by_file_and_variables(bus, probe):
    on = bus.watching("on", 'type == "workflow_run"', "--", *PROBE, "one", "two words", env=probe.env(), cwd=probe.folder)
    bus.deliver(run_payload(run=5, conclusion="failure"))
    assert on.wait() == 0, on.err
    run, = probe.runs()
    event, = bus.events()
    assert run["argv"] == ["one", "two words"]
    assert json.loads(run["file"]["text"]) == event
    assert run["file"]["mode"] == 0o600 and run["file"]["folder"] == 0o700 and run["file"]["uid"] == os.getuid()
    assert not os.path.exists(run["file"]["path"]) and left_over_files(bus) == []
    given = {name: run["env"].get(name) for name in (
        "BUS_EVENT_ID", "BUS_EVENT_SEQ", "BUS_EVENT_SOURCE", "BUS_EVENT_TYPE", "BUS_EVENT_SCOPE", "BUS_EVENT_SUBJECT",
        "BUS_TASK_ID", "BUS_TASK_STATE", "BUS_TASK_RESULT", "BUS_TASK_SHA", "BUS_TASK_URL")}
    assert given == {
        "BUS_EVENT_ID": event["id"], "BUS_EVENT_SEQ": "1", "BUS_EVENT_SOURCE": "github",
        "BUS_EVENT_TYPE": "workflow_run", "BUS_EVENT_SCOPE": "octo/hello", "BUS_EVENT_SUBJECT": "run/5",
        "BUS_TASK_ID": "github:octo/hello/run/5", "BUS_TASK_STATE": "finished", "BUS_TASK_RESULT": "failure",
        "BUS_TASK_SHA": event["task"]["sha"], "BUS_TASK_URL": event["task"]["url"]}
    assert run["cwd"] == str(probe.folder)


def test_program_starts_clean(bus, probe):
    """Its own group, nothing on stdin, no descriptors of ours."""
    on = bus.watching("on", "--type", "a", "--", *PROBE, env=probe.env())
    bus.emit("--type", "a")
    assert on.wait() == 0
    run, = probe.runs()
    assert run["stdin"] == "" and set(run["fds"]) - {"0", "1", "2"} == set() and run["fds"]["0"] == "/dev/null"
    assert run["pgid"] == run["pid"]


def test_program_has_the_default_signals(bus):
    bus.emit("--type", "a")
    done = bus.run("on", "--type", "a", "--since", "start", "--", "grep", "-E", "^Sig(Blk|Ign)", "/proc/self/status")
    assert [int(line.split()[1], 16) for line in done.out.splitlines()] == [0, 0], done.out


def test_variables_that_are_not_set_are_absent(bus, probe):
    outer = {"BUS_EVENT_SUBJECT": "of another event", "BUS_TASK_ID": "of another event", "BUS_EVENT_FILE": "/nowhere"}
    on = bus.watching("on", "--type", "a", "--", *PROBE, env={**probe.env(), **outer})
    bus.emit("--type", "a")
    assert on.wait() == 0
    run, = probe.runs()
    assert [name for name in run["env"] if name.startswith("BUS_TASK")] == []
    assert "BUS_EVENT_SUBJECT" not in run["env"] and run["env"]["BUS_EVENT_FILE"] != "/nowhere"


def test_stdin_event(bus, probe):
    on = bus.watching("on", "--type", "a", "--stdin", "event", "--", *PROBE, env=probe.env())
    bus.run("emit", "--type", "a", "--data", "-", input=json.dumps({"text": "x" * 500_000}))
    assert on.wait() == 0
    run, = probe.runs()
    assert json.loads(run["stdin"]) == json.loads(run["file"]["text"]) == bus.events()[0]


def test_hostile_text_reaches_only_file_and_variables(bus, probe):
    text = " ".join(HOSTILE) + "x" * (100 * 1024)
    event = {"type": "a", "scope": HOSTILE[0], "subject": " ".join(HOSTILE), "key": HOSTILE[1],
             "summary": HOSTILE[0] + "\x1b[2J", "data": {"text": text, "list": HOSTILE},
             "task": {"id": HOSTILE[2], "kind": "work", "state": "running", "name": HOSTILE[3], "url": HOSTILE[4]}}
    on = bus.watching("on", "--type", "a", "--", *PROBE, "--flag", "$HOME", "*", "", env=probe.env(), cwd=probe.folder)
    bus.run("emit", "-", input=json.dumps(event))
    assert on.wait() == 0, on.err
    run, = probe.runs()
    assert run["argv"] == ["--flag", "$HOME", "*", ""]
    told = json.loads(run["file"]["text"])
    assert told["data"] == event["data"] and told["subject"] == event["subject"]
    assert run["env"]["BUS_EVENT_SUBJECT"] == event["subject"] and run["env"]["BUS_TASK_ID"] == HOSTILE[2]
    assert not any("x" * 100 in value for value in run["env"].values())
    assert list(probe.folder.iterdir()) == []
    shown = bus.run("events", "list").out + bus.run("events", "show", 1).out + bus.run("tasks").out
    assert "\x1b" not in shown and "\u202e" not in shown


def test_everything_behind_the_dashes_is_the_command(bus, probe):
    words = ["--loop", "--timeout", "1s", "--json", "--help", "--", "-q", "--no-autostart", "--stdin", "nonsense"]
    on = bus.watching("on", "--type", "a", "--", *PROBE, *words, env=probe.env())
    bus.emit("--type", "a")
    assert on.wait() == 0
    assert [run["argv"] for run in probe.runs()] == [words]


@pytest.mark.parametrize("then, status", [("exit:0", 0), ("exit:3", 3), ("exit:124", 124), ("exit:255", 255),
                                          ("kill:9", 137), ("kill:15", 143), ("kill:6", 134)])
def test_status_is_the_programs(bus, probe, then, status):
    bus.emit("--type", "a")
    bus.run("on", "--type", "a", "--since", "start", "--", *PROBE, env=probe.env(then), status=status)
    assert left_over_files(bus) == []


def test_no_such_program_and_not_executable(bus):
    bus.emit("--type", "a")
    plain = bus.root / "plain.txt"
    plain.write_text("no program")
    bad = bus.root / "bad-interpreter"
    bad.write_text("#!/nowhere/at/all\n")
    bad.chmod(0o755)
    for program, statuses in (("no-such-program-anywhere", {127}), (bus.root / "missing", {127}), (plain, {126}),
                              (bus.root, {126}), (bad, {126, 127})):
        done = bus.run("on", "--type", "a", "--since", "start", "--timeout", "60s", "--", program, status=None)
        assert done.returncode in statuses, (program, done.returncode, done.err)
        assert done.err.startswith("bus: ") and str(program) in done.err


def test_timeout(bus, probe):
    done = bus.run("on", "--type", "a", "--timeout", "200ms", "--", *PROBE, env=probe.env(), status=124)
    assert "200ms" in done.err and probe.runs() == []


def test_first_match_only_without_loop(bus, probe):
    for _ in range(3):
        bus.emit("--type", "a")
    bus.run("on", "--type", "a", "--since", "start", "--", *PROBE, env=probe.env())
    assert [run["env"]["BUS_EVENT_SEQ"] for run in probe.runs()] == ["1"]


def test_loop_with_times_runs_one_after_the_other(bus, probe):
    on = bus.watching("on", "--type", "a", "--loop", "--times", "4", "--", *PROBE, env=probe.env("exit:2"))
    seqs = [bus.emit("--type", word)["seq"] for word in "aabaabaa"]
    assert on.wait() == 2
    assert [int(run["env"]["BUS_EVENT_SEQ"]) for run in probe.runs()] == [seqs[at] for at in (0, 1, 3, 4)]
    assert left_over_files(bus) == []


def test_what_comes_while_the_program_runs_is_not_lost(bus, probe):
    on = bus.watching("on", "--type", "a", "--loop", "--times", "3", "--", *PROBE, env=probe.env("hang"))
    seqs = [str(bus.emit("--type", "a")["seq"]) for _ in range(3)]
    for number in (1, 2, 3):
        until(lambda: len(probe.runs()) == number, f"run {number} has begun")
        os.kill(probe.runs()[-1]["pid"], signal.SIGTERM)
    assert on.wait() == 7
    assert [run["env"]["BUS_EVENT_SEQ"] for run in probe.runs()] == seqs


def test_sigterm_is_passed_on_and_the_program_decides(bus, probe):
    bus.emit("--type", "a")
    on = bus.start("on", "--type", "a", "--since", "start", "--", *PROBE, env=probe.env("hang"))
    until(probe.runs, "the program runs")
    on.signal(signal.SIGTERM)
    assert on.wait() == 7, on.err
    assert left_over_files(bus) == []


def test_second_signal_kills(bus, probe):
    bus.emit("--type", "a")
    on = bus.start("on", "--type", "a", "--since", "start", "--loop", "--", *PROBE, env=probe.env("deaf"))
    until(probe.runs, "the program runs")
    pid = probe.runs()[0]["pid"]
    on.signal(signal.SIGTERM)
    until(lambda: pending_signals(on.pid) == 0, "bus on has taken the first")
    assert on.running()
    on.signal(signal.SIGTERM)
    assert on.wait() == 143, on.err
    assert not os.path.exists(f"/proc/{pid}")


def pending_signals(pid):
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("ShdPnd:"):
            return int(line.split()[1], 16)
    return 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_signal_while_nothing_runs(bus, probe, number):
    on = bus.watching("on", "--type", "a", "--loop", "--", *PROBE, env=probe.env())
    on.signal(number)
    # Until it has taken signals over they end it themselves, which is the same to a shell.
    assert on.wait() in (128 + number, -number) and probe.runs() == []


def test_output_of_the_program_is_ours(bus):
    bus.emit("--type", "a")
    done = bus.run("on", "--type", "a", "--since", "start", "--", "sh", "-c", "echo out; echo err >&2")
    assert (done.out, done.err) == ("out\n", "err\n")


def test_program_is_found_in_path(bus):
    bus.emit("--type", "a")
    tool = bus.root / "my-tool"
    tool.write_text("#!/bin/sh\necho found\n")
    tool.chmod(0o755)
    done = bus.run("on", "--type", "a", "--since", "start", "--", "my-tool", env={"PATH": f"{bus.root}:{os.environ['PATH']}"})
    assert done.out == "found\n"


def test_goes_on_over_a_restart_of_the_host(bus, probe):
    on = bus.watching("on", "--type", "a", "--loop", "--times", "3", "--no-autostart", "--", *PROBE, env=probe.env())
    seqs = [bus.emit("--type", "a")["seq"]]
    until(probe.runs, "the first run")
    bus.kill()
    bus.serve()
    seqs += [bus.emit("--type", "a")["seq"] for _ in range(2)]
    assert on.wait() == 0, on.err
    assert [int(run["env"]["BUS_EVENT_SEQ"]) for run in probe.runs()] == seqs


# Runs are tasks


def test_a_run_is_a_task_that_one_can_wait_for(bus, probe):
    on = bus.watching("on", "--type", "a", "--loop", "--", *PROBE, env=probe.env("hang"))
    seq = bus.emit("--type", "a", "--source", "shop", "--task",
                   "id=order/1", "kind=order", "state=running")["seq"]
    until(probe.runs, "the run")
    run, = probe.runs()
    task = run["env"]["BUS_RUN_ID"]
    assert re.fullmatch(rf"on:[\w.-]+/run/{seq}", task)
    waiting = bus.watching("wait", "task", task)
    on.signal(signal.SIGINT)
    assert waiting.wait() == 1
    on.wait()
    known, = bus.json("tasks", task)
    assert (known["kind"], known["state"], known["parent"], known["signal"]) == ("action", "finished", "order/1", "SIGINT")
    began, ended = bus.own_events()
    assert [event["task"]["state"] for event in (began, ended)] == ["running", "finished"]
    assert began["trace"] == ended["trace"] == run["env"]["TRACEPARENT"]
    assert began["data"]["trigger"] == seq and began["data"]["depth"] == 1


def test_a_run_of_one_that_was_killed_is_lost(bus, probe):
    on = bus.watching("on", "--type", "a", "--", *PROBE, env=probe.env("hang"))
    bus.emit("--type", "a")
    until(probe.runs, "the run")
    waiting = bus.watching("wait", "task", probe.runs()[0]["env"]["BUS_RUN_ID"])
    on.signal(signal.SIGKILL)
    assert waiting.wait() == 1
    os.kill(probe.runs()[0]["pid"], signal.SIGKILL)
    task, = bus.json("tasks", "--kind", "action")
    assert (task["result"], task["detail"]) == ("error", "lost")


def test_attempts_are_told(bus, probe):
    bus.emit("--type", "a")
    bus.run("on", "--type", "a", "--since", "start", "--retries", "1", "--backoff", "1ms", "--", *PROBE, env=probe.env("exit:3"),
            status=3)
    told = [(event["task"]["attempt"], event["task"]["state"]) for event in bus.own_events()]
    assert told == [(1, "running"), (1, "finished"), (2, "pending"), (2, "running"), (2, "finished")]


def test_own_runs_are_not_run_for_and_chains_are_cut(bus, probe):
    on = bus.watching("on", "true", "--loop", "--", *PROBE, env=probe.env())
    loop = bus.watching("on", "--type", "again", "--loop", "--", BUS, "emit", "--type", "again")
    bus.emit("--type", "again")
    until(lambda: "8 runs led to it" in loop.err, "the chain is cut")
    assert len([event for event in bus.events() if event["type"] == "again"]) == 9
    for client in (on, loop):
        client.signal(signal.SIGTERM)
        client.wait()
    own = [run for run in probe.runs() if run["env"]["BUS_EVENT_SOURCE"] == "on" and "probe" in run["env"].get("BUS_TASK_ID", "")]
    assert own == []


def test_nobody_else_may_speak_as_a_run(bus):
    done = bus.run("emit", "--source", "on", "--type", "x", status=None)
    assert done.returncode != 0 and "is the source of what rules and bus on do" in done.err
    with bus.wire() as wire:
        for wrong in ({}, {"session": "a b"}, {"session": "s", "program": "p", "run": 0, "trigger": 1},
                      {"session": "s", "program": "p", "run": 1, "trigger": 1, "trace": "x"},
                      {"session": "s", "program": "p", "run": 1, "trigger": 1, "state": "unknown"}):
            assert wire.refused("run", **{"state": "running", **wrong})["code"] == "invalid"


def test_usage(bus):
    for args in (("on", "--type", "a"), ("on", "--type", "a", "--"), ("on", "--", "true"),
                 ("on", "--type", "a", "--times", "2", "--", "true"), ("on", "type ==", "--", "true"),
                 ("on", "--type", "a", "--stdin", "all", "--", "true"), ("on", "true", "true")):
        assert bus.run(*args, status=2).err.startswith("bus: ")
