"""bus wait: a wait begun before and one begun after what it waits for; what it prints and how it ends."""

import json

import pytest

from busproc import run_payload, until

RUN_ENDED = 'task.kind == "run" && task.state == "finished"'


@pytest.mark.parametrize("conclusion, status", [
    ("success", 0), ("neutral", 0), ("skipped", 0), ("failure", 1), ("cancelled", 1), ("timed_out", 1),
    ("startup_failure", 1)])
def test_begun_before_and_after(bus, conclusion, status):
    before = bus.watching("wait", RUN_ENDED, "--timeout", "100s")
    assert bus.deliver(run_payload(conclusion=conclusion)).status == 202
    assert before.wait() == status, before.err
    after = bus.run("wait", RUN_ENDED, "--since", "10m", "--timeout", "100s", status=status)
    stored, = bus.events()
    assert before.lines() == [stored] == [json.loads(after.out)]


def test_other_events_do_not_end_it(bus):
    waiting = bus.watching("wait", 'task.sha.startsWith("c9a1f2e") && data.workflow_run.id == 5', "--timeout", "100s")
    for run in (3, 4):
        bus.deliver(run_payload(run=run, conclusion="failure"))
    bus.emit("--type", "note")
    assert waiting.running()
    bus.deliver(run_payload(run=5))
    assert waiting.wait() == 0
    assert waiting.lines()[0]["subject"] == "run/5"


@pytest.mark.parametrize("predicate, matches", [
    ('data.labels.exists(l, l.name == "bug")', True),
    ('data.labels.all(l, l.name == "bug")', False),
    ('data.number > 40 && data.number < 50', True),
    ('data.title.matches("^Fix .*: crash")', True),
    ('data["weird key"] == "x"', True),
    ('has(data.missing) || data.number == 42', True),
    ('data.missing == 1', False),
    ('data.title == 1', False),
    ('size(data.labels) == 2 && type == "issue" && scope == "octo/hello"', True),
])
def test_predicates_over_data(bus, predicate, matches):
    data = {"number": 42, "title": "Fix #3: crash", "weird key": "x", "labels": [{"name": "bug"}, {"name": "ui"}]}
    bus.emit("--type", "issue", "--scope", "octo/hello", "--data", json.dumps(data))
    bus.emit("--type", "end")
    done = bus.run("wait", f'({predicate}) || type == "end"', "--since", "start")
    assert (json.loads(done.out)["type"] == "issue") == matches


@pytest.mark.parametrize("since", ["start", "0", "10m", "2000-01-01T00:00:00Z"])
def test_since(bus, since):
    receipt = bus.emit("--type", "a")
    done = bus.run("wait", 'type == "a"', "--since", since, "--timeout", "100s")
    assert json.loads(done.out)["id"] == receipt["id"]


def test_since_an_event_means_behind_it(bus):
    first, second = (bus.emit("--type", "a") for _ in range(2))
    for place in (first["id"], first["seq"]):
        done = bus.run("wait", 'type == "a"', "--since", place)
        assert json.loads(done.out)["id"] == second["id"]


@pytest.mark.parametrize("since, status", [("@nobody", 66), ("01ARZ3NDEKTSV4RRFFQ69G5FAV", 66), ("yesterday", 2)])
def test_unknown_place_is_an_error_and_not_the_beginning(bus, since, status):
    bus.emit("--type", "a")
    done = bus.run("wait", 'type == "a"', "--since", since, status=status)
    assert done.out == "" and done.err.startswith("bus: ")


def test_timeout_says_what_is_outstanding(bus):
    bus.emit("--type", "a")
    done = bus.run("wait", 'type == "a" && source == "cli"', "--timeout", "300ms", status=124)
    assert done.out == "" and 'type == "a"' in done.err


def test_no_exit_status(bus):
    bus.deliver(run_payload(conclusion="failure"))
    assert bus.run("wait", RUN_ENDED, "--since", "start", "--no-exit-status").returncode == 0
    bus.run("wait", 'type == "never"', "--timeout", "100ms", "--no-exit-status", status=124)


def test_unknown_state_is_3(bus):
    bus.emit("--type", "x", "--task", "id=x/1", "kind=work", "state=unknown")
    bus.run("wait", 'type == "x"', "--since", "start", status=3)


def test_count(bus):
    waiting = bus.watching("wait", 'type == "a"', "--count", "3", "--timeout", "100s")
    seqs = [bus.emit("--type", word)["seq"] for word in ("a", "b", "a")]
    assert waiting.running()
    seqs.append(bus.emit("--type", "a")["seq"])
    assert waiting.wait() == 0
    assert [event["seq"] for event in waiting.lines()] == [seqs[0], seqs[2], seqs[3]]


def test_count_with_one_failure_is_1(bus):
    for run, conclusion in ((1, "success"), (2, "failure"), (3, "success")):
        bus.deliver(run_payload(run=run, conclusion=conclusion))
    done = bus.run("wait", RUN_ENDED, "--count", "3", "--since", "start", status=1)
    assert len(done.out.splitlines()) == 3


def test_filters_are_sugar(bus):
    bus.deliver(run_payload(run=1, conclusion="success"))
    bus.deliver(run_payload(run=2, conclusion="failure"))
    args = ("--source", "github", "--type", "workflow_run", "--scope", "octo/hello", "--sha", "c9a1f2e",
            "--state", "finished", "--result", "failure", "--match", 'data.action="completed"')
    done = bus.run("wait", *args, "--since", "start", status=1)
    assert json.loads(done.out)["subject"] == "run/2"
    shown = bus.run("wait", *args, "--explain").out.strip()
    assert bus.events(shown) == [json.loads(done.out)]


def test_all_of_and_first_of(bus):
    both = bus.watching("wait", "--all-of", 'type == "a"', "--all-of", 'type == "b"', "--timeout", "100s")
    first = bus.watching("wait", "--first-of", 'type == "b"', "--first-of", 'type == "c"', "--timeout", "100s")
    bus.emit("--type", "c")
    bus.emit("--type", "b")
    assert first.wait() == 0 and [e["type"] for e in first.lines()] == ["c"]
    assert both.running()
    bus.emit("--type", "a")
    assert both.wait() == 0 and sorted(e["type"] for e in both.lines()) == ["a", "b"]


def test_sequence(bus):
    waiting = bus.watching("wait", "--sequence", 'type == "down"', 'type == "up"', "--timeout", "100s")
    for word in ("up", "down", "note"):
        bus.emit("--type", word)
    assert waiting.running()
    bus.emit("--type", "up")
    assert waiting.wait() == 0 and [e["type"] for e in waiting.lines()] == ["down", "up"]


def test_absent(bus):
    bus.emit("--type", "beat")
    done = bus.run("wait", "--absent", 'type == "beat"', "--for", "200ms", "--since", "start", "--timeout", "100s")
    assert json.loads(done.out)["absent"] == 'type == "beat"'


def test_wait_for_a_task(bus):
    bus.emit("--type", "b", "--task", "id=build/1", "kind=work", "state=finished", "result=failure")
    done = bus.run("wait", "task", "build/1", status=1)
    assert json.loads(done.out)["task"]["result"] == "failure"
    waiting = bus.watching("wait", "task", "build/2", "--timeout", "100s")
    bus.emit("--type", "b", "--task", "id=build/2", "kind=work", "state=running")
    assert waiting.running()
    bus.emit("--type", "b", "--task", "id=build/2", "kind=work", "state=finished", "result=success")
    assert waiting.wait() == 0


def test_repeats_and_late_reports_do_not_wake(bus):
    waiting = bus.watching("wait", 'task.id == "w/1"', "--count", "2", "--timeout", "100s")
    for fields in (("state=running",), ("state=running",), ("state=finished", "result=success"), ("state=running",)):
        bus.emit("--type", "w", "--task", "id=w/1", "kind=work", *fields)
    assert waiting.wait() == 0
    assert [e["task"]["state"] for e in waiting.lines()] == ["running", "finished"]
    assert [e["task"]["effect"] for e in bus.events()] == ["new", "repeat", "new", "stale"]


def test_goes_on_over_a_restart_of_the_host(bus):
    """Nothing that was stored while the host was away, or before it came back to the reader, is missed."""
    bus.emit("--type", "other")
    waiting = bus.watching("wait", 'type == "a"', "--count", "2", "--timeout", "100s", "--no-autostart")
    first = bus.emit("--type", "a")
    bus.kill()
    bus.serve()
    second = bus.emit("--type", "a")
    assert waiting.wait() == 0, waiting.err
    assert [e["id"] for e in waiting.lines()] == [first["id"], second["id"]]


def test_host_that_stays_away_is_3_and_not_a_timeout(bus):
    waiting = bus.watching("wait", 'type == "a"', "--timeout", "2s", "--no-autostart")
    bus.kill()
    assert waiting.wait() == 3, waiting.err


def test_sixty_four_waits_wake_for_one_event(bus):
    waiting = [bus.start("wait", f'type == "go" || seq == -{n}', "--timeout", "110s") for n in range(64)]
    until(lambda: bus.readers() >= 64, "all are waiting")
    receipt = bus.emit("--type", "go")
    assert [one.wait() for one in waiting] == [0] * 64
    assert {one.lines()[0]["id"] for one in waiting} == {receipt["id"]}


def test_a_source_that_cannot_be_observed_is_3_and_not_a_timeout(world):
    world.configure('[sources.github]\npaths = ["no-slash"]\n')
    world.serve()
    for args in (("--source", "github"), ('source in ["github", "deploy"] && task.kind == "run"',),
                 ("task", "github:octo/hello/run/1"), ("--all-of", 'source == "github"', "--all-of", 'type == "a"')):
        done = world.run("wait", *args, "--timeout", "100ms", status=3)
        assert "source github is failed" in done.err and "must begin with /" in done.err and "timed out" in done.err
    done = world.run("wait", "--absent", 'source == "github"', "--for", "50ms", "--timeout", "100s", status=3)
    assert "source github is failed" in done.err and done.out == ""
    # What is still outstanding is of another source.
    world.emit("--type", "a")
    world.run("wait", "--sequence", 'type == "a"', 'source == "cli" && type == "b"', "--since", "start", "--timeout", "100ms",
              status=124)
    # Without a source that is needed, one that works is enough.
    working = [p for p in world.status()["plugins"] if p.get("role") == "source" and p["state"] in ("ok", "idle")]
    world.run("wait", 'type == "b"', "--timeout", "100ms", status=124 if working else 3)


def test_a_source_that_is_not_loaded_is_3_unless_clients_feed_it(bus):
    assert "source gihub is not loaded" in bus.run("wait", "--source", "gihub", "--timeout", "100ms", status=3).err
    bus.emit("--source", "deploy", "--type", "a")
    for source in ("deploy", "cli", "github"):
        bus.run("wait", "--source", source, "--type", "b", "--timeout", "100ms", status=124)


def test_a_task_that_is_unknown_is_3_and_not_a_timeout(bus):
    bus.emit("--type", "t", "--task", "id=t/1", "kind=work", "state=unknown")
    done = bus.run("wait", 'task.id == "t/1" && task.state == "finished"', "--timeout", "100ms", status=3)
    assert "task t/1 is in state unknown" in done.err
    assert bus.run("wait", "task", "t/1", "--timeout", "100s", status=3).err == ""


def report(bus, task, state, *more):
    return bus.emit("--type", "w", "--task", f"id={task}", "kind=job", f"state={state}", *more)


def test_a_group_is_ok_if_all_its_members_are(bus):
    report(bus, "g/1", "running", "parent=g")
    waiting = bus.watching("wait", "task", "g", "--settle", "10ms", "--timeout", "100s", "--json")
    report(bus, "g/2", "running", "parent=g")
    report(bus, "g/1", "finished", "result=success")
    assert waiting.running()
    report(bus, "g/2", "finished", "result=skip")
    assert waiting.wait() == 0, waiting.err
    *members, group = waiting.lines()
    assert [member["id"] for member in members] == ["g/2", "g/1"]
    assert group == {"group": "g", "state": "finished", "ok": True, "members": 2}
    # The same again, from what is stored; and a member that fails.
    assert bus.run("wait", "task", "g", "--timeout", "100s").out.startswith("group g: finished, ok, members: 2\n  skip ")
    report(bus, "g/3", "finished", "result=failure", "parent=g")
    done = bus.run("wait", "task", "g", "--timeout", "100s", status=1)
    assert "group g: finished, not ok, members: 3" in done.out and "failure" in done.out


def test_a_group_without_members_is_unknown(bus):
    bus.emit("--type", "w", "--task", "id=g", "kind=group", "state=pending")
    done = bus.run("wait", "task", "g", "--settle", "10ms", "--timeout", "100s", status=3)
    assert done.out == "group g: unknown, members: 0\n"
    assert json.loads(bus.run("wait", "task", "h", "--settle", "10ms", "--json", status=3).out)["state"] == "unknown"


def test_a_group_at_its_timeout(bus):
    report(bus, "g/1", "finished", "result=success", "parent=g")
    report(bus, "g/2", "running", "parent=g")
    done = bus.run("wait", "task", "g", "--timeout", "100ms", status=124)
    assert "1 of 2 members finished" in done.err and "group g: running, members: 2" in done.out
    report(bus, "g/1", "unknown", "parent=g", "attempt=2")
    assert "task g/1 is in state unknown" in bus.run("wait", "task", "g", "--timeout", "100ms", status=3).err


def test_any_and_all(bus):
    report(bus, "a", "running")
    report(bus, "b", "finished", "result=failure")
    assert json.loads(bus.run("wait", "task", "a", "b", "--any", status=1).out)["task"]["id"] == "b"
    waiting = bus.watching("wait", "task", "a", "b", "--all", "--timeout", "100s")
    report(bus, "a", "finished", "result=success")
    assert waiting.wait() == 1 and len(waiting.lines()) == 2
    bus.run("wait", "task", "a", "--any", "--all", status=2)
    bus.run("wait", "true", "--any", status=2)


def test_a_parent_that_reports_itself_is_what_it_says(bus):
    bus.emit("--type", "r", "--task", "id=r", "kind=run", "state=running")
    report(bus, "r/1", "finished", "result=success", "parent=r")
    bus.run("wait", "task", "r", "--timeout", "100ms", status=124)
    bus.emit("--type", "r", "--task", "id=r", "kind=run", "state=finished", "result=failure")
    assert json.loads(bus.run("wait", "task", "r", status=1).out)["task"]["id"] == "r"
