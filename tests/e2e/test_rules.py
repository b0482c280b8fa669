"""bus rules: programs that the host runs, what they are given, what is recorded of them, and how they end."""

import json
import os
import random
import signal
import sys
import time
from pathlib import Path

import pytest

from busproc import processes_with, run_payload, until

PROBE = [sys.executable, str(Path(__file__).parent / "probe.py")]
HOSTILE = ["$(touch pwned)", "`touch pwned`", "'\"\\", "--help", "\n\r\t", "\x1b[31m\u202e", "${HOME} %s * \u2028", "é🚀"]


def script(bus, text, name="program"):
    """A program of our own."""
    path = bus.root / name
    path.write_text("#!/bin/sh\n" + text)
    path.chmod(0o755)
    return path


def own_mark(bus):
    """A variable by which the programs of this test are known, and no others."""
    return "PROGRAM_OF=" + bus.mark.partition("=")[2]


def runs(bus, rule=""):
    return bus.json("rules", "runs", *([rule] if rule else []), "--limit", "1000")


def finished(bus, rule, count):
    def enough():
        found = [run for run in runs(bus, rule) if run["state"] == "finished"]
        return found if len(found) >= count else None
    return until(enough, f"{count} runs of {rule} have finished")


def rule_of(bus, name):
    return json.loads(bus.run("rules", "show", name, "--json").out)


def test_a_rule_runs_its_program_and_each_run_is_a_task(bus):
    program = script(bus, 'echo "$BUS_TASK_ID $BUS_RULE"; echo oops >&2; exit 3\n')
    bus.run("rules", "add", "triage", 'task.result == "failure"', "--", program)
    wait = bus.watching("wait", 'task.kind == "action" && task.state == "finished"')
    bus.deliver(run_payload(run=5, conclusion="failure"))
    assert wait.wait() == 1  # the action failed
    run, = finished(bus, "triage", 1)
    assert (run["result"], run["exit"], run["detail"], run["parent"]) == ("failure", 3, "exit 3", "github:octo/hello/run/5")
    assert run["id"] == "rule:triage/run/1" and run["started"] <= run["ended"]
    states = [event["task"]["state"] for event in bus.events('source == "rule"')]
    assert states == ["pending", "running", "finished"]
    log = bus.json("rules", "logs", "triage")
    assert {(line["stream"], line["text"]) for line in log} == {("stdout", "github:octo/hello/run/5 triage"),
                                                                ("stderr", "oops")}
    why = json.loads(bus.run("explain", "triage", "1", "--json").out)
    assert why["verdict"] == "fired" and why["run"]["result"] == "failure"
    assert bus.run("explain", "triage", "2", status=1).out.startswith("event 2, rule triage: ")
    assert rule_of(bus, "triage")["begun"] == 1


def test_hostile_text_reaches_only_the_file(bus):
    out = bus.root / "probe.json"
    work = bus.root / "work"
    work.mkdir()
    bus.run("rules", "add", "probe", "--type", "hostile", "--stdin", "event", "--cwd", work, "--env", f"PROBE_OUT={out}",
            "--env", "PROBE_THEN=exit:0", "--", *PROBE, "one", "-two")
    texts = [*HOSTILE, "x" * (1 << 20)]
    for text in texts:
        data = json.dumps({"text": text})
        bus.run("emit", "-", input=json.dumps({"type": "hostile", "subject": text[:200], "data": json.loads(data)}))
    finished(bus, "probe", len(texts))
    said = [json.loads(line) for line in out.read_text().split("\n")[:-1]]
    assert [json.loads(one["file"]["text"])["data"]["text"] for one in said] == texts
    for one, text in zip(said, texts):
        assert one["argv"] == ["one", "-two"] and one["stdin"] == one["file"]["text"]
        assert one["file"]["mode"] == 0o600 and not os.path.exists(one["file"]["path"])
        assert set(one["fds"]) <= {"0", "1", "2", "3"} and one["pgid"] == one["pid"] and one["cwd"] == str(work)
        assert one["env"]["BUS_EVENT_SUBJECT"] == text[:200]
        assert text[:200] in (one["env"][name] for name in one["env"] if name.startswith("BUS_EVENT"))
    assert os.listdir(work) == []


def test_programs_of_rules_do_not_inherit_the_hosts_environment(world):
    world.serve(env={"MY_TOKEN": "hunter2", "PASSED": "yes"})
    world.set_secret("s3cret", "pager")
    out = world.root / "env"
    program = script(world, f"env > {out}.new; mv {out}.new {out}\n")
    world.run("rules", "add", "env", "--type", "go", "--pass-env", "PASSED", "--secret-env", "PAGER=pager", "--", program)
    world.emit("--type", "go")
    finished(world, "env", 1)
    env = dict(line.split("=", 1) for line in out.read_text().splitlines())
    assert "MY_TOKEN" not in env and env["PASSED"] == "yes" and env["PAGER"] == "s3cret"
    assert env["TRACEPARENT"].startswith("00-")
    everything = world.run("rules", "show", "env").out + world.run("rules", "test", "env", "1").out
    assert "s3cret" not in everything and "the secret 'pager'" in everything
    assert b"s3cret" not in b"".join(path.read_bytes() for path in world.root.rglob("*") if path.is_file()
                                     and path.name not in ("env", "pager"))


def test_what_a_program_emits_carries_its_trace_and_loops_are_cut(bus):
    bus.run("rules", "add", "loop", "--type", "again", "--env", f"BUS_BIN={os.environ.get('BUS_BIN', 'bus')}", "--",
            script(bus, 'exec "$BUS_BIN" emit --type again\n'))
    bus.emit("--type", "again")
    until(lambda: len(bus.events('type == "again"')) == 9, "the loop is cut")
    events = bus.events('type == "again"')
    assert len({event["trace"].split("-")[1] for event in events[1:]}) == 1
    why = until(lambda: next((w for w in [json.loads(bus.run("explain", "loop", events[-1]["seq"], "--json",
                                                             status=None).out)] if w["verdict"] == "too_deep"), None),
                "the last is not run for")
    assert "loop" in why["text"]
    finished(bus, "loop", 8)
    assert len(bus.events('type == "again"')) == 9


def test_files_written_by_hand_are_checked_and_taken_without_a_restart(bus):
    folder = bus.config / "rules.d"
    until(folder.is_dir, "the folder is there")
    (folder / "mine.toml").write_text('on = "type == \'a\'"\nrun = ["/bin/true"]\n')
    until(lambda: [rule["state"] for rule in bus.json("rules", "list")] == ["active"], "it is taken")
    (folder / "bad.toml").write_text('on = "type =="\nrun = ["/bin/true"]\nwhen_bussy = "drop"\n')
    listed = until(lambda: next((r for r in bus.json("rules", "list", status=None) if r["state"] == "invalid"), None), "it is seen")
    assert "bad.toml:1" in listed["why"] and "when_busy" in listed["why"]
    assert bus.run("rules", "list", status=1)
    assert "bad" in " ".join(bus.status()["reasons"])
    (folder / "bad.toml").unlink()
    until(lambda: bus.status()["state"] == "ok", "all is well again")
    bus.run("rules", "disable", "mine")
    assert rule_of(bus, "mine")["state"] == "disabled"
    bus.run("rules", "remove", "mine")
    assert not (folder / "mine.toml").exists()
    assert bus.run("rules", "show", "mine", status=66)


def test_usage_is_checked_before_anything_is_changed(bus):
    for args in (["x", "type =="], ["Bad Name", "true"], ["x", "true", "--rate", "fast"], ["x", "true", "--max-wait", "1s"],
                 ["x", "true", "--secret-env", "hunter2"], ["x", "true", "--limit", "files=1"], ["x"]):
        done = bus.run("rules", "add", *args, "--", "/bin/true", status=2)
        assert done.err.startswith("bus: ") and "hunter2" not in done.err
    assert bus.run("rules", "add", "x", "true", "--", "/nonexistent", status=127)
    assert bus.run("rules", "add", "x", "true", "--", "/etc/passwd", status=126)
    assert bus.json("rules", "list") == []
    bus.run("rules", "add", "x", "--type", "a", "--", "/bin/true")
    assert bus.run("rules", "add", "x", "--type", "a", "--", "/bin/true", status=75)
    bus.run("rules", "add", "x", "--type", "b", "--replace", "--", "/bin/true")
    assert rule_of(bus, "x")["settings"]["on"] == 'type == "b"'
    assert bus.run("emit", "--source", "rule", "--type", "a", status=77)


@pytest.mark.parametrize("policy, expected", [
    (["--when-busy", "queue"], 4), (["--when-busy", "drop"], 1), (["--when-busy", "latest"], 2), (["--restart"], None)])
def test_policies_when_busy(bus, policy, expected):
    gate = bus.root / "gate"
    os.mkfifo(gate)
    program = script(bus, f'cat {gate} > /dev/null\n')
    bus.run("rules", "add", "r", "--type", "go", *policy, "--", program)
    first = bus.emit("--type", "go")["seq"]
    until(lambda: [run["state"] for run in runs(bus, "r")] == ["running"], "the first runs")
    seqs = [bus.emit("--type", "go")["seq"] for _ in range(3)]
    until(lambda: json.loads(bus.run("explain", "r", seqs[-1], "--json", status=None).out)["verdict"] not in ("not_yet", "not_then"),
          "all are decided")

    def let_go():
        try:
            os.close(os.open(gate, os.O_WRONLY | os.O_NONBLOCK))
        except OSError:
            pass
        found = runs(bus, "r")
        return found if found and all(run["state"] == "finished" for run in found) else None
    ended = until(let_go, "all have ended")
    if expected is None:  # how many begin before the next one stops them is a matter of time
        assert [run["detail"] for run in ended] == ["exit 0"] + ["restarted (SIGTERM)"] * (len(ended) - 1)
        assert len(ended) >= 2 and ended[0]["ok"]
        return
    assert len(ended) == expected
    verdicts = [json.loads(bus.run("explain", "r", seq, "--json", status=None).out)["verdict"] for seq in [first, *seqs]]
    assert verdicts == {"queue": ["fired"] * 4, "drop": ["fired"] + ["dropped"] * 3}.get(
        policy[-1], ["fired", "fired", "folded", "folded"])


def test_a_program_that_takes_too_long_or_is_removed_is_gone_with_all_its_children(bus):
    bomb = script(bus, """trap '' TERM
i=0
while [ $i -lt 50 ]; do
  (trap '' TERM; exec sleep 1000) &
  setsid sh -c "trap '' TERM; exec sleep 1000" &
  i=$((i + 1))
done
echo ready
wait
""")
    mark = own_mark(bus)
    bus.run("rules", "add", "bomb", "--type", "go", "--env", mark, "--stop-timeout", "100ms", "--", bomb)
    bus.emit("--type", "go")
    until(lambda: len(processes_with(mark)) > 100, "a hundred and more run")
    bus.run("rules", "remove", "bomb")
    until(lambda: not processes_with(mark), "nobody is left")
    run, = finished(bus, "bomb", 1)
    assert run["result"] == "cancellation" and run["detail"] == "the rule was removed (SIGKILL)"
    bus.run("rules", "add", "slow", "--type", "go", "--run-timeout", "50ms", "--", script(bus, "exec sleep 1000\n", "slow"))
    bus.emit("--type", "go")
    run, = finished(bus, "slow", 1)
    assert (run["result"], run["detail"]) == ("timeout", "SIGTERM")


def test_a_host_that_stops_ends_its_programs_and_keeps_what_waits(bus):
    mark = own_mark(bus)
    bus.run("rules", "add", "r", "--type", "go", "--env", mark, "--", script(bus, "exec sleep 1000\n"))
    for _ in range(3):
        bus.emit("--type", "go")
    until(lambda: processes_with(mark), "the first runs")
    bus.stop()
    assert not processes_with(mark)
    bus.serve()
    until(lambda: processes_with(mark), "the second runs")
    states = sorted((run["state"], run.get("detail", "")) for run in runs(bus, "r"))
    assert states == [("finished", "the host stopped (SIGTERM)"), ("pending", ""), ("running", "")]


def test_killed_again_and_again_each_event_runs_once_or_is_lost(bus):
    """kill -9 of the host at any moment of its programs' lives."""
    out = bus.root / "ran"
    program = script(bus, f'echo "$BUS_EVENT_SEQ" >> {out}\nsleep 0.0$((BUS_EVENT_SEQ % 7))\n')
    bus.run("rules", "add", "r", "--type", "go", "--jobs", "3", "--", program)
    chance, sent = random.Random(7), []
    for _ in range(8):
        for _ in range(5):
            sent.append(bus.emit("--type", "go")["seq"])
        time.sleep(chance.random() * 0.05)  # any moment will do
        bus.kill()
        bus.serve()
    ended = {int(run["id"].rpartition("/")[2]): run for run in finished(bus, "r", len(sent))}
    assert sorted(ended) == sent
    ran = [int(line) for line in out.read_text().split()]
    assert len(ran) == len(set(ran))
    for seq, run in ended.items():
        assert run["detail"] in ("exit 0", "lost"), run
        assert run["detail"] == "lost" or seq in ran
    assert any(run["detail"] == "exit 0" for run in ended.values())


def test_a_thousand_runs_at_once_leave_nothing_behind(world):
    world.configure("[rules]\nmax_runs = 1000\nmax_queued = 2000\n")
    world.serve()
    host = world.host.pid
    gate = world.root / "gate"
    os.mkfifo(gate)
    mark = own_mark(world)
    world.run("rules", "add", "many", "--type", "go", "--jobs", "1000", "--env", mark, "--",
              script(world, f"exec cat {gate}\n"))

    def descriptors():
        """Those that a run might have left; the store keeps a few connections for readers."""
        names = [os.readlink(f"/proc/{host}/fd/{fd}") for fd in os.listdir(f"/proc/{host}/fd")]
        return sorted(name for name in names if "bus.db" not in name)
    before = descriptors()
    lines = "".join(json.dumps({"type": "go"}) + "\n" for _ in range(1000))
    world.run("emit", "--bulk", "-", input=lines)
    until(lambda: len(processes_with(mark)) == 1000, "a thousand run")
    with open(gate, "wb"):
        pass  # each reads the end
    def over():
        if not processes_with(mark):
            return True
        try:
            os.close(os.open(gate, os.O_WRONLY | os.O_NONBLOCK))
        except OSError:
            pass
        return False
    until(over, "all have ended")
    until(lambda: rule_of(world, "many")["running"] == 0, "the host knows")
    # A few are opened with the first program, once.
    until(lambda: len(descriptors()) <= len(before) + 5, "no descriptor is left")
    children = Path(f"/proc/{host}/task/{host}/children")
    assert not children.exists() or children.read_text().split() == []
    assert sum(run["result"] == "success" for run in runs(world, "many")) == 1000
    assert list((world.runtime / "events").iterdir()) == []


def test_the_log_can_be_followed_while_the_program_writes(bus):
    gate = bus.root / "gate"
    os.mkfifo(gate)
    bus.run("rules", "add", "talk", "--type", "go", "--", script(bus, f'printf "a\\0b\\377"; cat {gate}; echo end >&2\n'))
    bus.emit("--type", "go")
    until(lambda: (bus.state / "runs" / "talk").is_dir() and list((bus.state / "runs" / "talk").iterdir()), "a log is there")
    follow = bus.start("rules", "logs", "talk", "-f")
    with open(gate, "wb", buffering=0) as pipe:
        for i in range(3):
            pipe.write(b"line %d\n" % i)
            until(lambda: b"line %d\n" % i in follow.streams["out"], "the line is there")
    assert follow.wait() == 0
    assert follow.streams["out"] == b"a\0b\xffline 0\nline 1\nline 2\nend\n"


def test_test_and_trigger(bus):
    program = script(bus, 'test "$BUS_EVENT_TYPE" = other\n')
    bus.run("rules", "add", "r", "--type", "go", "--", program)
    seq = bus.emit("--type", "other")["seq"]
    assert "does not match" in bus.run("rules", "test", "r", seq, status=1).out
    assert "matches" in bus.run("rules", "test", "r", '{"type": "go"}').out
    assert runs(bus) == []
    task = bus.run("rules", "trigger", "r", seq).out.strip()
    bus.run("wait", f'task.id == "{task}" && task.state == "finished"', "--since", "start")
    run, = finished(bus, "r", 1)
    assert run["id"] == task and run["result"] == "success"
    assert bus.run("rules", "trigger", "r", "999999", status=66)
