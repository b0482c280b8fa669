"""The source `pytest` with a real pytest (Debian's, with xdist and rerunfailures) that loads bus_pytest."""

import importlib.util
import json
import os
import pathlib
import signal
import subprocess
import sys

import pytest
from busproc import PATIENCE, until

PYTHON_SIDE = pathlib.Path(__file__).resolve().parents[2] / "sources" / "pytest" / "python"

needs_xdist = pytest.mark.skipif(importlib.util.find_spec("xdist") is None, reason="python3-pytest-xdist is not installed")
needs_reruns = pytest.mark.skipif(importlib.util.find_spec("pytest_rerunfailures") is None,
                                  reason="python3-pytest-rerunfailures is not installed")

OUTCOMES = '''
import sys
import pytest

def test_passed(): pass

def test_failed():
    print("to stdout é")
    print("to stderr", file=sys.stderr)
    assert [1, 2] == [1, 3]

@pytest.mark.skip(reason="not now")
def test_skipped(): pass

@pytest.mark.xfail(reason="known")
def test_xfailed(): assert 0

@pytest.mark.xfail
def test_xpassed(): pass

@pytest.mark.xfail(strict=True)
def test_strict(): pass

@pytest.fixture
def no_setup(): raise RuntimeError("no setup")

def test_setup(no_setup): pass

@pytest.fixture
def no_teardown():
    yield
    raise RuntimeError("no teardown")

def test_teardown(no_teardown): pass
'''


class Project:
    """A folder with tests, and pytest in it."""

    def __init__(self, bus, **files):
        self.bus = bus
        self.root = bus.root / "hello"
        self.root.mkdir(exist_ok=True)
        for name, text in files.items():
            (self.root / f"{name}.py").write_text(text)
        self.env = {**bus.env, "PYTHONPATH": str(PYTHON_SIDE), "PYTHONDONTWRITEBYTECODE": "1"}
        for name in ("PYTEST_CURRENT_TEST", "PYTEST_ADDOPTS", "PYTEST_XDIST_WORKER"):
            self.env.pop(name, None)

    def command(self, *args):
        return [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "bus_pytest", *args]

    def run(self, *args, status=0):
        done = subprocess.run(self.command(*args), cwd=self.root, env=self.env, capture_output=True, text=True,
                              timeout=PATIENCE, check=False)
        assert done.returncode == status, (done.returncode, done.stdout, done.stderr)
        return done

    def start(self, *args):
        return subprocess.Popen(self.command(*args), cwd=self.root, env=self.env, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, text=True, start_new_session=True)

    def sessions(self):
        return self.bus.json("tasks", "--kind", "test_session")

    def session(self):
        found, = self.sessions()
        return found

    def tests(self):
        """The tasks of the tests: {name: task}."""
        return {task["name"]: task for task in self.bus.json("tasks", "--parent", self.session()["id"])}


def of_bus(output):
    return [line for line in output.splitlines() if line.startswith("bus: ")]


def test_every_outcome_of_a_test_is_told(bus):
    project = Project(bus, test_a=OUTCOMES)
    done = project.run(status=1)
    assert of_bus(done.stdout) == []
    told = {name: (task["state"], task["result"], task["detail"]) for name, task in project.tests().items()}
    assert told == {
        "test_passed": ("finished", "success", "passed"), "test_failed": ("finished", "failure", "failed"),
        "test_skipped": ("finished", "skip", "skipped"), "test_xfailed": ("finished", "success", "xfailed"),
        "test_xpassed": ("finished", "success", "xpassed"), "test_strict": ("finished", "failure", "failed"),
        "test_setup": ("finished", "error", "error"), "test_teardown": ("finished", "error", "error")}
    session = project.session()
    assert (session["state"], session["result"], session["exit"], session["scope"]) == ("finished", "failure", 1, "hello")


def test_a_failure_has_its_place_its_text_and_what_was_captured(bus):
    Project(bus, test_a=OUTCOMES).run(status=1)
    event, = bus.events("type == 'pytest_test' && task.name == 'test_failed'")
    data = event["data"]
    assert (data["file"], data["line"], data["when"]) == ("test_a.py", 7, "call")
    assert data["message"].startswith("assert [1, 2] == [1, 3]")
    assert "E       assert [1, 2] == [1, 3]" in data["text"]
    assert (data["stdout"], data["stderr"]) == ("to stdout é\n", "to stderr\n")
    assert data["duration"] >= data["call"] >= 0


def test_a_session_begins_runs_and_ends(bus):
    Project(bus, test_a=OUTCOMES).run(status=1)
    sessions = bus.events("type == 'pytest_session' && task.effect == 'new'")
    assert [event["task"]["state"] for event in sessions] == ["pending", "running", "finished"]
    assert sessions[1]["data"]["tests"] == 8
    assert sessions[2]["data"]["counts"] == {"passed": 1, "failed": 2, "skipped": 1, "xfailed": 1, "xpassed": 1, "error": 2}


@pytest.mark.parametrize("files, args, status, result, detail", [
    ({"test_a": "def test(): pass"}, [], 0, "success", "passed"),
    ({"test_a": "def test(): assert 0"}, [], 1, "failure", "failed"),
    ({"test_a": "import pytest\ndef test(): pytest.exit('enough')"}, [], 2, "cancellation", "interrupted"),
    ({"test_a": "import nothing_of_that_name"}, [], 2, "error", "errors at collection"),
    ({"test_a": "def test(): pass", "conftest": "def pytest_runtest_protocol(): raise RuntimeError('inside')"}, [], 3,
     "error", "internal error"),
    ({"test_a": "def test(): pass"}, ["test_a.py::nothing"], 4, "error", "usage"),
    ({"test_a": ""}, [], 5, "skip", "no tests"),
    ({"test_a": "def test_1(): assert 0\ndef test_2(): pass"}, ["-x"], 1, "failure", "failed"),
])
def test_a_session_ends_by_its_exit_status(bus, files, args, status, result, detail):
    project = Project(bus, **files)
    project.run(*args, status=status)
    session = project.session()
    assert (session["state"], session["result"], session["detail"], session["exit"]) == ("finished", result, detail, status)


def test_a_file_that_cannot_be_collected_is_an_error_of_its_own(bus):
    project = Project(bus, test_a="import nothing_of_that_name")
    project.run(status=2)
    event, = bus.events("type == 'pytest_collect'")
    assert (event["subject"], event["task"]["result"]) == ("test_a.py", "error")
    assert "nothing_of_that_name" in event["data"]["text"]


def test_ctrl_c_cancels_the_session_and_the_test_that_ran(bus):
    project = Project(bus, test_a="import time\ndef test_quick(): pass\ndef test_long():\n    time.sleep(600)\n")
    process = project.start()
    until(lambda: bus.events("task.kind == 'test' && task.state == 'running'"), "the long test is said to run")
    os.killpg(process.pid, signal.SIGINT)
    assert process.wait(PATIENCE) == 2, process.stdout.read()
    process.stdout.close()
    assert {name: task["result"] for name, task in project.tests().items()} == {"test_quick": "success",
                                                                                "test_long": "cancellation"}
    assert project.session()["result"] == "cancellation"


@needs_xdist
def test_with_xdist_each_test_is_told_once_and_by_whom(bus):
    project = Project(bus, test_a="import pytest\n@pytest.mark.parametrize('n', range(40))\ndef test(n): assert n != 7")
    project.run("-n", "2", status=1)
    tests = project.tests()
    assert len(tests) == 40 and {task["attempt"] for task in tests.values()} == {1}
    assert {task["worker"] for task in tests.values()} == {"gw0", "gw1"}
    assert [name for name, task in tests.items() if task["result"] == "failure"] == ["test[7]"]
    assert len(bus.events("type == 'pytest_test'")) == 40
    assert bus.events("type == 'pytest_session' && data.tests == 40")


@needs_xdist
def test_with_xdist_x_ends_as_a_failure_though_pytest_says_interrupted(bus):
    project = Project(bus, test_a="import pytest\n@pytest.mark.parametrize('n', range(40))\ndef test(n): assert 0")
    project.run("-n", "2", "-x", status=2)
    assert (project.session()["result"], project.session()["detail"]) == ("failure", "stopped")


@needs_xdist
def test_a_worker_that_crashes_leaves_its_test_failed(bus):
    project = Project(bus, test_a="import os\ndef test_crash(): os._exit(9)\ndef test_fine(): pass")
    project.run("-n", "1", status=1)
    tests = project.tests()
    assert (tests["test_crash"]["result"], tests["test_fine"]["result"]) == ("failure", "success")


@needs_reruns
def test_a_rerun_is_an_attempt(bus):
    project = Project(bus, test_a="tries = []\ndef test_flaky():\n    tries.append(1)\n    assert len(tries) == 3")
    project.run("--reruns", "3")
    tries = bus.events("type == 'pytest_test'")
    assert [(event["task"]["attempt"], event["task"]["result"]) for event in tries] == [
        (1, "failure"), (2, "failure"), (3, "success")]
    assert project.session()["result"] == "success"


def test_ref_and_commit_are_those_that_are_checked_out(bus):
    project = Project(bus, test_a="def test(): pass")
    git = project.root / ".git"
    (git / "refs" / "heads").mkdir(parents=True)
    (git / "HEAD").write_text("ref: refs/heads/work\n")
    (git / "refs" / "heads" / "work").write_text("c9a1f2e" + "0" * 33 + "\n")
    project.run()
    assert (project.session()["ref"], project.session()["sha"][:7]) == ("work", "c9a1f2e")


def test_the_scope_can_be_named_and_the_reporting_switched_off(bus):
    project = Project(bus, test_a="def test(): pass")
    project.run("--bus-scope", "octo/hello")
    assert project.session()["scope"] == "octo/hello"
    project.run("--no-bus")
    project.run("--collect-only")
    project.env["BUS_PYTEST"] = "0"
    project.run()
    assert len(project.sessions()) == 1


def test_a_session_inside_of_a_test_is_not_reported(bus):
    project = Project(bus, test_a="pytest_plugins = ['pytester']\ndef test_outer(pytester):\n"
                                  "    pytester.makepyfile('def test_inner(): pass')\n"
                                  "    pytester.runpytest_subprocess('-p', 'bus_pytest').assert_outcomes(passed=1)\n"
                                  "    pytester.runpytest_inprocess('-p', 'bus_pytest').assert_outcomes(passed=1)\n")
    project.run()
    assert list(project.tests()) == ["test_outer"]


def test_tests_may_replace_the_clock_and_the_sockets(bus):
    project = Project(bus, test_a="""
import socket, time
def blocked(*args, **more): raise AssertionError("blocked")
def test_a(monkeypatch):
    for module, name in ((socket, "socket"), (time, "time"), (time, "monotonic"), (time, "sleep")):
        monkeypatch.setattr(module, name, blocked)
    until = KEPT() + 3  # long enough for a message on its way
    while KEPT() < until: pass
KEPT = time.monotonic
""")
    assert of_bus(project.run().stdout) == []
    assert project.session()["result"] == "success"


# A host that is not as it should be.


def test_without_a_host_there_is_one_line_and_nothing_else(world):
    project = Project(world, test_a="def test(): pass")
    done = project.run()
    assert len(of_bus(done.stdout)) == 1 and "no host answers" in done.stdout
    assert not (world.runtime / "bus.sock").exists()


def test_a_host_that_does_not_answer_costs_one_line(bus):
    project = Project(bus, test_a="def test(): pass")
    bus.host.signal(signal.SIGSTOP)
    try:
        done = project.run()
    finally:
        bus.host.signal(signal.SIGCONT)
    assert len(of_bus(done.stdout)) == 1 and "in time" in done.stdout


def test_a_host_without_the_source_costs_one_line(world):
    world.configure("[sources.pytest]\nenabled = false\n")
    world.serve()
    done = Project(world, test_a="def test(): pass").run()
    assert len(of_bus(done.stdout)) == 1 and "refuses" in done.stdout


def test_a_host_that_is_killed_and_comes_back_has_every_test_once(bus):
    gate = bus.root / "gate"
    project = Project(bus, test_a=f"""
import pathlib, pytest, time
@pytest.mark.parametrize('n', range(60))
def test(n):
    while n == 30 and not pathlib.Path({str(gate)!r}).exists():
        time.sleep(0.01)
""")
    process = project.start()
    until(lambda: len(bus.events("type == 'pytest_test'")) == 30, "the first tests are stored")
    bus.kill()
    bus.serve()
    gate.touch()
    output = process.communicate(timeout=PATIENCE)[0]
    assert process.returncode == 0 and of_bus(output) == [], output
    assert len(bus.events("type == 'pytest_test'")) == 60
    assert project.session()["result"] == "success"


def test_a_host_that_is_killed_for_good_costs_one_line(bus):
    project = Project(bus, test_a="import time, pathlib\ndef test():\n    while not pathlib.Path('gate').exists(): time.sleep(0.01)")
    process = project.start()
    until(lambda: bus.events("type == 'pytest_session' && task.state == 'running'"), "the session runs")
    bus.kill()
    (project.root / "gate").touch()
    output = process.communicate(timeout=PATIENCE)[0]
    assert process.returncode == 0 and len(of_bus(output)) == 1, output


# bus wait test.


def test_wait_test_prints_what_failed_and_ends_as_the_session(bus):
    project = Project(bus, test_a=OUTCOMES)
    waiting = bus.watching("wait", "test", "--timeout", "60s")
    project.run(status=1)
    assert waiting.wait() == 1, waiting.err
    lines = waiting.out.splitlines()
    assert [line.split("  ")[1] for line in lines if line.startswith(("failure", "error"))] == [
        "test_a.py::test_failed", "test_a.py::test_strict", "test_a.py::test_setup", "test_a.py::test_teardown"]
    assert "    E       assert [1, 2] == [1, 3]" in lines
    assert lines[-1].startswith("failed: 2 failed, 2 error, 1 passed")


def test_wait_test_looks_back_and_chooses_by_scope(bus):
    project = Project(bus, test_a="def test(): pass")
    project.run("--bus-scope", "other")
    assert bus.run("wait", "test", "--scope", "hello", "--since", "1h", "--timeout", "0.2s", status=124)
    project.run("--bus-scope", "hello")
    done = bus.run("wait", "test", "--scope", "hello", "--since", "1h", "--json")
    event, = [json.loads(line) for line in done.out.splitlines()]
    assert (event["scope"], event["task"]["result"]) == ("hello", "success")


def test_wait_test_says_when_nobody_knows(bus):
    bus.run("emit", "--junit", "-", input="<testsuite><testcase name='a'/>", status=2)
    assert "not known" in bus.run("wait", "test", "--since", "1h", status=3).out


def test_wait_test_takes_no_options_of_other_waits(bus):
    assert "--count" in bus.run("wait", "test", "--count", "2", status=2).err


# Installing.


def test_pip_install_makes_it_take_part(bus, tmp_path):
    for module in ("pip", "setuptools", "wheel"):
        if importlib.util.find_spec(module) is None:
            pytest.skip(f"python3-{module} is not installed")
    copy = tmp_path / "source"
    subprocess.run(["cp", "-r", str(PYTHON_SIDE), str(copy)], check=True)
    site = tmp_path / "site"
    subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "--no-build-isolation", "--no-deps", "--no-index",
                    "--no-warn-script-location", "--target", str(site), str(copy)],
                   check=True, timeout=PATIENCE, stdin=subprocess.DEVNULL, env={**os.environ, "PIP_ROOT_USER_ACTION": "ignore"})
    project = Project(bus, test_a="def test(): pass")
    project.env["PYTHONPATH"] = str(site)
    subprocess.run([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"], cwd=project.root, env=project.env,
                   check=True, timeout=PATIENCE, capture_output=True)
    assert project.session()["result"] == "success"
