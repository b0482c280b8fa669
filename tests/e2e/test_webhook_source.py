"""The generic receiver: every sample of its README with the services' own headers and bodies, and who is let in."""

import base64
import datetime
import hashlib
import hmac
import json
import os
import tomllib
import time
from pathlib import Path

import pytest

from busproc import until

PLACE = Path(__file__).resolve().parents[2] / "sources" / "webhook"
CASES = sorted(path.name for path in (PLACE / "testcases").iterdir())


def standard(secret, body, message="msg_1", sent=None):
    """The headers that Standard Webhooks asks for."""
    sent = str(int(time.time() if sent is None else sent))
    key = base64.b64decode(secret.removeprefix("whsec_"))
    code = hmac.new(key, f"{message}.{sent}.".encode() + body, hashlib.sha256).digest()
    return {"webhook-id": message, "webhook-timestamp": sent, "webhook-signature": "v1," + base64.b64encode(code).decode()}


def prove(table, secret, body):
    """The headers by which a sender of that configuration proves itself."""
    scheme = table["authentication"][0]
    if scheme == "hmac":
        return {table["signature_header"]: hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}
    return {table["token_header"]: secret} if scheme == "header" else standard(secret, body)


def events(world):
    return [event for event in world.events() if event["source"] == "webhook"]


def case_of(name):
    folder = PLACE / "testcases" / name
    toml = (folder / "config.toml").read_text()
    headers = dict(line.split(": ", 1) for line in (folder / "headers.txt").read_text().splitlines())
    (instance, table), = tomllib.loads(toml)["sources"].items()
    return folder, toml, instance, table, headers, (folder / "secret.txt").read_text().strip(), (folder / "body.json").read_bytes()


def told(world, name, **labels):
    """A figure of the source, as its metrics page says it."""
    text = world.request("GET", "/metrics").body.decode()
    total = 0
    for line in text.splitlines():
        if line.startswith(f"bus_webhook_{name}{{") and all(f'{key}="{value}"' in line for key, value in labels.items()):
            total += float(line.rsplit(" ", 1)[1])
    return total


def seconds(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


@pytest.mark.parametrize("name", CASES)
def test_samples(world, name):
    folder, toml, instance, table, headers, secret, body = case_of(name)
    world.configure(toml)
    world.set_secret(secret, instance)
    world.serve()
    proof = prove(table, secret, body)
    answer = world.request("POST", f"/webhooks/{instance}", body, {**headers, **proof})
    assert answer.status == 202, answer
    event, = events(world)
    assert world.run("events", "show", event["seq"], "--raw").stdout == body
    assert event.pop("data") == json.loads(body)
    if abs(seconds(event["time"]) - seconds(event["received"])) < 120:
        event.pop("time")  # it was not mapped: our own clock's
    for given in ("seq", "id", "received"):
        event.pop(given)
    text = json.dumps(event, indent=2, ensure_ascii=False) + "\n"
    if os.environ.get("UPDATE_GOLDEN"):
        (folder / "expected.json").write_text(text)
    assert text == (folder / "expected.json").read_text()
    # Delivered again it is the same occurrence.
    again = world.request("POST", f"/webhooks/{instance}", body, {**headers, **proof})
    assert again.status == 200 and again.json["status"] == "duplicate"


def test_the_readme_has_the_samples():
    readme = (PLACE / "README.md").read_text()
    for name in CASES:
        assert (PLACE / "testcases" / name / "config.toml").read_text() in readme, name


def serve(world, toml, secret="s3cret", name="webhook"):
    world.configure(f"[sources.{name}]\nplugin = \"webhook\"\n{toml}")
    if secret:
        world.set_secret(secret, name)
    world.serve()


def post(world, body, headers, path="/webhooks/webhook"):
    return world.request("POST", path, body, headers)


def test_it_runs_only_where_it_is_configured(world):
    world.serve()
    assert [one["state"] for one in world.json("sources") if one["name"] == "webhook"] in ([], ["off"])


@pytest.mark.parametrize("hashed, encoding, prefix", [
    ("sha256", "hex", "sha256="), ("sha1", "hex", ""), ("sha384", "base64", "v0 "), ("sha512", "base64", "")])
def test_every_form_of_hmac(world, hashed, encoding, prefix):
    serve(world, f'authentication = ["hmac"]\nsignature_header = "X-Sig"\nsignature_prefix = "{prefix}"\n'
                 f'signature_hash = "{hashed}"\nsignature_encoding = "{encoding}"\n')
    body = b'{"n": 1}'
    code = hmac.new(b"s3cret", body, hashed)
    good = prefix + (code.hexdigest() if encoding == "hex" else base64.b64encode(code.digest()).decode())
    assert post(world, body, {"X-Sig": good}).status == 202
    assert post(world, body, {"X-Sig": good}).status == 200  # a replay
    assert post(world, body + b" ", {"X-Sig": good}).code == "signature_wrong"
    assert post(world, body, {"X-Sig": good[:-3]}).code == "signature_malformed"
    assert post(world, body, {}).code == "signature_missing"
    assert len(events(world)) == 1


WHSEC = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def test_standard_webhooks(world):
    serve(world, 'authentication = ["standard"]\n', WHSEC)
    body = b'{"type":"a"}'
    assert post(world, body, standard(WHSEC, body)).status == 202
    # The same message again, an hour later for all we know: signed anew, and known by its id.
    assert post(world, body, standard(WHSEC, body, sent=time.time() - 200)).status == 200
    assert post(world, body, standard(WHSEC, body, "msg_2")).status == 202
    assert [event["key"] for event in events(world)] == ["webhook/msg_1", "webhook/msg_2"]
    assert post(world, body, standard(WHSEC, body, sent=time.time() - 400)).code == "signature_stale"
    assert post(world, body, standard(WHSEC, body, sent=time.time() + 400)).code == "signature_stale"
    assert post(world, body, {**standard(WHSEC, body), "webhook-id": "msg_3"}).code == "signature_wrong"
    several = standard(WHSEC, body, "msg_4")
    several["webhook-signature"] = "v2,x v1,AAAA " + several["webhook-signature"]
    assert post(world, body, several).status == 202


def test_a_rotated_secret_is_good_while_both_are_there(world):
    other = "whsec_" + base64.b64encode(b"another key of 24 bytes!").decode()
    serve(world, 'authentication = ["standard"]\ntolerance = "1h"\n', WHSEC)
    world.run("secret", "set", "webhook", "--add", input=other + "\n")
    body = b"{}"
    assert post(world, body, standard(WHSEC, body, "a", time.time() - 1800)).status == 202
    assert post(world, body, standard(other, body, "b")).status == 202


def test_several_authentications(world):
    serve(world, 'authentication = ["bearer", "basic=people", "header=token"]\ntoken_header = "X-Token"\n')
    world.set_secret("u:p", "people")
    world.set_secret("t", "token")
    for headers in ({"Authorization": "Bearer s3cret"}, {"Authorization": "Basic dTpw"}, {"X-Token": "t"}):
        assert post(world, b"{}", headers).status == 202  # no key: each is an occurrence
    for headers in ({}, {"Authorization": "Bearer t"}, {"Authorization": "Basic dTpx"}, {"X-Token": "s3cret"}):
        assert post(world, b"{}", headers).status == 401
    assert len(events(world)) == 3


def test_wrong_expressions_are_said_at_the_start(world):
    serve(world, 'authentication = ["bearer"]\nsubject = "body.a +"\n')
    source, = [one for one in world.json("sources", status=None) if one["name"] == "webhook"]
    assert source["state"] == "failed" and "subject: column" in source["reason"]
    assert post(world, b"{}", {"Authorization": "Bearer s3cret"}).status == 404


def test_what_cannot_be_mapped_is_kept_and_counted(world):
    serve(world, 'authentication = ["bearer"]\nwhen = "!(\'skip\' in body)"\ntype = "body.kind"\nsubject = "body.a.b"\n'
                 'time = "body.at"\ntask = "body.task"\nkey = "body.id"\n')
    token = {"Authorization": "Bearer s3cret"}
    body = {"kind": "Some Thing!", "at": 1795161600.25, "id": 7,
            "task": {"id": "t", "kind": "work", "state": "finished", "result": "success"}}
    assert post(world, json.dumps(body).encode(), token).status == 202
    assert post(world, json.dumps({**body, "id": 8, "task": {"id": "t", "state": "odd"}, "at": "soon"}).encode(), token).status == 202
    assert post(world, b'{"skip":1}', token).json["status"] == "ignored"
    assert post(world, b"not json", token).status == 200  # `when` cannot be said of it
    first, second = events(world)
    assert (first["type"], first["key"], first["time"]) == ("some_thing", "webhook/7", "2026-11-20T08:00:00.250000Z")
    assert first["task"]["ok"] is True and "subject" not in first
    assert "task" not in second
    assert told(world, "unmapped_total", field="subject") == 2
    assert told(world, "unmapped_total", field="task") == 1
    assert told(world, "unmapped_total", field="time") == 1


def test_bodies_that_are_not_json(world):
    serve(world, 'authentication = ["bearer"]\nsubject = "has(body.name) ? body.name : text"\n'
                 'summary = "query.q + headers[\'x-more\'] + path"\n')
    token = {"Authorization": "Bearer s3cret", "X-More": "m"}
    assert post(world, b"plain words", token, "/webhooks/webhook?q=%C3%A4").status == 202
    assert post(world, b"name=a+b", {**token, "Content-Type": "application/x-www-form-urlencoded"}).status == 202
    assert post(world, b"\xff\xfe", token).status == 202
    plain, form, raw = events(world)
    assert (plain["subject"], plain["summary"]) == ("plain words", "äm/webhooks/webhook")
    assert "data" not in plain and world.run("events", "show", plain["seq"], "--raw").stdout == b"plain words"
    assert (form["subject"], form["data"]) == ("a b", {"name": "a b"})
    assert world.run("events", "show", form["seq"], "--raw").stdout == b"name=a+b"
    assert world.run("events", "show", raw["seq"], "--raw").stdout == b"\xff\xfe"


def test_secrets_do_not_get_into_expressions(world):
    serve(world, 'authentication = ["bearer", "header=token"]\ntoken_header = "X-Token"\nsummary = "string(size(headers)) + \' \' + '
                 'string(\'authorization\' in headers || \'x-token\' in headers)"\n')
    world.set_secret("t", "token")
    assert post(world, b"{}", {"Authorization": "Bearer s3cret", "X-Token": "t"}).status == 202
    assert events(world)[0]["summary"].endswith(" false")


def test_an_event_of_it_wakes_a_wait(world):
    serve(world, 'authentication = ["bearer"]\nsubject = "body.name"\n')
    watcher = world.watching("wait", 'source == "webhook" && subject == "door"', "--timeout", "100s")
    for name in ("window", "door"):
        assert post(world, json.dumps({"name": name}).encode(), {"Authorization": "Bearer s3cret"}).status == 202
    assert watcher.wait() == 0, watcher.err
    until(lambda: watcher.lines(), "it prints the event")
    assert watcher.lines()[0]["data"] == {"name": "door"}
