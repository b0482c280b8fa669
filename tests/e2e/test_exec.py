"""Programs as sources: lines, acknowledgements, ends and restarts, and the examples that come with the source."""

import contextlib
import json
import os
import re
import signal
import sys
from pathlib import Path

import pytest

from busproc import processes_with, until

EXAMPLES = Path(__file__).resolve().parents[2] / "sources" / "exec" / "examples"


def configure(world, command, toml="", name="exec"):
    world.configure(f"[sources.{name}]\nplugin = \"exec\"\ncommand = {json.dumps([str(word) for word in command])}\n{toml}")


def script(world, text, name="feed.py"):
    path = world.root / name
    path.write_text("import json, os, sys, time\n" + text)
    return [sys.executable, "-u", path]


def events(world):
    return [event for event in world.events() if event["source"] == "exec"]


def source(world, name="exec"):
    return [one for one in world.json("sources", status=None) if one["name"] == name][0]


def told(world, name):
    text = world.request("GET", "/metrics").body.decode()
    return sum(float(value) for value in re.findall(rf"^bus_exec_{name}(?:{{[^}}]*}})? (\S+)$", text, re.M))


def test_it_runs_only_where_it_is_configured(world):
    world.serve()
    assert [one["state"] for one in world.json("sources") if one["name"] == "exec"] in ([], ["off"])


def test_native_lines_cloudevents_and_bad_lines(world):
    task = {"id": "nightly", "kind": "work", "state": "finished", "result": "failure", "exit": 3}
    lines = [json.dumps({"type": "backup", "scope": "home", "key": "b1", "task": task, "data": {"n": 1.5}}),
             json.dumps({"specversion": "1.0", "id": "7", "source": "https://ci.example/a", "type": "com.example.Done",
                         "data": [1]}),
             "", "this is no JSON", '{"typo":"x"}', '{"type":"x","source":"github"}', "\\xff", '{"type":"a","data":"\\u0000"}']
    configure(world, script(world, "for line in json.load(open(sys.argv[1])):\n"
                                   "    sys.stdout.buffer.write(line.encode().replace(b'\\\\xff', b'\\xff') + b'\\n')\n"
                                   "sys.stdout.flush()\n"
                                   "print('to the log', file=sys.stderr)\n"
                                   "time.sleep(1000)\n") + [world.root / "lines.json"])
    (world.root / "lines.json").write_text(json.dumps(lines))
    world.serve()
    until(lambda: len(events(world)) == 7, "all lines are there")
    first, second, *bad, last = events(world)
    assert first["key"] == "exec/b1" and first["task"]["result"] == "failure" and first["task"]["exit"] == 3
    assert first["data"] == {"n": 1.5} and first["scope"] == "home"
    assert (second["type"], second["key"]) == ("com_example_done", "exec/https://ci.example/a#7")
    assert last["data"] == "\0"
    assert [event["type"] for event in bad] == ["exec_bad_line"] * 4
    assert [event["data"]["line"] for event in bad] == [4, 5, 6, 7]
    assert "did you mean 'type'" in bad[1]["data"]["why"] and "source is given" in bad[2]["data"]["why"]
    assert world.run("events", "show", bad[3]["seq"], "--raw").stdout == b"\xff"
    assert told(world, "bad_lines_total") == 4 and told(world, "events_total") == 3
    until(lambda: "to the log" in world.host.err + (world.state / "host.log").read_text()
          if (world.state / "host.log").exists() else "to the log" in world.host.err, "stderr is in the log")
    assert source(world)["state"] == "ok"


def test_a_line_beyond_its_bound_is_a_bad_line(world):
    configure(world, script(world, "print(json.dumps({'type': 'a', 'data': 'x' * 5000}))\n"
                                   "print(json.dumps({'type': 'b'}))\ntime.sleep(1000)\n"), 'line_bound = "1KiB"\n')
    world.serve()
    until(lambda: len(events(world)) == 2, "both are there")
    bad, good = events(world)
    assert (bad["type"], good["type"]) == ("exec_bad_line", "b")
    assert "line_bound" in bad["summary"]


def test_a_program_hears_what_became_of_its_lines(world):
    configure(world, script(world, """
for line in ('{"type":"a","key":"k"}', 'bad', '{"type":"a","key":"k"}'):
    print(line)
    print(json.dumps({"type": "heard", "data": json.loads(sys.stdin.readline())}))
    sys.stdin.readline()
time.sleep(1000)
"""), "acknowledge = true\n")
    world.serve()
    until(lambda: sum(event["type"] == "heard" for event in events(world)) == 3, "three are heard")
    heard = [event["data"] for event in events(world) if event["type"] == "heard"]
    stored = [event for event in events(world) if event["type"] == "a"]
    assert len(stored) == 1
    assert heard[0] == {"line": 1, "ok": True, "seq": stored[0]["seq"], "id": stored[0]["id"]}
    assert (heard[1]["line"], heard[1]["ok"], heard[1]["code"]) == (3, False, "invalid")
    assert heard[2] == {"line": 5, "ok": True, "seq": stored[0]["seq"], "id": stored[0]["id"], "duplicate": True}


def test_a_flood_is_all_there_in_order_with_its_acknowledgements(world):
    """Faster than anybody reads: the program writes without listening, and listens only then."""
    configure(world, script(world, """
import threading
count = 20000
answers = []
def listen():
    time.sleep(1)
    for line in sys.stdin:
        answers.append(json.loads(line))
        if len(answers) == count: break
thread = threading.Thread(target=listen)
thread.start()
out = open(1, "w", buffering=1 << 16, closefd=False)
for number in range(count):
    out.write('{"type":"n","data":%d}\\n' % number)
out.flush()
thread.join()
good = all(one["ok"] for one in answers) and [one["line"] for one in answers] == list(range(1, count + 1))
print(json.dumps({"type": "end", "data": good}))
time.sleep(1000)
"""), "acknowledge = true\n")
    world.serve()
    until(lambda: [event for event in world.events("--no-data") if event["type"] == "end"], "the end is told")
    all_events = events(world)
    assert [event["data"] for event in all_events if event["type"] == "n"] == list(range(20000))
    assert all_events[-1]["data"] is True


def test_a_program_that_ends_is_started_again_and_said_to_be(world):
    configure(world, script(world, "print(json.dumps({'type': 'run'}))\nsys.exit(3)\n"),
              'restart_pause = "10ms"\nrestart_pause_max = "50ms"\n')
    world.serve()
    until(lambda: len(events(world)) >= 4, "it ran four times")
    until(lambda: source(world)["state"] == "retrying", "it is said")
    assert "its program ended (exit 3)" in source(world)["reason"]
    assert told(world, "starts_total") >= 4


def test_a_program_that_is_not_there(world):
    configure(world, ["/nonexistent/feed"])
    world.serve()
    until(lambda: source(world)["state"] == "failed", "it is said")
    assert "/nonexistent/feed" in source(world)["reason"]


def test_every_interval_has_a_run(world):
    configure(world, script(world, "print(json.dumps({'type': 'run', 'data': [os.environ['A'], os.getcwd()]}))\n"),
              f'every = "1s"\nenvironment = ["A=1=2"]\ndirectory = "{world.root}"\n')
    world.serve()
    until(lambda: len(events(world)) >= 3, "three runs")
    assert events(world)[0]["data"] == ["1=2", os.path.realpath(world.root)]
    assert source(world)["state"] == "ok"


def test_a_run_that_takes_too_long_is_stopped(world):
    configure(world, script(world, "print(json.dumps({'type': 'run'}))\ntime.sleep(1000)\n"),
              'every = "2s"\ntimeout = "1s"\n')
    world.serve()
    until(lambda: "took too long" in source(world).get("reason", ""), "it is stopped")
    until(lambda: len(events(world)) >= 2, "and run again")


def test_the_program_and_its_children_go_with_the_host(world):
    configure(world, ["/bin/sh", "-c", 'sleep 1000 & echo \'{"type":"up"}\'; wait'])
    world.serve()
    until(lambda: events(world), "it runs")
    assert len([1 for argv in processes_with(world.mark).values() if "sleep" in " ".join(argv)]) >= 1
    world.stop()
    left = [argv for argv in processes_with(world.mark).values() if "sleep" in " ".join(argv)]
    assert left == []


def test_two_programs_have_keys_of_their_own(world):
    command = json.dumps([str(word) for word in script(world, "print(json.dumps({'type': 'a', 'key': 'k'}))\ntime.sleep(1000)\n")])
    world.configure(f'[sources.one]\nplugin = "exec"\ncommand = {command}\n[sources.two]\nplugin = "exec"\ncommand = {command}\n')
    world.serve()
    until(lambda: len(events(world)) == 2, "both are stored")
    assert {event["key"] for event in events(world)} == {"one/k", "two/k"}


def test_wrong_settings_are_said(world):
    configure(world, ["/bin/true"], 'timeout = "1s"\n')
    world.serve()
    assert source(world)["state"] == "failed" and "timeout goes with every" in source(world)["reason"]


# The worked examples.

def test_example_disk_usage(world):
    configure(world, [EXAMPLES / "disk_usage.sh", "0"], 'every = "1s"\n', name="disks")
    world.serve()
    found = until(lambda: events(world), "it tells of a disk")
    for event in found:
        assert event["type"] == "disk_full" and event["key"].startswith("disks/" + event["subject"] + "@")
        assert event["summary"].startswith(f"{event['subject']} is {event['data']['used_percent']} % full on ")
    until(lambda: told(world, "starts_total") >= 3, "it ran again")
    keys = [event["key"] for event in events(world)]
    assert len(keys) == len(set(keys)), "once a day"


def test_example_follow_file(world):
    log, place = world.root / "deploys.log", world.root / "place"
    log.write_bytes(b"one\ntwo \xff\n\nhalf")
    configure(world, [EXAMPLES / "follow_file.py", log, place],
              'acknowledge = true\nrestart_pause = "10ms"\nrestart_pause_max = "100ms"\n', name="deploys")
    world.serve()

    def lines():
        return [event["data"]["line"] for event in events(world)]
    until(lambda: len(lines()) == 3, "the whole lines are there")
    assert lines() == ["one", "two \ufffd", ""]
    with open(log, "ab") as file:
        file.write(b" line\n")
    until(lambda: len(lines()) == 4, "the rest is there")

    # Killed again and again while the file grows: every line once, in order.
    for round_number in range(5):
        with open(log, "ab") as file:
            for number in range(200):
                file.write(f"{round_number}-{number}\n".encode())
        for pid, argv in processes_with(world.mark).items():
            if "follow_file.py" in " ".join(argv):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
    expected = ["one", "two \ufffd", "", "half line"] + [f"{r}-{n}" for r in range(5) for n in range(200)]
    until(lambda: len(lines()) >= len(expected), "all are there")
    assert sorted(lines()) == sorted(expected)

    # The host is killed, too.
    world.kill()
    with open(log, "ab") as file:
        file.write(b"while nobody looked\n")
    world.serve()
    until(lambda: "while nobody looked" in lines(), "it is found")
    assert sorted(lines()) == sorted(expected + ["while nobody looked"])

    # Another file under the same name is read from its beginning.
    new = world.root / "new"
    new.write_text("anew\n")
    os.replace(new, log)
    until(lambda: "anew" in lines(), "it is read")


@pytest.mark.parametrize("example", ["disk_usage.sh", "follow_file.py"])
def test_the_examples_are_programs(example):
    assert os.access(EXAMPLES / example, os.X_OK)
