"""From pytest's reports to the items of messages (sources/pytest/INTAKE.md), each as the JSON that goes out."""

import json
from json.encoder import encode_basestring_ascii as quoted

MAX_TEXT = 16 * 1024  # characters of a failure, or of one captured stream
MAX_NAME = 800
SLOW = 2.0  # seconds after which a test that still runs is reported as such
PHASES = ("setup", "call", "teardown")


def clean(text, most):
    """Text that JSON can carry, its middle left out where it is too long."""
    text = str(text)
    if not text.isascii():
        text = text.encode("utf-8", "replace").decode("utf-8")
    if len(text) <= most:
        return text
    head = most // 8
    return f"{text[:head]}\n[… {len(text) - most} characters left out …]\n{text[head - most:]}"


class Test:
    """A test, or one try at it, under way."""

    __slots__ = ("nodeid", "worker", "begun", "reports", "told")

    def __init__(self, nodeid, worker, begun):
        self.nodeid = nodeid
        self.worker = worker
        self.begun = begun
        self.reports = {}  # by phase
        self.told = False  # that it runs


class Items:
    """The three reports of a test become one item."""

    def __init__(self):
        self.tests = None
        self.counts = {"passed": 0}
        self.collect_errors = 0
        self.dropped = 0  # reports that the queue had no room for
        self._number = 0
        self._open = {}  # the tests under way, by nodeid and worker
        self._tries = {}  # how many tries of each test have ended

    def of(self, kind, what, at):
        """The items that an entry of the queue comes to."""
        if kind == "report":
            return self._report(what, at)
        if kind == "collect":
            return [self._collect(what, at)]
        if kind == "collected":
            if self.tests == what:
                return []  # the other workers of xdist say the same
            self.tests = what
            return [self._item("collected", at, tests=what)]
        if kind == "finish":
            ended = [self._ended(key, at) for key in list(self._open)]
            return [item for item in ended if item] + [self._finish(what, at)]
        return [self._item(kind, at)]

    def still_running(self, now):
        """Tests that have become slow: an item for each, once."""
        found = []
        for key, test in self._open.items():
            if not test.told and now - test.begun > SLOW and "call" not in test.reports:
                test.told = True
                found.append(self._item("running", test.begun, **self._place(test, self._tries.get(key, 0))))
        return found

    def progress(self, now):
        return self._item("progress", now, tests=self.tests, counts=self._counted())

    def _item(self, what, at, **more):
        self._number += 1
        item = {"n": self._number, "what": what, "time": at}
        for name, value in more.items():
            if value not in (None, "", 0) or name in ("tests", "exit"):
                item[name] = value
        return json.dumps(item)

    def _report(self, report, at):
        node = getattr(report, "node", None)
        key = report.nodeid if node is None else (report.nodeid, node.gateway.id)
        test = self._open.get(key)
        if test is None:
            worker = "" if node is None else node.gateway.id
            test = self._open[key] = Test(report.nodeid, worker, getattr(report, "start", None) or at - report.duration)
        when = report.when
        test.reports[when] = report
        if when != "teardown" and when in PHASES and report.outcome != "rerun":
            return ()
        item = self._ended(key, at)
        return (item,) if item else ()

    def _ended(self, key, at):
        test = self._open.pop(key)
        tries = self._tries.get(key, 0)
        self._tries[key] = tries + 1
        if not tries and not test.worker:
            item = self._passed(test, at)
            if item:
                return item
        outcome, decisive = verdict(test.reports)
        if outcome == "lost":
            return None
        self.counts[outcome] = self.counts.get(outcome, 0) + 1
        more = self._place(test, tries)
        for phase in PHASES:
            if phase in test.reports:
                more[phase] = round(test.reports[phase].duration, 6)
        if outcome != "passed":
            more.update(explained(decisive, outcome))
        return self._item("test", at, outcome=outcome, **more)

    def _passed(self, test, at):
        """What nearly every test comes to, without a detour; None if it is anything else."""
        setup, call, teardown = map(test.reports.get, PHASES)
        if (call is None or teardown is None or setup is None or not setup.outcome == call.outcome == teardown.outcome == "passed"
                or hasattr(call, "wasxfail") or not test.nodeid.isascii() or len(test.nodeid) > MAX_NAME):
            return None
        self._number += 1
        self.counts["passed"] += 1
        file, line, _ = call.location
        return (f'{{"n":{self._number},"what":"test","outcome":"passed","time":{at:.6f},"nodeid":{quoted(test.nodeid)},'
                f'"file":{quoted(clean(file, MAX_NAME))},"line":{(line or 0) + 1},"setup":{setup.duration:.6f},'
                f'"call":{call.duration:.6f},"teardown":{teardown.duration:.6f}}}')

    def _place(self, test, tries):
        file, line, _ = next(iter(test.reports.values())).location
        return {"nodeid": clean(test.nodeid, MAX_NAME), "file": clean(file, MAX_NAME), "worker": test.worker,
                "started": test.begun, "line": line + 1 if line is not None else None,
                "attempt": tries + 1}

    def _collect(self, report, at):
        outcome = "skipped" if report.outcome == "skipped" else "error"
        self.counts[outcome] = self.counts.get(outcome, 0) + 1
        self.collect_errors += outcome == "error"
        return self._item("collect", at, nodeid=clean(report.nodeid, MAX_NAME), outcome=outcome, **explained(report, outcome))

    def _finish(self, what, at):
        status, reason, stopped = what
        return self._item("finish", at, exit=status, reason=clean(reason, MAX_TEXT), tests=self.tests,
                          counts=self._counted(), stopped=stopped, collect_errors=self.collect_errors, dropped=self.dropped)

    def _counted(self):
        return {outcome: count for outcome, count in self.counts.items() if count}


def verdict(reports):
    """pytest's word for a test, and the report that decided."""
    setup, call, teardown = (reports.get(phase) for phase in PHASES)
    crashed = [report for when, report in reports.items() if when not in PHASES] if len(reports) != 3 else ()
    if crashed:  # a worker of xdist
        return "failed", crashed[0]
    for report in (setup, call):
        if report is not None and report.outcome == "rerun":
            return "rerun", report
    if setup is not None and setup.outcome == "failed":
        return "error", setup
    first = call if call is not None else setup
    if first is None or (call is None and first.outcome == "passed"):
        return ("lost" if teardown is not None else "interrupted"), first
    if first.outcome == "failed":
        return "failed", first
    if teardown is not None and teardown.outcome == "failed":
        return "error", teardown
    if hasattr(first, "wasxfail"):
        return ("xfailed" if first.outcome == "skipped" else "xpassed"), first
    return first.outcome, first


def explained(report, outcome):
    """Why a test ended so: one line, pytest's text, and for failures what was captured."""
    more = {"when": str(getattr(report, "when", "") or "")}
    longrepr = report.longrepr
    if hasattr(report, "wasxfail"):
        more["message"] = report.wasxfail
    elif isinstance(longrepr, tuple):
        more["message"] = longrepr[2]
    elif longrepr is not None:
        crash = getattr(longrepr, "reprcrash", None)
        text = report.longreprtext
        more["message"] = crash.message if crash is not None else next(iter(text.strip().splitlines()[-1:]), "")
        more["text"] = clean(text, MAX_TEXT)
    if outcome in ("failed", "error", "rerun"):
        for stream in ("stdout", "stderr", "log"):
            more[stream] = clean("".join(text for title, text in report.sections if title.startswith(f"Captured {stream}")),
                                 MAX_TEXT)
    if "message" in more:
        more["message"] = clean(more["message"], 1000)
    return {name: value for name, value in more.items() if value}
