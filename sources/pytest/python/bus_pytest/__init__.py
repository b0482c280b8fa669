"""A pytest plugin that reports the session to bus while it runs. Python 3.9 and later, pytest 7 and later, and nothing
but the standard library.

    pytest -p bus_pytest        or, with `pip install sources/pytest/python`, just: pytest

The tests come first. Their thread only puts pytest's reports into a bounded queue; a thread of ours (sender.py) turns
them into messages to the intake of the source `pytest` and sends them in batches. A host that is absent, slow or killed
costs one line at the end of the session, and at most FLUSH seconds.

--no-bus or BUS_PYTEST=0 turns it off; --bus-scope or `bus_scope` in the ini file says what the session belongs to.
"""

import os
import sys

import pytest

from .checkout import commit_of
from .items import MAX_NAME, clean
from .sender import KEPT, Sender, socket_path

FLUSH = 2.0  # seconds that the end of a session waits for the last answers


def pytest_addoption(parser):
    group = parser.getgroup("bus", "reporting to bus")
    group.addoption("--no-bus", action="store_true", help="do not report this session to bus")
    group.addoption("--bus-scope", metavar="SCOPE", help="what the session belongs to (default: the root folder's name)")
    parser.addini("bus_scope", "what the session belongs to, for bus", default="")


def pytest_configure(config):
    worker = hasattr(config, "workerinput")  # of xdist: its controller reports for all of them
    nested = "PYTEST_CURRENT_TEST" in os.environ  # a session that a test of another one runs
    off = config.getoption("--no-bus") or os.environ.get("BUS_PYTEST") == "0" or config.getoption("collectonly", False)
    if not (worker or nested or off):
        config.pluginmanager.register(Reporter(config), "bus_pytest_reporter")


class Reporter:
    """The hooks. Nothing here may cost time or raise: what there is to do is done by the Sender."""

    def __init__(self, config):
        self.config = config
        self.sender = None
        self._put = lambda kind, what: None  # nobody to tell, before and after
        self.reason = ""
        self.stopped = False  # by pytest itself: -x, errors at collection

    @pytest.hookimpl(trylast=True)
    def pytest_sessionstart(self, session):
        try:
            sender = Sender(socket_path(), self._header())
            sender.start()
        except Exception as failure:  # no thread to be had, for example: the tests go on
            self._say(f"reporting cannot begin: {failure!r}")
            return
        self.sender = sender
        self._put = sender.put
        self._put("start", None)

    def _header(self):
        config = self.config
        root = str(config.rootpath)
        sha, ref = commit_of(root)
        scope = config.getoption("--bus-scope") or config.getini("bus_scope") or os.path.basename(root) or "pytest"
        return {"id": os.urandom(16).hex(), "scope": clean(scope, MAX_NAME), "sha": clean(sha, 64), "ref": clean(ref, 200),
                "name": clean(" ".join(["pytest", *map(str, config.getoption("file_or_dir", []))]), 200), "root": clean(root, MAX_NAME),
                "python": ".".join(map(str, sys.version_info[:3])), "pytest": pytest.__version__, "started": KEPT[0]()}

    def pytest_collection_finish(self, session):
        self._put("collected", len(session.items))

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, node, ids):
        self._put("collected", len(ids))

    def pytest_collectreport(self, report):
        if report.outcome != "passed":
            self._put("collect", report)

    def pytest_runtest_logreport(self, report):
        self._put("report", report)

    def pytest_internalerror(self, excrepr):
        self.reason = str(excrepr).strip()

    def pytest_keyboard_interrupt(self, excinfo):
        # pytest's and xdist's own reasons to stop are classes derived from KeyboardInterrupt.
        self.stopped = not isinstance(excinfo.value, pytest.exit.Exception) and excinfo.type is not KeyboardInterrupt
        self.reason = str(excinfo.value) or excinfo.typename

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_sessionfinish(self, session):
        yield  # the others may still change the exit status
        if self.sender is not None:
            reason = self.reason or session.shouldfail or session.shouldstop or ""
            self._put("finish", (int(session.exitstatus), str(reason), self.stopped))
            self._end(FLUSH)

    def pytest_unconfigure(self):
        if self.sender is not None:  # pytest was stopped before the session had an end
            self._end(0.0)

    def _end(self, seconds):
        sender, self.sender = self.sender, None
        self._put = lambda kind, what: None
        problem = sender.close(seconds)
        if problem:
            self._say(problem)

    def _say(self, problem):
        terminal = self.config.pluginmanager.get_plugin("terminalreporter")
        if terminal is not None:
            terminal.write_line(f"bus: {problem}")
        else:
            sys.stderr.write(f"bus: {problem}\n")
