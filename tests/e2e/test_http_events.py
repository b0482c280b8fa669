"""/api/v1/events, tokens, and what `bus db` and `bus events query` say of the same store."""

import json
import socket

import pytest


@pytest.fixture
def token(bus):
    return bus.run("token", "create", "all", "--scope", "events:read", "--scope", "events:write").out.strip()


def call(bus, method, path, body=None, token=None, **headers):
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    return bus.request(method, path, body if body is None or isinstance(body, (str, bytes)) else json.dumps(body), headers)


EVENT = {"source": "api", "type": "note", "summary": "hello", "data": {"n": 1}}


def test_nothing_without_a_token(bus):
    for method, path in (("POST", "/api/v1/events"), ("GET", "/api/v1/events"), ("GET", "/api/v1/events/stream")):
        answer = call(bus, method, path, "{}" if method == "POST" else None)
        assert answer.status == 401 and answer.code == "token_missing", answer
        answer = call(bus, method, path, "{}" if method == "POST" else None, token="bus_wrong")
        assert answer.status == 401, answer


def test_a_token_may_do_what_its_scopes_say_until_it_is_removed(bus):
    reader = bus.run("token", "create", "r", "--scope", "events:read", "--ttl", "1h").out.strip()
    assert call(bus, "GET", "/api/v1/events", token=reader).status == 200
    assert call(bus, "POST", "/api/v1/events", EVENT, token=reader, Content_Type="application/json").status == 401
    assert bus.run("token", "create", "r", "--scope", "events:read", status=75)
    assert reader not in bus.run("token", "list", "--json").out
    assert reader not in (bus.state / "tokens.json").read_text()
    bus.run("token", "remove", "r")
    assert call(bus, "GET", "/api/v1/events", token=reader).status == 401


def test_native_events_one_and_many(bus, token):
    answer = call(bus, "POST", "/api/v1/events", {**EVENT, "key": "k"}, token=token, Content_Type="application/json")
    assert answer.status == 202 and answer.json["seq"] == 1
    answer = call(bus, "POST", "/api/v1/events", {**EVENT, "key": "k"}, token=token, Content_Type="application/json")
    assert answer.status == 200 and answer.json["duplicate"]
    answer = call(bus, "POST", "/api/v1/events", [EVENT, {"type": "x"}, {**EVENT, "source": "github"}], token=token,
                  Content_Type="application/json")
    assert [list(r)[0] for r in answer.json["results"]] == ["id", "error", "error"]
    assert answer.json["results"][2]["error"]["code"] == "denied"
    answer = call(bus, "POST", "/api/v1/events", {"type": "x"}, token=token, Content_Type="application/json")
    assert answer.status == 400 and answer.code == "invalid"


def test_cloudevents_in_every_mode_and_out(bus, token):
    cloud = {"specversion": "1.0", "id": "c1", "source": "/build/octo/hello", "type": "dev.bus.build.done", "data": {"x": 1}}
    answer = call(bus, "POST", "/api/v1/events", cloud, token=token, Content_Type="application/cloudevents+json")
    assert answer.status == 202, answer
    answer = call(bus, "POST", "/api/v1/events", [cloud, {**cloud, "id": "c2"}], token=token,
                  Content_Type="application/cloudevents-batch+json")
    assert [r["duplicate"] for r in answer.json["results"]] == [True, False]
    answer = call(bus, "POST", "/api/v1/events", '{"y":2}', token=token, Content_Type="application/json",
                  ce_specversion="1.0", ce_id="c3", ce_source="https://example.com/s", ce_type="com.example.Thing")
    assert answer.status == 202, answer
    events = call(bus, "GET", "/api/v1/events?where=source%20in%20%5B%22build%22%2C%22cloudevents%22%5D", token=token).json["events"]
    assert [(e["source"], e["type"], e["scope"], e["key"]) for e in events] == [
        ("build", "done", "octo/hello", "c1"), ("build", "done", "octo/hello", "c2"),
        ("cloudevents", "com_example_thing", "https://example.com/s", "c3")]


def test_get_filters_before_it_limits(bus, token):
    for n in range(30):
        bus.emit("--type", "odd" if n % 2 else "even", "--subject", str(n))
    page = call(bus, "GET", "/api/v1/events?where=type=='odd'&limit=5&data=false", token=token).json
    assert [e["subject"] for e in page["events"]] == ["1", "3", "5", "7", "9"] and not page["end"]
    page = call(bus, "GET", f"/api/v1/events?where=type=='odd'&since={page['last']}", token=token).json
    assert len(page["events"]) == 10 and page["end"]
    page = call(bus, "GET", "/api/v1/events?where=type=='odd'&newest=true&limit=2", token=token).json
    assert [e["subject"] for e in page["events"]] == ["27", "29"] and page["first"] == 28 and not page["end"]
    page = call(bus, "GET", "/api/v1/events?where=type=='odd'&newest=true&limit=2&until=27", token=token).json
    assert [e["subject"] for e in page["events"]] == ["23", "25"]
    assert call(bus, "GET", "/api/v1/events?limit=0", token=token).status == 400
    assert call(bus, "GET", "/api/v1/events?where=type==", token=token).status == 400


def stream(bus, path, token, **headers):
    connection = socket.create_connection(("127.0.0.1", bus.port), timeout=30)
    lines = [f"GET {path} HTTP/1.1", "Host: x", f"Authorization: Bearer {token}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    connection.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
    return connection, connection.makefile("r", encoding="utf-8", newline="\n")


def until_line(reader, wanted):
    for line in reader:
        if wanted in line:
            return line
    raise AssertionError(f"the stream ended before {wanted}")


def test_streams_replay_and_go_on_live(bus, token):
    bus.emit("--type", "first")
    connection, reader = stream(bus, "/api/v1/events/stream?since=start", token)
    assert '"seq":1' in until_line(reader, '"first"')
    bus.emit("--type", "second")
    until_line(reader, '"second"')
    connection.close()


def test_sse_goes_on_behind_the_last_event_id(bus, token):
    for name in ("one", "two", "three"):
        bus.emit("--type", name)
    connection, reader = stream(bus, "/api/v1/events/stream", token, Accept="text/event-stream", Last_Event_ID="1")
    assert until_line(reader, "id: ") == "id: 2\n"
    until_line(reader, '"two"')
    until_line(reader, '"three"')
    connection.close()


def test_db_and_query(bus, tmp_path):
    for n in range(10):
        bus.emit("--type", "note", "--key", f"k{n}")
    assert bus.json("db", "stats")[0]["events"] == 10
    assert bus.json("db", "check")[0] == {"ok": True, "problems": []}
    assert bus.json("events", "query", "SELECT count(*) AS n, source FROM events GROUP BY source") == [{"n": 10, "source": "cli"}]
    assert "only SELECT" in bus.run("events", "query", "DELETE FROM events", status=2).err
    copy = tmp_path / "copy.db"
    bus.run("db", "backup", copy)
    assert bus.run("db", "backup", copy, status=75)
    assert bus.json("db", "prune", "--keep-events", "3")[0]["removed"] == 7
    assert [e["key"] for e in bus.events()] == ["k7", "k8", "k9"]
    assert bus.run("db", "prune", status=2)
