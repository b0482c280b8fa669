"""bus on: when it runs its program, what a run sees of the events it stands for, and how everything ends."""

import json
import os
import re
import signal
import sys
import uuid
from pathlib import Path

import pytest

from busproc import processes_with, until

PROBE = [sys.executable, str(Path(__file__).parent / "probe.py")]


class Probe:
    """Where the probe writes, and what it has written."""

    def __init__(self, world):
        self.path = world.root / "probe.json"
        self.go = world.root / "go"

    def env(self, then="exit:0"):
        return {"PROBE_OUT": str(self.path), "PROBE_THEN": then, "PROBE_GO": str(self.go)}

    def runs(self):
        if not self.path.exists():
            return []
        return [json.loads(line) for line in self.path.read_text().split("\n")[:-1]]

    def seqs(self):
        return [int(run["env"]["BUS_EVENT_SEQ"]) for run in self.runs()]


@pytest.fixture
def probe(bus):
    return Probe(bus)


def emit_many(bus, count, **fields):
    """So many events of type `a`; their seqs."""
    lines = "".join(json.dumps({"type": "a", "data": {"n": n}, **fields}) + "\n" for n in range(count))
    done = bus.run("emit", "--bulk", "-", "--json", input=lines)
    return [json.loads(line)["seq"] for line in done.out.splitlines()]


def left_over_files(bus):
    return [path for path in bus.runtime.rglob("*") if path.is_file()]


def begun(probe, count):
    until(lambda: len(probe.runs()) >= count, f"run {count} has begun")


# What a run gets

HOSTILE = ["$(touch pwned)", "`touch pwned`", "; touch pwned", "'\"\\", "--help", "-rf", "\n\r\t", "\x1b[31m\u202e",
           "a\u0000b", "${HOME} %s %n *", "\ud7ff\ufffd\U0001f680", "&& exit 3 #", "A=B\nLD_PRELOAD=/nowhere"]


def test_hostile_text_reaches_only_the_files(bus, probe):
    event = {"type": "a", "scope": HOSTILE[0], "subject": " ".join(HOSTILE[:5]), "key": HOSTILE[1],
             "summary": HOSTILE[0], "data": {"list": HOSTILE, "text": " ".join(HOSTILE) + "x" * (1 << 20)},
             "task": {"id": "a\u0000b", "kind": "work", "state": "running", "name": HOSTILE[3], "url": HOSTILE[-1]}}
    work = bus.root / "work"
    work.mkdir()
    on = bus.watching("on", "--type", "a", "--debounce", "10ms", "--stdin", "event", "--", *PROBE, "--flag", "$HOME",
                      env=probe.env(), cwd=work)
    done = bus.run("emit", "-", input=json.dumps(event), status=None)
    if done.returncode != 0:  # such a task id or url is refused at the door
        event["task"].update(id="t", url="-rf")
        bus.run("emit", "-", input=json.dumps(event))
    assert on.wait() == 0, on.err
    run, = probe.runs()
    assert run["argv"] == ["--flag", "$HOME"]
    told = json.loads(run["file"]["text"])
    assert told["data"] == event["data"] and told["subject"] == event["subject"] and told["scope"] == event["scope"]
    assert run["stdin"] == run["file"]["text"] and run["events"]["text"] == run["file"]["text"] + "\n"
    assert run["events"]["mode"] == 0o600
    assert "LD_PRELOAD" not in run["env"] and "\0" not in "".join(run["env"].values())
    if "\0" in event["task"]["id"]:
        assert "BUS_TASK_ID" not in run["env"]
    assert not any("x" * 100 in value for value in run["env"].values())
    assert list(work.iterdir()) == [] and left_over_files(bus) == []


def test_text_that_is_no_utf8_never_reaches_a_program(bus, probe):
    on = bus.watching("on", "--type", "a", "--", *PROBE, env=probe.env())
    bus.run("emit", "-", input=b'{"type": "a", "data": {"text": "\xff\xfe"}}', status=2)
    bus.run("emit", "--type", "a", "--data", "-", input=b'"\xc3("', status=2)
    bus.emit("--type", "a")
    assert on.wait() == 0
    assert probe.seqs() == [1]


@pytest.mark.parametrize("how", [(), ("--prefix",), ("--loop", "--times", "1"), ("--debounce", "1ms")])
def test_program_starts_clean(bus, probe, how):
    bus.emit("--type", "a")
    bus.run("on", "--type", "a", "--since", "start", *how, "--", *PROBE, env=probe.env())
    run, = probe.runs()
    assert run["blocked"] == 0 and run["pgid"] == run["pid"] and run["stdin"] == ""
    assert set(run["fds"]) == {"0", "1", "2"} and run["fds"]["0"] == "/dev/null"


def test_variables_of_an_outer_run_are_not_passed_on(bus, probe):
    outer = {"BUS_EVENTS_FILE": "/nowhere", "BUS_RULE": "other", "BUS_RUN_ID": "rule:other/run/1", "TRACEPARENT": "00-x"}
    bus.emit("--type", "a")
    bus.run("on", "--type", "a", "--since", "start", "--", *PROBE, env={**probe.env(), **outer})
    run, = probe.runs()
    assert not {"BUS_EVENTS_FILE", "BUS_RULE"} & set(run["env"])
    assert not set(outer.items()) & set(run["env"].items())


# Policies

def test_queue_runs_all_in_order_also_more_than_it_has_room_for(bus):
    seqs = emit_many(bus, 1500)
    out, go = bus.root / "seqs", bus.root / "go"
    script = f'until test -e {go}; do sleep 0.02; done; echo $BUS_EVENT_SEQ >> {out}'
    on = bus.start("on", "--type", "a", "--since", "start", "--loop", "--times", "1500", "--", "sh", "-c", script)
    until(lambda: left_over_files(bus), "the first runs")
    until(on.asleep, "as many as there is room for are read")
    go.touch()
    assert on.wait() == 0, on.err
    assert [int(line) for line in out.read_text().split()] == seqs
    assert left_over_files(bus) == []


def test_latest_is_one_more_run_for_all_that_came(bus, probe):
    on = bus.watching("on", "--type", "a", "--loop", "--times", "2", "--when-busy", "latest", "--", *PROBE,
                      env=probe.env("wait"))
    bus.emit("--type", "a")
    begun(probe, 1)
    seqs = emit_many(bus, 200)
    until(lambda: any(path.read_text().count("\n") == 199 for path in spooled(bus)), "all but the last are spooled")
    probe.go.touch()
    assert on.wait() == 0, on.err
    first, second = probe.runs()
    assert [json.loads(line)["seq"] for line in second["events"]["text"].splitlines()] == seqs
    assert json.loads(second["file"]["text"])["seq"] == seqs[-1]
    assert len(first["events"]["text"].splitlines()) == 1
    assert left_over_files(bus) == []


def spooled(bus):
    return list((bus.runtime / "events").iterdir())


def test_drop_forgets_what_it_has_no_room_for(bus, probe):
    on = bus.watching("on", "--type", "a", "--loop", "--when-busy", "drop", "--cursor", "c", "--", *PROBE,
                      env=probe.env("wait"))
    bus.emit("--type", "a")
    begun(probe, 1)
    last = emit_many(bus, 50)[-1]
    probe.go.touch()
    until(lambda: cursor(bus, "c") == last, "all were run for or dropped")
    on.signal(signal.SIGTERM)
    assert on.wait() == 143
    dropped = re.search(r"(\d+) matches were not run for", on.err)
    assert len(probe.runs()) + int(dropped[1] if dropped else 0) == 51


def cursor(bus, name):
    with bus.wire() as wire:
        return {one["name"]: one["seq"] for one in wire.ask("cursors")["cursors"]}.get(name)


@pytest.mark.parametrize("how", [("--restart",), ("--loop", "--when-busy", "restart")])
def test_restart_stops_what_runs(bus, probe, how):
    on = bus.watching("on", "--type", "a", *how, "--times", "3", "--", *PROBE, env=probe.env("hang"))
    for number in (1, 2, 3):
        bus.emit("--type", "a")
        begun(probe, number)
    pids = [run["pid"] for run in probe.runs()]
    assert not any(os.path.exists(f"/proc/{pid}") for pid in pids[:2]) and os.path.exists(f"/proc/{pids[2]}")
    os.kill(pids[2], signal.SIGTERM)
    assert on.wait() == 7


def test_restart_kills_what_does_not_listen(bus, probe):
    on = bus.watching("on", "--type", "a", "--restart", "--stop-timeout", "100ms", "--", *PROBE, env=probe.env("deaf"))
    for number in (1, 2):
        bus.emit("--type", "a")
        begun(probe, number)
    for _ in range(2):
        on.signal(signal.SIGTERM)
        until(lambda: pending(on.pid) == 0, "bus on has taken the signal")
    assert on.wait() == 143
    assert not any(os.path.exists(f"/proc/{run['pid']}") for run in probe.runs())


def test_jobs_run_beside_each_other(bus, probe):
    on = bus.watching("on", "--type", "a", "--loop", "--times", "3", "--jobs", "3", "--", *PROBE, env=probe.env("wait"))
    emit_many(bus, 3)
    begun(probe, 3)
    probe.go.touch()
    assert on.wait() == 0


def test_one_at_a_time_for_each_key(bus, probe):
    on = bus.watching("on", "--type", "a", "--loop", "--times", "4", "--key", "scope", "--", *PROBE, env=probe.env("wait"))
    seqs = [bus.emit("--type", "a", "--scope", scope)["seq"] for scope in "xxyx"]
    begun(probe, 2)
    assert sorted(run["env"]["BUS_EVENT_SCOPE"] for run in probe.runs()) == ["x", "y"]
    probe.go.touch()
    assert on.wait() == 0
    assert [int(run["env"]["BUS_EVENT_SEQ"]) for run in probe.runs()
            if run["env"]["BUS_EVENT_SCOPE"] == "x"] == [seqs[at] for at in (0, 1, 3)]


def test_events_without_a_key_share_one(bus, probe):
    on = bus.watching("on", "--type", "a", "--loop", "--times", "2", "--key", "data.none", "--", *PROBE, env=probe.env())
    emit_many(bus, 2)
    assert on.wait() == 0
    assert on.err.count("share one") == 1


def test_debounce_is_one_run_for_a_burst(bus, probe):
    seqs = emit_many(bus, 300)
    bus.run("on", "--type", "a", "--since", "start", "--debounce", "2s", "--", *PROBE, env=probe.env())
    run, = probe.runs()
    assert [json.loads(line)["seq"] for line in run["events"]["text"].splitlines()] == seqs
    assert json.loads(run["file"]["text"])["seq"] == seqs[-1]


def test_rate_holds_back(bus, probe):
    emit_many(bus, 20)
    done = bus.run("on", "--type", "a", "--since", "start", "--loop", "--rate", "2/1h", "--when-busy", "drop", "--timeout",
                   "2s", "--", *PROBE, env=probe.env(), status=124)
    assert 1 <= len(probe.runs()) <= 2 and "were not run for" in done.err


def test_retries(bus, probe):
    bus.emit("--type", "a")
    done = bus.run("on", "--type", "a", "--since", "start", "--retries", "2", "--backoff", "10ms", "--", *PROBE,
                   env=probe.env("exit:9"), status=9)
    assert [run["env"]["BUS_RUN_ATTEMPT"] for run in probe.runs()] == ["1", "2", "3"]
    assert "exit 9; attempt 2 in 10ms" in done.err and "attempt 3 in 20ms" in done.err
    assert len({run["file"]["text"] for run in probe.runs()}) == 1 and left_over_files(bus) == []


def test_run_timeout(bus, probe):
    bus.emit("--type", "a")
    done = bus.run("on", "--type", "a", "--since", "start", "--run-timeout", "200ms", "--stop-timeout", "100ms", "--",
                   *PROBE, env=probe.env("deaf"), status=124)
    assert "was stopped after 200ms" in done.err
    assert not any(os.path.exists(f"/proc/{run['pid']}") for run in probe.runs())


# The cursor

def test_cursor_goes_on_where_it_was(bus, probe):
    emit_many(bus, 4)
    arguments = ("on", "--type", "a", "--since", "start", "--cursor", "mine", "--loop")
    bus.run(*arguments, "--times", "2", "--", *PROBE, env=probe.env())
    bus.run(*arguments, "--times", "1", "--", *PROBE, env=probe.env("exit:3"), status=3)
    bus.run(*arguments, "--timeout", "2s", "--", *PROBE, env=probe.env(), status=124)
    assert probe.seqs() == [1, 2, 3, 4]
    # Behind them are only the reports of the runs themselves.
    assert 4 <= cursor(bus, "mine") <= bus.own_events()[-1]["seq"]


def test_cursor_of_one_that_was_killed_brings_its_event_again(bus, probe):
    emit_many(bus, 2)
    arguments = ("on", "--type", "a", "--since", "start", "--cursor", "mine")
    on = bus.start(*arguments, "--", *PROBE, env=probe.env("hang"))
    begun(probe, 1)
    on.signal(signal.SIGKILL)
    until(lambda: not on.running(), "bus on is gone")
    os.kill(probe.runs()[0]["pid"], signal.SIGKILL)
    bus.run(*arguments, "--", *PROBE, env=probe.env())
    assert probe.seqs() == [1, 1] and cursor(bus, "mine") == 1


def test_cursor_waits_for_the_first_that_still_runs(bus, probe):
    on = bus.watching("on", "--type", "a", "--cursor", "mine", "--loop", "--jobs", "2", "--", *PROBE, env=probe.env("hang"))
    emit_many(bus, 2)
    begun(probe, 2)
    first, second = (next(run for run in probe.runs() if run["env"]["BUS_EVENT_SEQ"] == seq) for seq in "12")
    os.kill(second["pid"], signal.SIGTERM)
    until(lambda: not os.path.exists(f"/proc/{second['pid']}"), "the second has ended")
    assert cursor(bus, "mine") == 0
    os.kill(first["pid"], signal.SIGTERM)
    until(lambda: cursor(bus, "mine") == 2, "both are done")
    on.signal(signal.SIGTERM)
    assert on.wait() == 143


def test_cursor_over_a_restart_of_the_host_while_the_program_runs(bus, probe):
    on = bus.watching("on", "--type", "a", "--cursor", "mine", "--loop", "--times", "3", "--no-autostart", "--", *PROBE,
                      env=probe.env("wait"))
    seqs = [bus.emit("--type", "a")["seq"]]
    begun(probe, 1)
    bus.kill()
    probe.go.touch()
    until(lambda: not os.path.exists(f"/proc/{probe.runs()[0]['pid']}"), "the program has ended")
    bus.serve()
    seqs += emit_many(bus, 2)
    assert on.wait() == 0, on.err
    assert probe.seqs() == seqs and cursor(bus, "mine") == seqs[-1]
    assert [task["result"] for task in bus.json("tasks", "--kind", "action")] == ["success"] * 3


# Ends

def fork_bomb(bus, mark):
    """Starts a hundred children that ignore every polite signal, some in sessions of their own."""
    script = bus.root / "bomb.py"
    script.write_text(
        "import os, signal, sys, time\n"
        "for number in range(100):\n"
        "    if os.fork() == 0:\n"
        "        for polite in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):\n"
        "            signal.signal(polite, signal.SIG_IGN)\n"
        "        if number % 3 == 0:\n"
        "            os.setsid()\n"
        "        if number % 5 == 0 and os.fork() != 0:\n"
        "            os._exit(0)\n"
        "        time.sleep(1000)\n"
        f"open({str(bus.root / 'ready')!r}, 'w').close()\n"
        "time.sleep(1000)\n")
    return {"BOMB_MARK": mark}, [sys.executable, str(script)]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_fork_bombs_are_gone_after_a_stop(bus, number):
    mark = str(uuid.uuid4())
    env, program = fork_bomb(bus, mark)
    bus.emit("--type", "a")
    on = bus.start("on", "--type", "a", "--since", "start", "--loop", "--stop-timeout", "100ms", "--", *program, env=env)
    until((bus.root / "ready").exists, "the bomb has gone off")
    on.signal(number)
    assert on.wait() == 128 + number
    assert processes_with("BOMB_MARK=" + mark) == {}


def test_fork_bombs_are_gone_after_a_restart(bus):
    mark = str(uuid.uuid4())
    env, program = fork_bomb(bus, mark)
    on = bus.watching("on", "--type", "a", "--restart", "--times", "2", "--stop-timeout", "100ms", "--", "sh", "-c",
                      'test $BUS_EVENT_SEQ = 1 && exec "$@"; exit 0', "sh", *program, env=env)
    bus.emit("--type", "a")
    until((bus.root / "ready").exists, "the bomb has gone off")
    bus.emit("--type", "a")
    assert on.wait() == 0, on.err
    assert processes_with("BOMB_MARK=" + mark) == {}


def test_a_second_signal_kills_all_that_came_of_the_program(bus):
    mark = str(uuid.uuid4())
    env, program = fork_bomb(bus, mark)
    bus.emit("--type", "a")
    on = bus.start("on", "--type", "a", "--since", "start", "--", "sh", "-c", 'trap "" TERM; "$@"; exit 3', "sh", *program,
                   env=env)
    until((bus.root / "ready").exists, "the bomb has gone off")
    on.signal(signal.SIGTERM)
    until(lambda: pending(on.pid) == 0, "bus on has taken the first")
    on.signal(signal.SIGTERM)
    assert on.wait() in (3, 137)
    assert processes_with("BOMB_MARK=" + mark) == {}


def pending(pid):
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except FileNotFoundError:
        return 0
    return next(int(line.split()[1], 16) for line in lines if line.startswith("ShdPnd:"))


def test_what_a_good_end_leaves_in_the_background_is_left_alone(bus):
    mark = str(uuid.uuid4())
    bus.emit("--type", "a")
    bus.run("on", "--type", "a", "--since", "start", "--", "sh", "-c", "sleep 1000 >/dev/null 2>&1 &", env={"MARK": mark})
    left = processes_with("MARK=" + mark)
    assert len(left) == 1
    os.kill(next(iter(left)), signal.SIGKILL)


def test_signal_with_several_programs_reaches_all(bus, probe):
    on = bus.watching("on", "--type", "a", "--loop", "--jobs", "3", "--", *PROBE, env=probe.env("hang"))
    emit_many(bus, 5)
    begun(probe, 3)
    on.signal(signal.SIGTERM)
    assert on.wait() == 143
    assert len(probe.runs()) == 3 and left_over_files(bus) == []


# Output

def test_prefix(bus):
    emit_many(bus, 2)
    done = bus.run("on", "--type", "a", "--since", "start", "--loop", "--times", "2", "--prefix", "--", "sh", "-c",
                   "echo one; echo two >&2; printf three")
    assert done.out == "[1] one\n[1] three\n[2] one\n[2] three\n"
    assert done.err == "[1] two\n[2] two\n"


def test_prefix_with_keys_that_are_hostile(bus):
    bus.emit("--type", "a", "--scope", "x\x1b[31m\ny")
    done = bus.run("on", "--type", "a", "--since", "start", "--loop", "--times", "1", "--prefix", "--key", "scope", "--",
                   "echo", "hello")
    assert done.out.count("\n") == 1 and "\x1b" not in done.out and done.out.endswith("] hello\n")


def test_prefix_ends_with_its_reader(bus):
    bus.emit("--type", "a")
    done = bus.run("on", "--type", "a", "--since", "start", "--loop", "--prefix", "--", "yes", status=None,
                   preexec_fn=lambda: os.dup2(os.open("/dev/full", os.O_WRONLY), 1))
    assert done.returncode == 70 and "stdout" in done.err


def test_dry_run(bus, probe):
    emit_many(bus, 3)
    arguments = ("on", "--type", "a", "--since", "start", "--loop", "--timeout", "2s", "--rate", "1/1h", "--when-busy",
                 "drop", "--cursor", "mine", "--dry-run")
    done = bus.run(*arguments, "--json", "--", *PROBE, "a b", env=probe.env(), status=124)
    told = [json.loads(line) for line in done.out.splitlines()]
    assert told[0] == {"seq": 1, "decision": "run", "run": 1}
    assert told[1]["decision"] == "start" and told[1]["argv"][-1] == "a b" and "BUS_EVENT_FILE" in told[1]["env"]
    assert [one["decision"] for one in told[2:]] == ["dropped", "dropped"] and told[2]["why"] == "rate"
    assert probe.runs() == [] and cursor(bus, "mine") is None and left_over_files(bus) == []
    text = bus.run(*arguments, "--", *PROBE, "a b", env=probe.env(), status=124).out
    assert "run 1 would start:" in text and "'a b'" in text and "event 2: dropped, rate for " in text


def test_usage(bus):
    for words in (("--jobs", "2"), ("--key", "scope"), ("--rate", "1/1m"), ("--when-busy", "drop"), ("--times", "2"),
                  ("--when-busy", "restart"),  # these say what they need
                  ("--loop", "--jobs", "0"), ("--loop", "--rate", "fast"), ("--loop", "--when-busy", "never"),
                  ("--loop", "--key", "scope =="), ("--max-wait", "1s"), ("--debounce", "2s", "--max-wait", "1s"),
                  ("--restart", "--retries", "1"), ("--restart", "--when-busy", "drop"), ("--retries", "-1"),
                  ("--cursor", ""), ("--stdin", "all")):
        done = bus.run("on", "--type", "a", *words, "--", "true", status=2)
        assert done.err.startswith("bus: "), words
        if "--loop" not in words and words[0] in ("--jobs", "--key", "--rate", "--when-busy", "--times"):
            assert "add --loop" in done.err, words
