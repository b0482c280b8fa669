"""plugins-sdk/python/bus_client.py against a real host."""

import pathlib
import sys
import threading

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "plugins-sdk" / "python"))
import bus_client  # noqa: E402


@pytest.fixture
def client(bus):
    with bus_client.connect(str(bus.runtime / "bus.sock")) as made:
        yield made


def note(number, **more):
    return {"source": "py", "type": "note", "subject": str(number), **more}


def test_emit_answers_with_a_receipt_and_knows_duplicates(client):
    first = client.emit(note(1, key="k"), durable=True)
    again = client.emit(note(1, key="k"))
    assert first["seq"] == 1 and not first["duplicate"]
    assert again["duplicate"] and again["id"] == first["id"]


def test_emit_many_answers_in_order(client):
    results = client.emit_many([note(1), {"type": "x"}, note(2)])
    assert [("error" in r) for r in results] == [False, True, False]


def test_refusals_are_typed(client):
    with pytest.raises(bus_client.BusError) as why:
        client.emit({"source": "py", "type": "NOT A WORD"})
    assert why.value.code == "invalid" and not why.value.retryable
    with pytest.raises(bus_client.BusError) as why:
        next(client.subscribe("type =="))
    assert why.value.code == "invalid"


def test_subscribe_replays_and_goes_on_live(client, bus):
    client.emit_many([note(n) for n in range(600)])
    events = client.subscribe('source == "py"', since="start", timeout=20)
    seen = [next(events)["subject"] for _ in range(600)]
    assert seen == [str(n) for n in range(600)]
    with bus_client.connect(str(bus.runtime / "bus.sock")) as other:
        other.emit(note("live", data={"text": "é\n"}))
    assert next(events)["data"]["text"] == "é\n"


def test_a_cursor_goes_on_where_it_was_acknowledged(bus):
    path = str(bus.runtime / "bus.sock")
    with bus_client.connect(path) as one:
        one.emit_many([note(n) for n in range(5)])
        events = one.subscribe(cursor="mine", since="start", timeout=20)
        for _ in range(3):
            event = next(events)
        one.ack("mine", event["seq"])
    with bus_client.connect(path) as two:
        assert next(two.subscribe(cursor="mine", timeout=20))["subject"] == "3"


def test_wait_returns_the_event_or_none(bus):
    path = str(bus.runtime / "bus.sock")
    assert bus_client.wait('type == "never"', timeout=0.1, path=path) is None
    found = []
    waiter = threading.Thread(target=lambda: found.append(bus_client.wait('type == "note"', since="start", timeout=20, path=path)))
    waiter.start()
    with bus_client.connect(path) as client:
        client.emit(note("now"))
    waiter.join()
    assert found[0]["subject"] == "now"


def test_no_host_is_told_as_such(world):
    with pytest.raises(bus_client.BusError) as why:
        bus_client.connect(str(world.runtime / "bus.sock"))
    assert why.value.code == "unavailable" and why.value.retryable
