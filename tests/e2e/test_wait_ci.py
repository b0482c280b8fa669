"""bus wait ci: signed deliveries of GitHub's reports, and a wait in a real checkout that has to make one answer of them."""

import json
import os
import pty
import signal
import subprocess

import pytest

from busproc import BUS, PATIENCE, run_payload, until

SHA = "c9a1f2e" + "0" * 33
HERE = ("--repo", "octo/hello", "--sha", SHA)
QUICK = ("--settle", "10ms", "--timeout", "100s")


def said(status):
    """A word as GitHub's status and conclusion."""
    return (status, None) if status in ("queued", "in_progress", "waiting") else ("completed", status)


def told(bus, event, **body):
    repository = {"full_name": "octo/hello", "name": "hello", "owner": {"login": "octo"}}
    answer = bus.deliver(json.dumps({"repository": repository, "sender": {"login": "octocat"}, **body}).encode(), event=event)
    assert answer.status == 202, answer


def run(bus, number, word, sha=SHA, name="CI", attempt=1):
    status, conclusion = said(word)
    body = json.loads(run_payload(run=number, status=status, conclusion=conclusion, attempt=attempt))
    body["workflow_run"].update(head_sha=sha, name=name)
    told(bus, "workflow_run", **{key: body[key] for key in ("action", "workflow_run")})


def job(bus, number, word, of=98, sha=SHA, name="test", attempt=1):
    status, conclusion = said(word)
    told(bus, "workflow_job", action="completed", workflow_job={
        "id": number, "run_id": of, "run_attempt": attempt, "name": name, "head_sha": sha, "head_branch": "main",
        "status": status, "conclusion": conclusion, "started_at": "2026-11-20T08:00:00Z",
        "completed_at": "2026-11-20T08:01:00Z" if conclusion else None})


def check(bus, number, word, name="lint", minute=0, suite=5):
    status, conclusion = said(word)
    told(bus, "check_run", action="completed", check_run={
        "id": number, "name": name, "head_sha": SHA, "status": status, "conclusion": conclusion,
        "started_at": f"2026-11-20T08:{minute:02}:00Z",
        "completed_at": f"2026-11-20T08:{minute:02}:30Z" if conclusion else None,
        "check_suite": {"id": suite, "head_branch": "main"}, "pull_requests": []})


def status(bus, state, context, time="2026-11-20T08:00:00Z"):
    told(bus, "status", sha=SHA, context=context, state=state, updated_at=time, branches=[])


def pull(bus, number, sha, time):
    told(bus, "pull_request", action="synchronize", number=number,
         pull_request={"number": number, "title": "x", "updated_at": time, "head": {"sha": sha, "ref": "topic"}})


# What the answer is made of


def test_the_race_right_after_a_push(bus):
    """The wait is there before GitHub has begun anything."""
    waiting = bus.watching("wait", "ci", *HERE, *QUICK)
    until(lambda: "nothing heard yet" in waiting.err, "it says that nothing is there")
    run(bus, 98, "queued")
    run(bus, 98, "in_progress")
    assert waiting.running()
    run(bus, 98, "success")
    assert waiting.wait() == 0, waiting.err
    first, check_line = waiting.out.splitlines()
    assert first == "octo/hello c9a1f2e: 1 check finished"
    assert check_line.split() == ["success", "run", "CI", "5m"]


def test_the_answer_that_is_there_already(bus):
    run(bus, 98, "success")
    status(bus, "success", "ci/other")
    assert bus.run("wait", "ci", *HERE, *QUICK).out.startswith("octo/hello c9a1f2e: 2 checks finished\n")
    # The case of a repository's name says nothing, and the beginning of a commit's id is enough.
    bus.run("wait", "ci", "--repo", "Octo/Hello", "--sha", "C9A1F2E", *QUICK)


def test_the_empty_set_is_pending(bus):
    run(bus, 98, "success", sha="d" * 40)
    done = bus.run("wait", "ci", *HERE, "--settle", "0s", "--timeout", "200ms", status=124)
    assert done.out == "octo/hello c9a1f2e: no checks yet\n"
    assert "outstanding: the first check of octo/hello c9a1f2e" in done.err
    shown, = bus.json("wait", "ci", *HERE, "--timeout", "200ms", status=124)
    assert shown == {"repo": "octo/hello", "sha": SHA, "state": "pending", "checks": 0}


@pytest.mark.parametrize("word, code", [("success", 0), ("neutral", 0), ("skipped", 0), ("failure", 1), ("cancelled", 1),
                                        ("timed_out", 1), ("startup_failure", 1)])
def test_each_word(bus, word, code):
    run(bus, 98, word)
    bus.run("wait", "ci", *HERE, *QUICK, status=code)


def test_the_late_second_set(bus):
    """A set that begins while the first one settles is waited for."""
    waiting = bus.watching("wait", "ci", *HERE, "--settle", "8s", "--timeout", "100s", "--json")
    run(bus, 98, "success")
    run(bus, 99, "queued", name="Release")
    assert waiting.running()
    run(bus, 99, "failure", name="Release")
    assert waiting.wait() == 1, waiting.err
    *checks, summary = waiting.lines()
    assert [(c["name"], c["result"]) for c in checks] == [("Release", "failure"), ("CI", "success")]
    assert summary == {"repo": "octo/hello", "sha": SHA, "state": "finished", "ok": False, "checks": 2}


def test_the_re_run(bus):
    run(bus, 98, "failure")
    job(bus, 1, "failure")
    bus.run("wait", "ci", *HERE, *QUICK, status=1)
    run(bus, 98, "queued", attempt=2)
    waiting = bus.watching("wait", "ci", *HERE, *QUICK)
    job(bus, 2, "success", attempt=2)
    assert waiting.running()
    run(bus, 98, "success", attempt=2)
    assert waiting.wait() == 0, waiting.err
    assert "CI  #2" in waiting.out and "failure" not in waiting.out
    # What GitHub does not number: the later check of a name takes the place of the one before.
    check(bus, 11, "failure", minute=1)
    bus.run("wait", "ci", *HERE, *QUICK, status=1)
    check(bus, 12, "success", minute=2)
    bus.run("wait", "ci", *HERE, *QUICK)
    status(bus, "failure", "ci/other")
    bus.run("wait", "ci", *HERE, *QUICK, status=1)
    status(bus, "success", "ci/other", time="2026-11-20T09:00:00Z")
    bus.run("wait", "ci", *HERE, *QUICK)


def test_required_names(bus):
    run(bus, 98, "success")
    waiting = bus.watching("wait", "ci", *HERE, *QUICK, "--required", "lint", "CI")
    assert waiting.running()
    done = bus.run("wait", "ci", *HERE, "--required", "lint", "--timeout", "200ms", status=124)
    assert "lint not seen" in done.out and "outstanding: lint (required, not seen)" in done.err
    assert bus.json("wait", "ci", *HERE, "--required", "lint", "--timeout", "200ms", status=124)[-1]["missing"] == ["lint"]
    check(bus, 11, "success")
    assert waiting.wait() == 0, waiting.err


def test_any_failure_ends_at_once(bus):
    run(bus, 98, "in_progress")
    run(bus, 99, "in_progress", name="Docs")
    waiting = bus.watching("wait", "ci", *HERE, "--any-failure", "--timeout", "100s")
    job(bus, 1, "success", name="build")
    assert waiting.running()
    job(bus, 2, "failure")
    assert waiting.wait() == 1, waiting.err
    assert waiting.out.splitlines()[0] == "octo/hello c9a1f2e: 0 of 2 checks finished"
    assert waiting.out.splitlines()[1].split()[:3] == ["failure", "job", "test"]


def test_an_approval_and_an_unknown_word(bus):
    run(bus, 98, "waiting")
    done = bus.run("wait", "ci", *HERE, "--settle", "0s", "--timeout", "200ms", status=124)
    assert "CI (blocked (approval))" in done.err
    run(bus, 97, "nobody_knows", name="Odd")
    run(bus, 98, "success")
    bus.run("wait", "ci", *HERE, *QUICK, status=1)  # a conclusion that nobody knows is no success


def test_unknown_is_3(bus):
    run(bus, 98, "success")
    told(bus, "check_run", action="created", check_run={
        "id": 5, "name": "lint", "head_sha": SHA, "status": "completed", "conclusion": None, "check_suite": {"id": 5}})
    done = bus.run("wait", "ci", *HERE, *QUICK, status=3)
    assert "1 unknown" in done.out


def test_a_source_that_does_not_work_is_3(world):
    world.configure('[sources.github]\npaths = ["no-slash"]\n')
    world.serve()
    done = world.run("wait", "ci", *HERE, "--timeout", "200ms", status=3)
    assert "source github is failed" in done.err


def test_goes_on_over_a_restart_of_the_host(bus):
    run(bus, 98, "in_progress")
    waiting = bus.watching("wait", "ci", *HERE, *QUICK, "--no-autostart")
    bus.kill()
    bus.serve()
    assert waiting.running()
    run(bus, 98, "success")
    assert waiting.wait() == 0, waiting.err


# What is waited for


def test_a_pull_request_and_the_next_push_to_it(bus):
    old, new = "a" * 40, "b" * 40
    pull(bus, 42, old, "2026-11-20T08:00:00Z")
    run(bus, 98, "in_progress", sha=old)
    waiting = bus.watching("wait", "ci", "--repo", "octo/hello", "--pr", "42", *QUICK)
    pull(bus, 43, "e" * 40, "2026-11-20T09:30:00Z")
    pull(bus, 42, new, "2026-11-20T09:00:00Z")
    pull(bus, 42, old, "2026-11-20T08:00:00Z")  # out of order
    run(bus, 98, "failure", sha=old)
    assert waiting.running()
    run(bus, 99, "success", sha=new)
    assert waiting.wait() == 0, waiting.err
    assert waiting.out.startswith("octo/hello bbbbbbb: 1 check finished")
    done = bus.run("wait", "ci", "--repo", "octo/hello", "--pr", "7", "--timeout", "200ms", status=124)
    assert "an event of pull request #7 of octo/hello" in done.err


def test_github_pr_shows_how_its_checks_stand(bus):
    here = ("github", "pr", "42", "--repo", "octo/hello")
    done = bus.run(*here, status=66)
    assert "pull request #42 of octo/hello" in done.err and "--poll" in done.err
    pull(bus, 42, SHA, "2026-11-20T08:00:00Z")
    bus.run(*here, status=124)
    run(bus, 98, "in_progress")
    done = bus.run(*here, status=124)
    assert done.out.splitlines()[0].startswith("octo/hello #42 x (")
    assert "running" in done.out.splitlines()[2]
    watch = bus.watching(*here, "--watch", "--json")
    run(bus, 98, "failure")
    bus.run(*here, status=1)
    assert watch.wait() == 1, watch.err
    first, check, last = watch.lines()
    assert (first["pull"], first["title"]) == (42, "x") and check["result"] == "failure" and last["sha"] == SHA
    bus.run("github", "pr", "no", status=2)


def test_one_run(bus):
    run(bus, 97, "failure")
    run(bus, 98, "in_progress")
    job(bus, 1, "success", of=98)
    waiting = bus.watching("wait", "ci", "--repo", "OCTO/hello", "--run", "98", "--timeout", "100s", "--json")
    run(bus, 98, "success")
    assert waiting.wait() == 0, waiting.err
    shown, summary = waiting.lines()
    assert shown["id"] == "github:octo/hello/run/98"
    assert summary == {"repo": "OCTO/hello", "run": 98, "state": "finished", "ok": True, "checks": 1}
    bus.run("wait", "ci", "--repo", "octo/hello", "--run", "97", status=1)


# The checkout


class Checkout:
    def __init__(self, world):
        self.world = world
        self.path = world.root / "checkout"
        self.env = {**world.env, "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null",
                    "GIT_CEILING_DIRECTORIES": str(world.root)}
        for who in ("AUTHOR", "COMMITTER"):
            self.env.update({f"GIT_{who}_NAME": "Octo", f"GIT_{who}_EMAIL": "octo@example.org"})
        self.path.mkdir(parents=True)
        self.git("init", "-q", "-b", "main")

    def git(self, *args, cwd=None):
        return subprocess.run(["git", *map(str, args)], cwd=cwd or self.path, env=self.env, check=True,
                              capture_output=True, text=True, timeout=PATIENCE).stdout.strip()

    def commit(self):
        self.git("commit", "-q", "--allow-empty", "-m", "x")
        return self.git("rev-parse", "HEAD")

    def wait(self, *args, cwd=None, **more):
        return self.world.run("wait", "ci", *args, cwd=cwd or self.path, env=self.env, **more)


@pytest.fixture
def checkout(bus):
    return Checkout(bus)


def test_commit_and_repository_of_the_checkout(bus, checkout):
    checkout.git("remote", "add", "origin", "git@github.com:octo/hello.git")
    first, second = checkout.commit(), checkout.commit()
    run(bus, 1, "failure", sha=first)
    run(bus, 2, "success", sha=second)
    (checkout.path / "deep" / "down").mkdir(parents=True)
    assert second[:7] in checkout.wait(*QUICK, cwd=checkout.path / "deep" / "down").out
    checkout.wait("--sha", "HEAD~1", *QUICK, status=1)
    checkout.wait("--sha", first[:9], *QUICK, status=1)
    checkout.git("tag", "-a", "-m", "x", "v1", first)
    checkout.git("pack-refs", "--all")
    assert not (checkout.path / ".git" / "refs" / "heads" / "main").exists()
    checkout.wait("--sha", "v1", *QUICK, status=1)
    checkout.wait(*QUICK)
    checkout.git("checkout", "-q", "--detach", first)
    checkout.wait(*QUICK, status=1)


def test_a_worktree(bus, checkout):
    checkout.git("remote", "add", "origin", "https://github.com/octo/hello.git")
    first = checkout.commit()
    second = checkout.commit()
    run(bus, 1, "failure", sha=first)
    run(bus, 2, "success", sha=second)
    beside = bus.root / "beside"
    checkout.git("worktree", "add", "-q", "--detach", beside, first)
    checkout.wait(*QUICK)
    checkout.wait(*QUICK, cwd=beside, status=1)


def test_the_remote_that_is_pushed_to(bus, checkout):
    run(bus, 1, "success", sha=checkout.commit())
    checkout.git("remote", "add", "origin", "https://github.com/somebody/else.git")
    checkout.git("remote", "add", "mine", "ssh://git@github.com/octo/hello")
    checkout.git("config", "branch.main.remote", "mine")
    checkout.git("config", "branch.main.merge", "refs/heads/main")
    checkout.wait(*QUICK)


def test_what_cannot_be_found_out(bus, checkout):
    done = checkout.wait("--repo", "octo/hello", status=66)
    assert "no commit 'HEAD'" in done.err  # nothing is committed yet
    checkout.commit()
    assert "no remote" in checkout.wait(status=2).err
    checkout.git("remote", "add", "origin", "https://user:hidden@gitlab.com/octo/hello.git")
    done = checkout.wait(status=2)
    assert "no remote of this checkout is at GitHub" in done.err and "--repo OWNER/REPO" in done.err
    assert "hidden" not in done.err
    assert "no commit '--exec'" in checkout.wait("--repo", "octo/hello", "--sha=--exec", status=66).err
    outside = bus.root / "outside"
    outside.mkdir()
    for args in ((), ("--repo", "octo/hello"), ("--sha", SHA)):
        done = checkout.wait(*args, cwd=outside, status=2)
        assert "not a git repository" in done.err and "--repo OWNER/REPO --sha COMMIT" in done.err
    checkout.env["PATH"] = str(outside)
    assert "git is not there" in checkout.wait(status=2).err
    run(bus, 1, "success")
    checkout.wait(*HERE, *QUICK)  # nothing is left to ask git for


def test_options_that_do_not_go_together(bus):
    assert "exclude each other" in bus.run("wait", "ci", *HERE, "--pr", "3", status=2).err
    assert "OWNER/REPO" in bus.run("wait", "ci", "--repo", "hello", status=2).err
    bus.run("wait", "ci", "type == \"push\"", status=2)


# What is shown


def test_progress_on_a_terminal(bus):
    run(bus, 98, "in_progress")
    ours, theirs = pty.openpty()
    before = bus.readers()
    waiting = subprocess.Popen([BUS, "wait", "ci", *HERE, *QUICK], env={**bus.env, "TERM": "xterm"},
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=theirs)
    os.close(theirs)
    try:
        until(lambda: bus.readers() > before, "it watches")
        shown = b""
        while b"running" not in shown:
            shown += os.read(ours, 4096)
        assert b"octo/hello c9a1f2e: 0 of 1 check finished" in shown
        run(bus, 98, "success")
        out, _ = waiting.communicate(timeout=PATIENCE)
        assert waiting.returncode == 0
        try:
            while part := os.read(ours, 4096):
                shown += part
        except OSError:
            pass  # the other end is closed
        assert shown.endswith(b"A\r\x1b[J"), shown  # taken away again
        assert out.decode().splitlines()[0] == "octo/hello c9a1f2e: 1 check finished"
    finally:
        if waiting.poll() is None:
            waiting.send_signal(signal.SIGKILL)
            waiting.wait()
        os.close(ours)
