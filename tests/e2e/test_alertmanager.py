"""A real Alertmanager (Debian: prometheus-alertmanager) that posts to the source with each authentication that it has."""

import datetime
import json
import re
import shutil
import subprocess
import urllib.request

import pytest

from busproc import sign, until

PROGRAM = shutil.which("prometheus-alertmanager") or shutil.which("alertmanager")
SECRET = "s3cret-of-alertmanager"


@pytest.fixture
def alertmanager(tmp_path):
    """Starts Alertmanagers that post to a bus; their addresses."""
    if PROGRAM is None:
        pytest.skip("alertmanager is not installed (Debian: apt-get install prometheus-alertmanager)")
    running = []

    def start(world, http_config, path="/webhooks/alertmanager", repeat="1h"):
        place = tmp_path / str(len(running))
        place.mkdir()
        (place / "config.yml").write_text(json.dumps({
            "route": {"receiver": "bus", "group_by": ["job"], "group_wait": "0s", "group_interval": "1s",
                      "repeat_interval": repeat},
            "receivers": [{"name": "bus", "webhook_configs": [
                {"url": f"http://127.0.0.1:{world.port}{path}", "http_config": http_config}]}]}))
        log = open(place / "log", "w", encoding="utf-8")
        process = subprocess.Popen(
            [PROGRAM, f"--config.file={place}/config.yml", f"--storage.path={place}/data", "--cluster.listen-address=",
             "--web.listen-address=127.0.0.1:0"], stdout=log, stderr=subprocess.STDOUT, cwd=place)
        log.close()
        running.append(process)

        def address():
            text = (place / "log").read_text()
            assert process.poll() is None, text
            found = re.search(r'Listening on" address=(127\.0\.0\.1:\d+)', text)
            return found and found[1]
        return until(address, "alertmanager listens"), process

    yield start
    for process in running:
        process.terminate()
        process.wait(60)


def tell(address, name, resolved=False, **labels):
    """What Prometheus tells Alertmanager."""
    now = datetime.datetime.now(datetime.timezone.utc)
    alert = {"labels": {"alertname": name, "job": "node", **labels}, "annotations": {"summary": f"{name} it is"},
             "startsAt": "2026-01-05T08:00:00.5Z", "generatorURL": "http://prometheus.example/graph"}
    if resolved:
        alert["endsAt"] = (now - datetime.timedelta(seconds=1)).isoformat()
    request = urllib.request.Request(f"http://{address}/api/v2/alerts", json.dumps([alert]).encode(),
                                     {"Content-Type": "application/json"})
    assert urllib.request.urlopen(request, timeout=60).status == 200


def alerts(world):
    return [event for event in world.events() if event["source"] == "alertmanager"]


def requests_told(world, outcome):
    text = world.request("GET", "/metrics").body.decode()
    found = re.search(r'bus_webhook_requests_total\{outcome="%s",source="alertmanager"\} (\d+)' % outcome, text)
    return int(found[1]) if found else 0


def serve(world, toml="", authentication=("bearer",), secret=SECRET):
    world.configure(f"[sources.alertmanager]\nauthentication = {json.dumps(list(authentication))}\n{toml}")
    if secret:
        world.set_secret(secret, "alertmanager")
    world.serve()


def test_it_runs_only_where_it_is_configured(world):
    world.serve()
    assert not [one for one in world.json("sources") if one["name"] == "alertmanager" and one["state"] != "off"]
    assert world.request("POST", "/webhooks/alertmanager", b"{}").status == 404


AUTHENTICATIONS = {
    "bearer": ("", SECRET, lambda s: {"authorization": {"credentials": s}}),
    "basic": ("", "prometheus:" + SECRET, lambda s: {"basic_auth": {"username": "prometheus", "password": s.split(":")[1]}}),
    "header": ('token_header = "Authorization"\ntoken_prefix = "Token "', SECRET,
               lambda s: {"authorization": {"type": "Token", "credentials": s}})}


@pytest.mark.parametrize("kind", AUTHENTICATIONS)
def test_each_authentication_of_alertmanager(world, alertmanager, kind):
    toml, secret, http_config = AUTHENTICATIONS[kind]
    serve(world, toml, [kind], secret)
    address, _ = alertmanager(world, http_config(secret + "x"))
    tell(address, "Wrong")
    until(lambda: requests_told(world, "unauthorized") > 0, "the wrong one is refused")
    assert alerts(world) == []
    address, _ = alertmanager(world, http_config(secret))
    tell(address, "DiskFull", instance="db1:9100", severity="critical")
    event, = until(lambda: alerts(world), "the alert is stored")
    assert event["type"] == "prometheus_alert" and event["subject"] == "alert/DiskFull"
    assert event["summary"] == "DiskFull is firing on db1:9100 (critical): DiskFull it is"
    assert event["time"] == "2026-01-05T08:00:00.500000Z"
    assert event["data"]["labels"]["severity"] == "critical" and event["data"]["receiver"] == "bus"
    assert event["task"]["state"] == "running" and event["task"]["kind"] == "alert"


def test_each_alert_of_a_group_is_a_task_and_ends_when_it_is_resolved(world, alertmanager):
    serve(world)
    address, _ = alertmanager(world, {"authorization": {"credentials": SECRET}})
    watcher = world.start("wait", 'task.name == "Two" && task.state == "finished"', "--timeout", "100s", "--since", "start")
    tell(address, "One")
    tell(address, "Two")
    until(lambda: len(alerts(world)) == 2, "both are stored")
    tell(address, "Two", resolved=True)
    assert watcher.wait() == 0, watcher.err
    tasks = {task["name"]: task for task in world.json("tasks", "--all")}
    assert (tasks["One"]["state"], tasks["Two"]["state"], tasks["Two"]["result"]) == ("running", "finished", "success")
    assert tasks["Two"]["id"].startswith("alertmanager:") and tasks["Two"]["id"].endswith("/2026-01-05T08:00:00.5Z")
    assert tasks["Two"]["ended"] > tasks["Two"]["started"]


def test_what_is_told_again_is_stored_once(world, alertmanager):
    serve(world)
    address, _ = alertmanager(world, {"authorization": {"credentials": SECRET}}, repeat="1s")
    tell(address, "DiskFull")
    until(lambda: requests_told(world, "taken") >= 3, "it is told three times")
    assert len(alerts(world)) == 1


def test_what_could_not_be_taken_comes_again(world, alertmanager):
    """Without the secret every notification is refused with 503, which Alertmanager repeats."""
    serve(world, secret=None)
    address, _ = alertmanager(world, {"authorization": {"credentials": SECRET}})
    tell(address, "DiskFull")
    until(lambda: requests_told(world, "no_secret") > 0, "it is refused")
    source, = [one for one in world.json("sources", status=None) if one["name"] == "alertmanager"]
    assert "bus secret set alertmanager" in source["hint"]
    world.set_secret(SECRET, "alertmanager")
    event, = until(lambda: alerts(world), "it came again")
    assert event["task"]["name"] == "DiskFull"


def watchdog(world):
    return [task for task in world.json("tasks", "--all") if task["kind"] == "watchdog"]


def test_a_watchdog_that_falls_silent_is_unknown_until_it_is_heard(world, alertmanager):
    serve(world, 'watchdogs = ["Watchdog"]\nwatchdog_silence = "8s"\n')
    http_config = {"authorization": {"credentials": SECRET}}
    address, process = alertmanager(world, http_config, repeat="1s")
    tell(address, "Watchdog")
    until(lambda: watchdog(world) and watchdog(world)[0]["state"] == "running", "it is heard")
    until(lambda: requests_told(world, "taken") >= 3, "it is heard again and again")
    assert [event["type"] for event in alerts(world)] == ["prometheus_watchdog"]

    waiter = world.start("wait", 'task.kind == "watchdog" && task.state == "unknown"', "--timeout", "100s")
    process.kill()
    process.wait(60)
    assert waiter.wait() == 3, waiter.err  # unknown is its own status
    assert watchdog(world)[0]["id"] == "alertmanager:watchdog/Watchdog"
    source, = [one for one in world.json("sources", status=None) if one["name"] == "alertmanager"]
    assert (source["state"], source["reason"]) == ("degraded", "not heard: Watchdog")

    # It is not told again after a restart, and still known.
    count = len(alerts(world))
    world.stop()
    world.serve()
    source, = [one for one in world.json("sources", status=None) if one["name"] == "alertmanager"]
    assert source["reason"] == "not heard: Watchdog"
    assert len(alerts(world)) == count and watchdog(world)[0]["state"] == "unknown"

    address, _ = alertmanager(world, http_config, repeat="1s")
    tell(address, "Watchdog")
    until(lambda: watchdog(world)[0]["state"] == "running", "it is heard again")
    source, = [one for one in world.json("sources") if one["name"] == "alertmanager"]
    assert source["state"] == "ok"


def test_a_watchdog_that_was_never_heard_is_missed_too(world):
    serve(world, 'watchdogs = ["Watchdog"]\nwatchdog_silence = "1s"\n')
    until(lambda: [task["state"] for task in watchdog(world)] == ["unknown"], "it is missed")


NOTIFICATION = json.dumps({"version": "4", "alerts": [{
    "status": "firing", "labels": {"alertname": "A"}, "startsAt": "2026-01-05T08:00:00Z", "fingerprint": "f"}]}).encode()


def test_several_authentications_and_a_signature(world):
    serve(world, authentication=["bearer", "basic=people", "hmac=signer"])
    world.set_secret("u:p", "people")
    world.set_secret("key", "signer")

    def status(**headers):
        return world.request("POST", "/webhooks/alertmanager", NOTIFICATION,
                             {name.replace("_", "-"): value for name, value in headers.items()}).status
    assert status() == 401
    assert status(Authorization="Bearer nobody") == 401
    assert status(X_Hub_Signature_256=sign(NOTIFICATION, "other")) == 401
    assert alerts(world) == []
    assert status(Authorization=f"Bearer {SECRET}") == 202
    assert status(Authorization="Basic dTpw") == 200  # the same alert: a duplicate
    assert status(X_Hub_Signature_256=sign(NOTIFICATION, "key")) == 200
    assert len(alerts(world)) == 1


def test_a_payload_of_ones_own_is_refused_for_good(world):
    serve(world)
    answer = world.request("POST", "/webhooks/alertmanager", b'{"text":"hi"}', {"Authorization": f"Bearer {SECRET}"})
    assert (answer.status, answer.code) == (400, "bad_version")


def test_two_instances_have_paths_and_secrets_of_their_own(world):
    world.configure('[sources.alertmanager]\nauthentication = ["bearer"]\n'
                    '[sources.other]\nplugin = "alertmanager"\nauthentication = ["bearer"]\n')
    world.set_secret("one", "alertmanager")
    world.set_secret("two", "other")
    world.serve()
    for name, secret in (("alertmanager", "one"), ("other", "two")):
        answer = world.request("POST", f"/webhooks/{name}", NOTIFICATION, {"Authorization": f"Bearer {secret}"})
        assert answer.status == (202 if secret == "one" else 200), answer
    assert world.request("POST", "/webhooks/other", NOTIFICATION, {"Authorization": "Bearer one"}).status == 401
