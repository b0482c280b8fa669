"""/metrics, /healthz and /readyz of a host that has worked."""

import shutil
import subprocess

import pytest

from busproc import run_payload, until


def series(text):
    """{(name, labels in order): value}"""
    found = {}
    for line in text.splitlines():
        if line and not line.startswith("#"):
            name, value = line.rsplit(" ", 1)
            word, _, labels = name.rstrip("}").partition("{")
            found[word, tuple(sorted(labels.split(",")))] = float(value)
    return found


@pytest.fixture
def worked(bus):
    watch = bus.watching("events", "watch")
    bus.deliver(run_payload(run=1), delivery="same")
    bus.deliver(run_payload(run=1), delivery="same")
    bus.deliver(run_payload(run=2), secret="wrong")
    bus.deliver(b"{")
    bus.run("emit", "--type", "a")
    until(lambda: len(watch.out.splitlines()) == 2, "the reader has both")
    return bus


def test_promtool(worked):
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not installed (Debian: apt-get install prometheus)")
    text = worked.request("GET", "/metrics").body
    done = subprocess.run([promtool, "check", "metrics"], input=text, capture_output=True, timeout=120, check=False)
    assert done.returncode == 0 and done.stdout + done.stderr == b"", done.stdout + done.stderr


def test_prometheus_text(worked):
    answer = worked.request("GET", "/metrics")
    assert answer.status == 200 and answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    told = series(answer.body.decode())
    for outcome, count in (("taken", 2), ("unauthorized", 1), ("refused", 1)):
        assert told["bus_webhook_requests_total", (f'outcome="{outcome}"', 'source="github"')] == count
    assert told["bus_store_events", ("",)] == 2
    # Nothing that somebody outside has named becomes a label.
    assert not any("octo" in label for _, labels in told for label in labels)


def test_openmetrics(worked):
    answer = worked.request("GET", "/metrics", headers={
        "Accept": "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.2"})
    assert answer.headers["Content-Type"].startswith("application/openmetrics-text")
    assert answer.body.endswith(b"# EOF\n")


def test_health(bus):
    for path in ("/healthz", "/readyz"):
        answer = bus.request("GET", path)
        assert answer.status == 200 and answer.json["status"], answer
        assert answer.headers["Content-Type"].startswith("application/json")
    assert bus.request("GET", "/nowhere").code
    assert bus.request("HEAD", "/healthz").status in (200, 405)
