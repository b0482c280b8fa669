"""Independent peers, from npm: the published JSON schema of CloudEvents (ajv), their SDK, and the
packages standardwebhooks and @octokit/webhooks. And GitHub's signature as curl and openssl make it.

Their packages are installed into the build folder by their lock file. Where there is no node, or no way to the registry,
this is left out and the reason printed; with CI=true only for want of a network.
"""

import fcntl
import json
import os
import shutil
import subprocess
import sys
import urllib.parse
from pathlib import Path

import pytest

from busproc import SECRET, run_payload, until

HERE = Path(__file__).parent.parent / "peers"
PLACE = Path(os.environ.get("BUS_PEERS", "/nonexistent"))


NO_NETWORK = ("ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ECONNRESET", "ETIMEDOUT", "ENETUNREACH")


def leave_out(reason):
    if os.environ.get("CI") and not any(word in reason for word in NO_NETWORK):
        pytest.fail(reason)
    pytest.skip(f"the npm peers are left out: {reason}")


def install(npm):
    for name in os.listdir(HERE):  # what is there already may be running
        if not (PLACE / name).is_file() or (PLACE / name).read_bytes() != (HERE / name).read_bytes():
            shutil.copy(HERE / name, PLACE)
    wanted, stamp = (PLACE / "package-lock.json").read_bytes(), PLACE / "installed"
    if stamp.is_file() and stamp.read_bytes() == wanted:
        return
    done = subprocess.run([npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=PLACE, check=False,
                          capture_output=True, text=True, timeout=300)
    if done.returncode != 0:
        leave_out(f"npm ci failed\n{done.stderr[-2000:]}")
    stamp.write_bytes(wanted)


@pytest.fixture(scope="session")
def peers():
    """Runs one of the scripts; its lines as JSON."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        leave_out("there is no node or no npm here")
    PLACE.mkdir(parents=True, exist_ok=True)
    with open(PLACE / "lock", "w", encoding="utf-8") as lock:  # one process installs, others of this run wait
        fcntl.flock(lock, fcntl.LOCK_EX)
        install(npm)

    def run(script, *args, input=b""):
        done = subprocess.run([node, PLACE / script, *args], input=input, capture_output=True, timeout=120, check=False)
        assert done.returncode == 0, done.stderr.decode()
        return [json.loads(line) for line in done.stdout.splitlines()]
    return run


@pytest.fixture
def filled(bus):
    """Events of every shape: webhooks with tasks, text that a CloudEvents String may not hold, no data, large numbers."""
    bus.deliver(run_payload(run=1, conclusion="failure"))
    bus.deliver(run_payload(run=2, status="in_progress", conclusion=None))
    bus.emit("--type", "note", "--subject", "tab\there \x1b[31m \u009b", "--scope", "a b/ü?#[]%", "--key", "k\x7f")
    bus.emit("--type", "bare")
    bus.emit("--type", "data", "--data", '{"n": 12345678901234567890, "list": [null, true, "\\u0000"]}')
    bus.emit("--type", "t", "--task", "id=t/1", "kind=work", "state=finished", "result=error", "attempt=4000000000",
             "detail=exit\n3", "url=https://example.com/ü")
    return bus


def test_what_the_cli_writes(filled, peers):
    for args in (("events", "list", "--all"), ("events", "watch", "--since", "start", "--count", "6"), ("events", "show", "1")):
        out = filled.run(*args, "--format", "cloudevents").stdout
        events = peers("check_cloudevents.mjs", "lines", input=out)
        assert len(events) == (1 if "show" in args else 6)
    assert events[0]["type"] == "com.github.workflow_run.completed" and events[0]["source"] == "/github/octo/hello"
    stored = filled.events()
    listed = [json.loads(line) for line in filled.run("events", "list", "--format", "cloudevents").out.splitlines()]
    assert [event["id"] for event in listed] == [event["id"] for event in stored]
    assert [event.get("data") for event in listed] == [event.get("data") for event in stored]
    bare = [json.loads(line) for line in filled.run("events", "list", "--format", "cloudevents", "--no-data").out.splitlines()]
    assert [event["type"] for event in bare] == [event["type"] for event in listed]
    assert not any("data" in event for event in bare)


@pytest.fixture
def token(bus):
    return bus.run("token", "create", "all", "--scope", "events:read", "--scope", "events:write").out.strip()


def test_what_http_gives(filled, token, peers):
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/cloudevents-batch+json"}
    answer = filled.request("GET", "/api/v1/events?limit=4", headers=headers)
    assert answer.headers["Content-Type"] == "application/cloudevents-batch+json"
    assert answer.headers["Bus-Last"] == "4" and answer.headers["Bus-End"] == "false"
    batch = peers("check_cloudevents.mjs", "http", answer.headers["Content-Type"], input=answer.body)
    one = peers("check_cloudevents.mjs", "http", "application/cloudevents+json", input=json.dumps(answer.json[0]).encode())
    assert len(batch) == 4 and one == batch[:1]
    rest = filled.request("GET", "/api/v1/events?format=cloudevents&since=4", headers={"Authorization": f"Bearer {token}"})
    assert len(peers("check_cloudevents.mjs", "http", rest.headers["Content-Type"], input=rest.body)) == 2
    assert filled.request("GET", "/api/v1/events?format=xml", headers=headers).status == 400


def test_what_the_sdk_sends(bus, token, peers):
    answers = peers("send_cloudevents.mjs", f"http://127.0.0.1:{bus.port}/api/v1/events", token)
    assert [answer["status"] for answer in answers] == [202, 202, 202]
    assert len(answers[2]["body"]["results"]) == 2
    events = bus.events()
    assert [event["key"] for event in events] == ["structured", "binary", "batch1", "batch2"]
    for event in events:
        assert (event["source"], event["type"], event["scope"]) == ("peer", "done", "octo/hello")
        assert event["time"] == "2026-11-20T08:00:00.500000Z" and event["data"] == {"n": 1, "text": "ü\n"}
        assert event["task"]["ok"] is True and event["task"]["id"] == f"peer/{event['key']}"
    assert events[0]["subject"] == "größe €"
    again = peers("send_cloudevents.mjs", f"http://127.0.0.1:{bus.port}/api/v1/events", token)
    assert [answer["status"] for answer in again] == [200, 200, 200] and bus.events() == events


def test_what_standardwebhooks_signs(world, peers):
    """v1 as the package signs; v1a with node's ed25519, whose seed is 32 sevens."""
    world.configure('[sources.orders]\nplugin = "webhook"\nauthentication = ["standard"]\ntype = "body.type"\n')
    secret, seed = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsk_BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc="
    world.set_secret(secret, "orders")
    world.set_secret("whpk_6kpsY+KcUgq+9VB7Ey7F+ZVHdq6+vnuSQh7qaRRG0iw=", "orders", "--add")
    world.serve()
    answers = peers("send_standardwebhooks.mjs", f"http://127.0.0.1:{world.port}/webhooks/orders", secret, seed)
    told = [(answer["id"], answer["status"]) for answer in answers]
    assert told == [("plain", 202), ("plain", 200), ("rotated", 202), ("changed", 401), ("early", 401), ("asymmetric", 202),
                    ("both", 202), ("forged", 401)]
    assert answers[4]["body"]["error"]["code"] == "signature_stale"
    assert [event["key"] for event in world.events()] == ["orders/plain", "orders/rotated", "orders/asymmetric", "orders/both"]
    assert {event["type"] for event in world.events()} == {"order_paid"}
    assert world.events()[0]["data"]["data"]["note"] == "ü \0 🚀"


def test_what_standardwebhooks_verifies(world, peers):
    """What sinks/http signs, with each of two secrets; and what it sends as CloudEvents, for their SDK."""
    secrets = ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=")
    taken = world.root / "requests.ndjson"
    with subprocess.Popen([sys.executable, HERE.parent / "e2e" / "http_peer.py", "0", taken, "1", "0"], stdout=subprocess.PIPE,
                          text=True) as server:
        try:
            port = int(server.stdout.readline())
            world.configure("".join(f'[sinks.{form}]\nplugin = "http"\nformat = "{form}"\nsignature = "standard"\n'
                                    f'allow_private = true\nurl = "http://127.0.0.1:{port}/{form}"\n'
                                    for form in ("structured", "binary", "batch", "native")))
            world.set_secret(secrets[0], "http_signing")
            world.set_secret(secrets[1], "http_signing", "--add")
            world.serve()
            world.emit("--type", "note", "--subject", "größe 1", "--data", '{"text": "ü \\u0000 🚀"}')
            until(lambda: taken.exists() and len(taken.read_text().splitlines()) == 4, "all have arrived")
        finally:
            server.kill()
    requests = [json.loads(line) for line in taken.read_text().splitlines()]
    lines = "".join(json.dumps({"headers": one["headers"], "body": one["body"]}) + "\n" for one in requests).encode()
    for secret in secrets:
        for verdict in peers("verify_standardwebhooks.mjs", secret, input=lines):
            assert verdict["id"] == world.events()[0]["id"]
            assert verdict["good"] is True and "No matching signature" in verdict["changed"], verdict
    for one in requests:
        if one["path"] in ("/structured", "/batch"):
            peers("check_cloudevents.mjs", "http", one["headers"]["content-type"], input=one["body"].encode())
    binary, = (one for one in requests if one["path"] == "/binary")
    event, = peers("check_cloudevents.mjs", "binary", json.dumps(binary["headers"]), input=binary["body"].encode())
    assert urllib.parse.unquote(event["subject"]) == "größe 1" and event["data"] == {"text": "ü \0 🚀"}


def test_what_octokit_signs(bus, peers):
    answers = peers("send_octokit.mjs", f"http://127.0.0.1:{bus.port}/webhook", SECRET)
    assert [(answer["id"], answer["status"]) for answer in answers] == [
        ("plain", 202), ("text", 202), ("large", 202), ("changed", 401), ("forged", 401)]
    assert [(event["key"], event["subject"]) for event in bus.events()] == [
        ("plain", "issue/1"), ("text", "issue/2"), ("large", "issue/3")]
    assert bus.events()[1]["data"]["issue"]["title"] == "ü 🚀 \0 </script>"


def test_what_curl_and_openssl_send(bus):
    """The two lines that GitHub's troubleshooting, and many a script, are made of."""
    for program in ("curl", "openssl"):
        if not shutil.which(program):
            pytest.skip(f"there is no {program}")
    body = bus.root / "body.json"
    body.write_bytes(run_payload(run=7))
    signed = subprocess.run(["openssl", "dgst", "-sha256", "-hmac", SECRET, body], check=True, capture_output=True, text=True)
    sent = ["curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}", "--noproxy", "*", "-H", "Content-Type: application/json",
            "-H", "X-GitHub-Event: workflow_run", "-H", "X-GitHub-Delivery: by-curl",
            "-H", f"X-Hub-Signature-256: sha256={signed.stdout.split()[-1]}",
            "--data-binary", f"@{body}", f"http://127.0.0.1:{bus.port}/webhook"]
    assert [subprocess.run(sent, check=True, capture_output=True, text=True).stdout for _ in range(2)] == ["202", "200"]
    assert subprocess.run([*sent[:-2], "x", sent[-1]], check=True, capture_output=True, text=True).stdout == "401"
    event, = bus.events()
    assert (event["key"], event["subject"]) == ("by-curl", "run/7")
