"""Files of test runners: `bus emit --junit`, `--reportlog`, and watched folders."""

import os
import subprocess
import sys

from busproc import PATIENCE, until

TESTS = '''
import pytest
def test_passed(): pass
def test_failed(): assert [1, 2] == [1, 3]
@pytest.mark.skip(reason="not now")
def test_skipped(): pass
@pytest.fixture
def no_setup(): raise RuntimeError("no setup")
def test_setup(no_setup): pass
'''
# What pytest-reportlog does, with pytest's own reports.
REPORTLOG = '''
import json, pytest
LOG = open("log.jsonl", "w")
def put(data):
    LOG.write(json.dumps(data) + "\\n")
    LOG.flush()
def pytest_sessionstart(): put({"pytest_version": pytest.__version__, "$report_type": "SessionStart"})
def pytest_sessionfinish(exitstatus): put({"exitstatus": exitstatus, "$report_type": "SessionFinish"})
@pytest.hookimpl(trylast=True)
def pytest_runtest_logreport(report):
    put(LOG_CONFIG.hook.pytest_report_to_serializable(config=LOG_CONFIG, report=report))
pytest_collectreport = pytest_runtest_logreport
def pytest_configure(config):
    global LOG_CONFIG
    LOG_CONFIG = config
'''


def run_pytest(folder, *args, env=None):
    folder.mkdir(exist_ok=True)
    (folder / "test_a.py").write_text(TESTS)
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    subprocess.run([sys.executable, "-B", "-m", "pytest", "-q", "-p", "no:cacheprovider", *args], cwd=folder,
                   env={**clean, **(env or {})}, timeout=PATIENCE, capture_output=True, check=False)


def results(bus):
    return {task["name"]: task["result"] for task in bus.json("tasks", "--kind", "test")}


WANTED = {"test_passed": "success", "test_failed": "failure", "test_skipped": "skip", "test_setup": "error"}


def test_the_junit_file_of_pytest(bus):
    folder = bus.root / "hello"
    run_pytest(folder, "--junitxml=junit.xml")
    answer, = bus.json("emit", "--junit", folder / "junit.xml")
    assert (answer["tests"], answer["ok"], answer["stored"], answer["duplicates"]) == (4, False, 6, 0)
    assert results(bus) == WANTED
    session, = bus.json("tasks", "--kind", "test_session")
    assert (session["scope"], session["result"], session["id"]) == ("hello", "failure", answer["session"])
    again, = bus.json("emit", "--junit", folder / "junit.xml")
    assert (again["stored"], again["duplicates"]) == (0, 6)


def test_the_report_log_of_pytest(bus):
    folder = bus.root / "hello"
    folder.mkdir()
    (folder / "conftest.py").write_text(REPORTLOG)
    run_pytest(folder)
    answer, = bus.json("emit", "--reportlog", folder / "log.jsonl", "--scope", "octo/hello")
    assert answer["counts"] == {"passed": 1, "failed": 1, "skipped": 1, "error": 1}
    assert results(bus) == WANTED
    failed, = bus.events("type == 'pytest_test' && task.name == 'test_failed'")
    assert failed["data"]["message"].startswith("assert [1, 2] == [1, 3]")
    assert "def test_failed()" in failed["data"]["text"] and failed["data"]["line"] == 4
    session, = bus.json("tasks", "--kind", "test_session")
    assert (session["scope"], session["exit"]) == ("octo/hello", 1)


def test_a_file_that_is_cut_off_keeps_what_was_complete(bus):
    folder = bus.root / "hello"
    run_pytest(folder, "--junitxml=junit.xml")
    whole = (folder / "junit.xml").read_text()
    (folder / "junit.xml").write_text(whole[: whole.index("test_skipped")])
    done = bus.run("emit", "--junit", folder / "junit.xml", status=2)
    assert "ends too early" in done.err and "complete is stored" in done.err
    assert results(bus) == {"test_passed": "success", "test_failed": "failure"}
    session, = bus.json("tasks", "--kind", "test_session")
    assert (session["state"], session["detail"]) == ("unknown", "incomplete file")


def test_what_is_no_report_is_refused_and_stores_nothing(bus):
    for text in ("", "no xml", "<project/>", '<!DOCTYPE x [<!ENTITY a "b">]><testsuite><testcase name="&a;"/></testsuite>'):
        assert "bus: -: " in bus.run("emit", "--junit", "-", input=text, status=2).err
    bus.run("emit", "--junit", "/nowhere", status=2)
    bus.run("emit", "--junit", "-", "--type", "x", input="<testsuite/>", status=2)
    assert bus.events() == []


def test_a_large_file_is_taken_whole(bus):
    cases = "".join(f'<testcase classname="a" name="t{n}" time="0.001"/>' for n in range(15000))
    answer, = bus.json("emit", "--junit", "-", input=f"<testsuite>{cases}</testsuite>")
    assert (answer["tests"], answer["stored"], answer["ok"]) == (15000, 15002, True)


def test_a_message_is_never_trusted(bus):
    with bus.wire() as wire:
        for message in (7, [], {}, {"session": {"id": "a/b"}}, {"session": {"id": "a"}, "reports": [{"n": 1, "what": "x"}]},
                        {"junit": [], "name": "x"}):
            assert wire.refused("deliver", source="pytest", message=message)["code"] == "invalid"
    assert bus.events() == []


def test_files_in_a_watched_folder_are_read(world):
    reports = world.root / "hello" / "build" / "reports"
    world.configure(f'[sources.pytest]\nwatch = ["{reports}"]\n')
    world.serve()
    reports.mkdir(parents=True)
    run_pytest(world.root / "hello", f"--junitxml={reports}/junit.xml")
    until(lambda: world.events("type == 'junit_session' && task.state == 'finished'"), "the file is read")
    assert results(world) == WANTED
    world.stop()
    (reports / "later.xml").write_text("<testsuite><testcase name='while_away'/></testsuite>")
    world.serve()
    until(lambda: "while_away" in results(world), "what was written meanwhile is read")
    assert len(world.events("type == 'junit_session' && task.state == 'finished'")) == 2
