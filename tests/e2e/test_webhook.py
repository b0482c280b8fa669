"""Deliveries over HTTP: who may send, what is refused, and that what was accepted is stored once, byte for byte."""

import hashlib
import hmac
import json
import socket
import threading
import urllib.parse
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

from busproc import PATIENCE, SECRET, run_payload, sign, until

MIB = 1 << 20


def test_good_delivery_is_stored_and_normalized(bus):
    delivery = str(uuid.uuid4())
    answer = bus.deliver(run_payload(run=7), delivery=delivery)
    assert answer.status == 202, answer
    event, = bus.events()
    told, = answer.json["events"]
    assert (told["id"], told["seq"]) == (event["id"], event["seq"])
    assert event["source"] == "github" and event["type"] == "workflow_run" and event["key"] == delivery
    assert event["scope"] == "octo/hello" and event["subject"] == "run/7"
    assert event["task"]["id"] == "github:octo/hello/run/7"
    assert event["task"]["state"] == "finished" and event["task"]["result"] == "success"
    assert event["data"]["workflow_run"]["id"] == 7


def test_a_crowd_that_comes_at_once_is_taken_whole(bus):
    crowd = []
    for number in range(600):
        body = run_payload(run=number)
        head = (f"POST /webhook HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
                f"X-GitHub-Event: workflow_run\r\nX-GitHub-Delivery: crowd-{number}\r\n"
                f"X-Hub-Signature-256: {sign(body)}\r\n\r\n")
        one = socket.create_connection(("127.0.0.1", bus.port), timeout=PATIENCE)
        one.sendall(head.encode() + body)
        crowd.append(one)
    assert {one.recv(12) for one in crowd} == {b"HTTP/1.1 202"}
    for one in crowd:
        one.close()
    assert bus.status()["store"]["events"] == 600


@pytest.mark.parametrize("path", ["/webhook", "/webhooks/github"])
def test_both_paths_take_deliveries(bus, path):
    body = run_payload()
    headers = {"X-GitHub-Event": "workflow_run", "X-GitHub-Delivery": "one", "X-Hub-Signature-256": sign(body),
               "Content-Type": "application/json"}
    assert bus.request("POST", path, body, headers).status == 202


@pytest.mark.parametrize("name, signature", [
    ("wrong", "sha256=" + "0" * 64),
    ("of another secret", None),
    ("missing", ""),
    ("empty", "sha256="),
    ("no scheme", "0" * 64),
    ("sha1 only", "sha1=" + "0" * 40),
    ("too short", "sha256=" + "0" * 63),
    ("too long", "sha256=" + "0" * 66),
    ("not hexadecimal", "sha256=" + "z" * 64),
])
def test_bad_signature_is_401(bus, name, signature):
    body = run_payload()
    signature = sign(body, "another") if signature is None else signature
    answer = bus.deliver(body, signature=signature)
    assert answer.status == 401, (name, answer)
    assert answer.code.startswith("signature_"), answer
    assert bus.events() == []


def test_signature_is_checked_before_anything_is_parsed(bus):
    for body in (b"{", b"", b"\xff\xfe", b"[" * 100_000):
        answer = bus.deliver(body, signature="sha256=" + "0" * 64)
        assert answer.status == 401, answer
    # The same bytes, signed: now what they are matters.
    answer = bus.deliver(b"{")
    assert answer.status == 400 and answer.code == "bad_json", answer
    # Headers that are missing do not come first either.
    body = run_payload()
    answer = bus.request("POST", "/webhook", body, {"X-Hub-Signature-256": "sha256=" + "0" * 64})
    assert answer.status == 401, answer
    assert bus.events() == []


def test_body_that_was_changed_after_signing_is_refused(bus):
    body = run_payload()
    assert bus.deliver(body.replace(b"success", b"failure"), signature=sign(body)).status == 401


def test_two_signatures_are_not_a_choice(bus):
    body = run_payload()
    head = (f"POST /webhook HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\nX-GitHub-Event: push\r\n"
            f"X-GitHub-Delivery: d\r\nX-Hub-Signature-256: sha256={'0' * 64}\r\n"
            f"X-Hub-Signature-256: {sign(body)}\r\n\r\n").encode()
    assert raw_status(bus, head + body) in (400, 401)
    assert bus.events() == []


@pytest.mark.parametrize("header, code", [("X-GitHub-Event", "missing_event"), ("X-GitHub-Delivery", "missing_delivery")])
def test_missing_header_is_named(bus, header, code):
    body = run_payload()
    headers = {"X-GitHub-Event": "push", "X-GitHub-Delivery": "d", "X-Hub-Signature-256": sign(body)}
    del headers[header]
    answer = bus.request("POST", "/webhook", body, headers)
    assert answer.status == 400 and answer.code == code, answer


def test_rotated_secret_accepts_both_values_until_the_old_one_goes(bus):
    body = run_payload()
    bus.set_secret("the-new-one", "github", "--add")
    assert (bus.config / "secrets" / "github").read_text().split() == ["the-new-one", SECRET]
    assert bus.deliver(body).status == 202
    assert bus.deliver(body, secret="the-new-one").status == 202
    assert bus.deliver(body, secret="neither").status == 401
    bus.set_secret("the-new-one")
    assert bus.deliver(body).status == 401
    assert bus.deliver(body, secret="the-new-one").status == 202


def test_secret_file_with_two_lines(world):
    world.config.mkdir(mode=0o700)
    (world.config / "secrets").mkdir(mode=0o700)
    path = world.config / "secrets" / "github"
    path.write_text("first\nsecond\n")
    path.chmod(0o600)
    world.serve()
    for secret in ("first", "second"):
        assert world.deliver(run_payload(), secret=secret).status == 202
    assert world.deliver(run_payload(), secret="first\nsecond").status == 401


def test_secret_that_others_can_read_is_not_used(bus):
    (bus.config / "secrets" / "github").chmod(0o644)
    answer = until(lambda: (a := bus.deliver(run_payload())).status == 503 and a, "the host sees the mode")
    assert answer.code == "secret_unusable", answer


def test_without_secret_503_and_everybody_says_how_to_set_one(world):
    world.serve()
    answer = world.deliver(run_payload())
    assert answer.status == 503 and answer.code == "secret_missing", answer
    assert "bus secret set github" in answer.json["error"]["hint"]
    # Known before the first delivery as well: whoever asks is told.
    for verb in ("status", "doctor"):
        done = world.run(verb, "--no-autostart", status=None)
        assert "bus secret set github" in done.out + done.err, (verb, done.out, done.err)
    assert [e for e in world.events() if e["source"] == "github"] == []  # doctor stores a check of its own


def test_secret_set_and_removed_while_the_host_runs(world):
    world.serve()
    assert world.deliver(run_payload()).status == 503
    world.set_secret()
    assert world.deliver(run_payload()).status == 202
    world.run("secret", "remove", "github")
    assert world.deliver(run_payload()).status == 503


def test_redelivery_is_one_event_and_200(bus):
    delivery = str(uuid.uuid4())
    first = bus.deliver(run_payload(), delivery=delivery)
    again = [bus.deliver(run_payload(), delivery=delivery) for _ in range(3)]
    assert first.status == 202 and [a.status for a in again] == [200] * 3
    assert all(a.json["status"] == "duplicate" for a in again)
    assert all(a.json["events"] == first.json["events"] for a in again)
    assert len(bus.events()) == 1


def test_redelivery_is_known_after_a_restart(bus):
    assert bus.deliver(run_payload(), delivery="same").status == 202
    bus.kill()
    bus.serve()
    assert bus.deliver(run_payload(), delivery="same").status == 200
    assert len(bus.events()) == 1


def test_form_encoded(bus):
    payload = run_payload(run=12)
    body = urllib.parse.urlencode({"payload": payload.decode()}).encode()
    answer = bus.deliver(body, headers={"Content-Type": "application/x-www-form-urlencoded"})
    assert answer.status == 202, answer
    event, = bus.events()
    assert event["data"] == json.loads(payload) and event["subject"] == "run/12"
    assert bus.run("events", "show", event["seq"], "--raw").stdout == body


def test_ping(bus):
    answer = bus.deliver(json.dumps({"zen": "Keep it logically awesome.", "hook_id": 1}).encode(), event="ping")
    assert answer.status == 202, answer
    event, = bus.events()
    assert event["type"] == "ping" and "task" not in event
    assert "ping received" in bus.run("sources").out


def test_unknown_event_is_stored_with_its_body(bus):
    body = b'{"brand": {"new": [1, 2.50, "\\u00e9"]}}'
    assert bus.deliver(body, event="quantum_entangled").status == 202
    event, = bus.events()
    assert event["type"] == "quantum_entangled" and event["data"] == json.loads(body)


@pytest.mark.parametrize("body", [
    b'{"a": 1}',
    b'{ "z" : 1 ,\r\n\t"a": [ 1.50, 1e5, 12345678901234567890, -0.0 ] ,  "dup": 1, "dup": 2 }\n',
    '{"text": "quotes \\" \\\\ \\u0000 \\ud83d\\ude80 🚀 \\u202e \\u001b[31m"}'.encode(),
    b"  \n" + run_payload() + b"\n\n",
])
def test_raw_body_is_kept_byte_for_byte(bus, body):
    answer = bus.deliver(body, event="push")
    assert answer.status == 202, answer
    seq = answer.json["events"][0]["seq"]
    assert bus.run("events", "show", seq, "--raw").stdout == body


def raw_status(bus, request):
    """Sends these bytes and reads the answer's status; what the host did not want to read is no error."""
    with socket.create_connection(("127.0.0.1", bus.port), timeout=120) as connection:
        try:
            connection.sendall(request)
        except (BrokenPipeError, ConnectionResetError):
            pass
        answer = b""
        while b"\r\n" not in answer:
            part = connection.recv(4096)
            assert part, "closed without an answer"
            answer += part
    return int(answer.split()[1])


def test_body_beyond_25_mib_is_413_and_the_next_client_is_served(bus):
    head = (f"POST /webhook HTTP/1.1\r\nHost: x\r\nContent-Length: {25 * MIB + 1}\r\n"
            "X-GitHub-Event: push\r\nX-GitHub-Delivery: d\r\n\r\n").encode()
    assert raw_status(bus, head) == 413
    # Announced by nobody, and sent until the host has had enough.
    chunks = b"".join(b"%x\r\n%s\r\n" % (MIB, b"x" * MIB) for _ in range(26)) + b"0\r\n\r\n"
    assert raw_status(bus, head.replace(b"Content-Length: %d" % (25 * MIB + 1), b"Transfer-Encoding: chunked") + chunks) == 413
    assert bus.deliver(run_payload()).status == 202
    assert len(bus.events()) == 1


def big_body(size):
    frame = b'{"ref": "refs/heads/main", "repository": {"full_name": "octo/hello"}, "filler": ""}'
    return frame[:-2] + b"y" * (size - len(frame)) + frame[-2:]


def test_body_of_25_mib_is_taken_read_and_delivered(bus):
    """GitHub's own bound: what it may send must come out again by every way."""
    body = big_body(25 * MIB)
    watcher = bus.watching("wait", 'type == "push"', "--timeout", "100s")
    answer = bus.deliver(body, event="push")
    assert answer.status == 202, answer
    event_id = answer.json["events"][0]["id"]
    assert watcher.wait() == 0, watcher.err
    assert watcher.lines()[0]["id"] == event_id
    assert bus.run("events", "show", event_id, "--raw").stdout == body
    shown = json.loads(bus.run("events", "show", event_id, "--json").out)
    assert shown["data"] == json.loads(body)
    assert bus.events("--no-data")[0]["id"] == event_id


def test_body_of_10_mib_is_read_and_delivered(bus):
    body = big_body(10 * MIB)
    watcher = bus.watching("wait", 'type == "push"', "--timeout", "100s")
    answer = bus.deliver(body, event="push")
    assert answer.status == 202, answer
    assert watcher.wait() == 0, watcher.err
    assert watcher.lines()[0]["data"] == json.loads(body)
    assert bus.run("events", "show", answer.json["events"][0]["id"], "--raw").stdout == body


@pytest.mark.parametrize("connections", [16, 64])
def test_a_thousand_deliveries_at_once_are_all_stored_once(bus, connections):
    total = 1000
    key = bytes(SECRET, "ascii")
    local = threading.local()
    opened = []

    def deliver(number):
        if not hasattr(local, "connection"):
            local.connection = bus.http()
            opened.append(local.connection)
        body = run_payload(run=number)
        headers = {"Content-Type": "application/json", "X-GitHub-Event": "workflow_run",
                   "X-GitHub-Delivery": f"delivery-{number}",
                   "X-Hub-Signature-256": "sha256=" + hmac.new(key, body, hashlib.sha256).hexdigest()}
        return bus.request("POST", "/webhook", body, headers, local.connection)

    with ThreadPoolExecutor(connections) as pool:
        answers = list(pool.map(deliver, range(total)))
    for connection in opened:
        connection.close()
    assert {answer.status for answer in answers} == {202}
    events = bus.events()
    assert [event["seq"] for event in events] == list(range(1, total + 1))
    by_key = {event["key"]: event for event in events}
    assert len(by_key) == total
    for number, answer in enumerate(answers):
        told, = answer.json["events"]
        event = by_key[f"delivery-{number}"]
        assert (event["id"], event["seq"]) == (told["id"], told["seq"])
        assert event["task"]["id"] == f"github:octo/hello/run/{number}"


@pytest.mark.parametrize("request_line, status", [
    ("GET /webhook HTTP/1.1", 405), ("POST /nowhere HTTP/1.1", 404), ("POST /webhook HTTP/3.0", (400, 505)),
    ("nonsense", 400)])
def test_requests_that_are_none_of_ours(bus, request_line, status):
    got = raw_status(bus, f"{request_line}\r\nHost: x\r\nContent-Length: 0\r\n\r\n".encode())
    assert got in (status if isinstance(status, tuple) else (status,))
    assert bus.deliver(run_payload()).status == 202
