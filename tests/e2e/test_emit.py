"""bus emit: every way to say an event, and what is answered."""

import json

import pytest


def stored(bus):
    return bus.events()[-1]


def test_flags(bus):
    done = bus.run("emit", "--type", "deploy", "--source", "ci", "--scope", "octo/hello", "--subject", "web", "--summary",
                   "v1.2 is live", "--key", "k1", "--time", "2026-11-20T08:00:00+01:00", "--data", '{"n": [1, 2.50]}',
                   "--task", "id=deploy/1", "kind=deployment", "state=finished", "result=success", "attempt=2", "name=a, b")
    event = stored(bus)
    assert done.out.split() == [event["id"], str(event["seq"])]
    assert {name: event[name] for name in ("type", "source", "scope", "subject", "summary", "key", "time", "data")} == {
        "type": "deploy", "source": "ci", "scope": "octo/hello", "subject": "web", "summary": "v1.2 is live", "key": "k1",
        "time": "2026-11-20T07:00:00.000000Z", "data": {"n": [1, 2.5]}}
    assert event["task"] == {"id": "deploy/1", "attempt": 2, "kind": "deployment", "name": "a, b", "state": "finished",
                             "result": "success", "ok": True, "effect": "new"}


def test_default_source_and_summary(bus):
    bus.run("emit", "--type", "note")
    assert stored(bus)["source"] == "cli" and stored(bus)["summary"]


def test_json_inline_file_and_stdin(bus):
    event = {"type": "note", "scope": "x", "data": {"text": "quotes \" and 🚀"}}
    text = json.dumps(event, indent=2)
    path = bus.root / "event.json"
    path.write_text(text)
    bus.run("emit", text)
    bus.run("emit", f"@{path}")
    bus.run("emit", "-", input=text)
    for one in bus.events():
        assert {name: one[name] for name in event} == event and one["source"] == "cli"
    assert len(bus.events()) == 3


def test_data_from_file_and_stdin(bus):
    path = bus.root / "data.json"
    path.write_text("[1, 2]\n")
    bus.run("emit", "--type", "a", "--data", f"@{path}")
    assert stored(bus)["data"] == [1, 2]
    bus.run("emit", "--type", "a", "--data", "-", input='"text"')
    assert stored(bus)["data"] == "text"


def test_task_as_json(bus):
    bus.run("emit", "--type", "a", "--task", '{"id": "t/1", "kind": "work", "state": "blocked", "blocked_on": "input"}')
    assert stored(bus)["task"]["blocked_on"] == "input"


def test_duplicate(bus):
    first = bus.emit("--type", "a", "--key", "same")
    again = bus.run("emit", "--type", "a", "--key", "same")
    assert first["duplicate"] is False and again.out.split() == [first["id"], str(first["seq"])]
    assert "duplicate" in again.err
    assert bus.emit("--type", "b", "--key", "same")["duplicate"] is True
    assert bus.emit("--type", "a", "--source", "other", "--key", "same")["duplicate"] is False
    assert len(bus.events()) == 2
    assert bus.run("emit", "-q", "--type", "a", "--key", "same").err == ""


def test_durable(bus):
    receipt = bus.emit("--type", "a", "--durable")
    bus.kill()
    bus.serve()
    assert [event["id"] for event in bus.events()] == [receipt["id"]]


def test_effect_is_told(bus):
    task = ("--task", "id=t/1", "kind=work")
    assert [bus.emit("--type", "a", *task, *state)["effect"] for state in
            (("state=running",), ("state=running",), ("state=finished", "result=failure"), ("state=running",))] == [
                "new", "repeat", "new", "stale"]


def test_bulk(bus):
    text = "".join(json.dumps({"type": "a", "data": {"n": n}}) + "\n" for n in range(5000))
    done = bus.run("emit", "--bulk", input=text)
    assert len(done.out.splitlines()) == 5000 and "5000 stored" in done.err
    assert [event["data"]["n"] for event in bus.events()] == list(range(5000))


def test_bulk_tells_bad_lines_and_stores_the_rest(bus):
    given = ['{"type": "a"}', "", "nonsense", '{"type": "B"}', '{"type": "c", "typo": 1}', "[]", '{"type": "d"}']
    done = bus.run("emit", "--bulk", "--json", input="\n".join(given), status=2)
    receipts = [json.loads(line) for line in done.out.splitlines()]
    assert [receipt["line"] for receipt in receipts] == [1, 7]
    told = [line for line in done.err.splitlines() if "line " in line]
    assert sorted(int(line.split("line ")[1].split(":")[0]) for line in told) == [3, 4, 5, 6]
    assert "2 stored" in done.err and "4 refused" in done.err
    assert [event["type"] for event in bus.events()] == ["a", "d"]


def test_bulk_from_a_file_with_duplicates(bus):
    path = bus.root / "events.ndjson"
    path.write_text('{"type": "a", "key": "1"}\n{"type": "a", "key": "1"}\n{"type": "a", "key": "2"}')
    done = bus.run("emit", "--bulk", f"@{path}", "--durable")
    assert "1 of them duplicates" in done.err and len(bus.events()) == 2
    bus.run("emit", "--bulk", "@/nowhere", status=66)


@pytest.mark.parametrize("size", [1 << 20, 10 << 20])
def test_large_data(bus, size):
    data = {"text": "x" * size}
    bus.run("emit", "--type", "a", "--data", "-", input=json.dumps(data))
    assert stored(bus)["data"] == data


def test_larger_than_a_frame_is_refused_clearly(bus):
    done = bus.run("emit", "--type", "a", "--data", "-", input=json.dumps({"text": "x" * (17 << 20)}), status=None)
    assert done.returncode in (2, 75) and "larger than" in done.err, (done.returncode, done.err)
    assert bus.status()["state"] == "ok" and bus.events() == []
