"""The source `github` asking a scripted GitHub, which notes every rule that is broken: watching, catching up, waiting, budgets,
faults, stalls, redelivery. Nothing here measures time; whatever has to happen is waited for."""

import json

import pytest

from busproc import run_payload, until
from fake_github import SHA, TOKEN, FakeGitHub

QUICK = ("--settle", "0s", "--timeout", "100s")
RUN = "github:octo/hello/run/98"


@pytest.fixture(params=["weak"])
def hub(request):
    made = FakeGitHub(etag=request.param)
    yield made
    made.close()


def settings(hub, *more, pause="1s"):
    lines = ["[sources.github]", f'api = "{hub.url}"']
    lines += [f'{name} = "{pause}"' for name in ("poll_every", "poll_active", "poll_idle", "poll_check")]
    return "\n".join([*lines, *more]) + "\n"


@pytest.fixture
def asking(world, hub):
    """A host that asks this GitHub, with a token."""
    world.configure(settings(hub))
    world.set_secret()
    world.set_secret(TOKEN, name="github_token")
    world.serve()
    return world


def status(world, code=None):
    return json.loads(world.run("github", "status", "--json", status=code).out)


def polled(world, repo="octo/hello"):
    """One whole look at the repository."""
    return json.loads(world.run("github", "poll", repo, "--json").out)


def moves(world, task=RUN):
    """What a task went through, as (attempt, state, result, effect)."""
    return [(e["task"]["attempt"], e["task"]["state"], e["task"].get("result"), e["task"]["effect"])
            for e in world.events() if e.get("task", {}).get("id") == task]


def watch(world, repo="octo/hello"):
    world.run("github", "watch", "add", repo)
    return polled(world, repo)


# What is told


@pytest.mark.parametrize("hub", ["weak", "strong"], indirect=True)
def test_each_transition_is_one_event(asking, hub):
    repo = hub.repo()
    watch(asking)
    for state in ("queued", "in_progress"):
        repo.run(98, state)
        repo.job(5, 98, state)
        polled(asking)
    repo.run(98, conclusion="failure")
    repo.job(5, 98, conclusion="failure")
    polled(asking)
    asked = len(hub.asked)
    done = polled(asking)
    assert done["requests"] >= 1 and done["unchanged"] == done["requests"] and done["events"] == 0
    assert hub.count("actions/runs", asked) >= 1
    repo.run(98, "in_progress", attempt=2)
    polled(asking)
    assert moves(asking) == [(1, "pending", None, "new"), (1, "running", None, "new"), (1, "finished", "failure", "new"),
                             (2, "running", None, "new")]
    assert moves(asking, "github:octo/hello/job/5") == [
        (1, "pending", None, "new"), (1, "running", None, "new"), (1, "finished", "failure", "new")]
    event = asking.events()[0]
    assert (event["type"], event["scope"], event["subject"]) == ("workflow_run", "octo/hello", "run/98")
    assert event["data"]["workflow_run"]["head_branch"] == "main" and "key" not in event


def test_webhook_and_poll_are_one_transition(asking, hub):
    """In either order: a poll's repeat is not stored, a webhook's is kept as one."""
    repo = hub.repo()
    watch(asking)
    asking.deliver(run_payload(status="in_progress", conclusion=None))
    repo.run(98, "in_progress")
    polled(asking)
    repo.run(98)
    polled(asking)
    asking.deliver(run_payload())
    assert moves(asking) == [(1, "running", None, "new"), (1, "finished", "success", "new"),
                             (1, "finished", "success", "repeat")]


def test_a_late_webhook_does_not_reopen_what_a_poll_has_seen_end(asking, hub):
    repo = hub.repo()
    repo.run(98)
    watch(asking)
    asking.deliver(run_payload(status="in_progress", conclusion=None))
    assert moves(asking) == [(1, "finished", "success", "new"), (1, "running", None, "stale")]
    task, = asking.json("tasks")
    assert task["state"] == "finished"


def test_what_ended_long_ago_is_no_news(asking, hub):
    repo = hub.repo()
    repo.run(97, updated_at="2026-01-01T00:00:00Z", created_at="2026-01-01T00:00:00Z")
    repo.run(98)
    watch(asking)
    assert {e["subject"] for e in asking.events()} == {"run/98"}


def test_catch_up_after_an_outage(asking, hub):
    """More than a page of runs came and went while nobody looked; the pages are found by their links."""
    repo = hub.repo()
    for number in range(1, 4):
        repo.run(number)
    watch(asking)
    asking.stop()
    for number in range(4, 80):
        repo.run(number, created_at="2030-01-01T00:00:00Z")
    asking.serve()
    until(lambda: len({e["subject"] for e in asking.events()}) == 79, "every run is there")
    subjects = [e["subject"] for e in asking.events() if e["task"]["kind"] == "run"]
    assert len(subjects) == len(set(subjects)) == 79
    assert hub.count("cursor=") >= 2


def test_kill_loses_nothing_and_doubles_nothing(asking, hub):
    repo = hub.repo()
    repo.run(98, "queued")
    watch(asking)
    for number in range(100, 106):
        repo.run(number, "in_progress")
        asking.kill()
        repo.run(number)
        asking.serve()
        until(lambda n=number: any(e["subject"] == f"run/{n}" and e["task"]["state"] == "finished"
                                   for e in asking.events()), "the end of the run is there")
    ends = [e["subject"] for e in asking.events() if e["task"]["state"] == "finished"]
    assert len(ends) == len(set(ends)) == 6


def test_checks_and_statuses_of_a_commit_that_somebody_waits_for(asking, hub):
    """Nothing is watched; the wait asks by itself, and stops asking at its end."""
    repo = hub.repo()
    waiting = asking.start("wait", "ci", "--poll", "--repo", "octo/hello", "--sha", SHA, "--required", "lint", "--json", *QUICK)
    until(lambda: hub.count("check-runs"), "the checks are asked for")
    assert [f["what"] for f in status(asking)["follows"]] == [f"commit {SHA}"]
    repo.run(98, "in_progress")
    repo.check(6, "in_progress")
    repo.status("ci/other", "pending")
    until(lambda: len(asking.json("tasks")) == 3, "all three are known")
    assert waiting.running()
    repo.run(98)
    repo.status("ci/other", "success")
    repo.check(6, conclusion="failure")
    assert waiting.wait() == 1, waiting.err
    *checks, summary = waiting.lines()
    assert {c["name"]: c["result"] for c in checks} == {"CI": "success", "lint": "failure", "ci/other": "success"}
    assert summary["ok"] is False
    assert status(asking)["follows"] == [] and status(asking)["repositories"] == []


def test_a_run_and_a_pull_request_can_be_waited_for(asking, hub):
    repo = hub.repo()
    repo.run(98, "in_progress")
    repo.pulls[42] = {"number": 42, "title": "x", "state": "open", "updated_at": "2026-11-20T08:00:00Z",
                      "head": {"sha": SHA, "ref": "topic"}, "base": {"repo": {"full_name": "octo/hello"}}}
    run = asking.start("wait", "ci", "--poll", "--repo", "octo/hello", "--run", "98", "--timeout", "100s")
    pull = asking.start("wait", "ci", "--poll", "--repo", "octo/hello", "--pr", "42", *QUICK)
    until(lambda: moves(asking), "the run is known")
    assert run.running() and pull.running()
    repo.run(98)
    assert run.wait() == 0, run.err
    assert pull.wait() == 0, pull.err
    here = ("github", "pr", "42", "--repo", "octo/hello", "--poll")
    assert asking.run(*here).out.startswith("octo/hello #42 x (open)")
    assert "77" in asking.run("github", "pr", "77", *here[3:], status=66).err


def test_a_wait_goes_on_over_a_restart_of_the_host(asking, hub):
    repo = hub.repo()
    repo.run(98, "in_progress")
    waiting = asking.start("wait", "ci", "--poll", "--repo", "octo/hello", "--sha", SHA, *QUICK, "--no-autostart")
    until(lambda: moves(asking), "the run is known")
    asking.stop()
    repo.run(98)
    asking.serve()
    assert waiting.wait() == 0, waiting.err


def test_with_poll_what_is_known_is_not_the_answer_before_github_was_asked(asking, hub):
    """The store knows the end of the first try; GitHub has begun another one."""
    asking.deliver(run_payload(conclusion="failure"))
    repo = hub.repo()
    repo.run(98, "in_progress", attempt=2)
    waiting = asking.start("wait", "ci", "--poll", "--repo", "octo/hello", "--run", "98", "--timeout", "100s")
    until(lambda: moves(asking)[-1] == (2, "running", None, "new"), "the second try is known")
    assert waiting.running(), waiting.out
    repo.run(98, attempt=2)
    assert waiting.wait() == 0, waiting.err


def test_a_commit_id_that_is_not_whole_cannot_be_asked_for(asking):
    done = asking.run("wait", "ci", "--poll", "--repo", "octo/hello", "--sha", "c9a1f2e", status=2)
    assert "whole id" in done.err


# The budget and the faults


def test_a_pause_that_github_asks_for_is_kept(asking, hub):
    repo = hub.repo()
    watch(asking)
    for code, message in ((403, "You have exceeded a secondary rate limit."), (429, "Too many requests")):
        number = 98 + code
        hub.fault("actions/runs", hub.refuse(code, message, quiet=2.0, Retry_After=2))
        until(lambda: not hub.faults, "it was refused")
        repo.run(number)
        until(lambda n=number: any(e["subject"] == f"run/{n}" for e in asking.events()), "it goes on")


def test_a_secondary_limit_without_a_pause_is_a_minute_at_least(asking, hub):
    hub.repo()
    watch(asking)
    hub.fault("actions/runs", hub.refuse(403, "You have exceeded a secondary rate limit.", quiet=50.0))
    until(lambda: not hub.faults, "it was refused")
    shown = until(lambda: (s := status(asking))["budget"].get("blocked_until") and s, "it is shown")
    assert "too much was asked" in shown["budget"]["why"]
    asked = len(hub.asked)
    done = asking.run("github", "poll", status=69)
    assert "no requests until" in done.err
    assert len(hub.asked) == asked


def test_the_reserve_is_left_to_others(world):
    hub = FakeGitHub(limit=60)
    try:
        hub.repo().run(98)
        world.configure(settings(hub))
        world.serve()
        world.run("github", "watch", "add", "octo/hello")
        # Others have used it meanwhile.
        until(lambda: moves(world), "the first look")
        hub.remaining = 13
        hub.repo().run(99)
        world.run("github", "poll", status=None)
        until(lambda: status(world)["state"] == "degraded", "it stops")
        shown = status(world, 1)
        assert shown["budget"]["remaining"] == shown["budget"]["reserve"] == 12
        assert "reserve" in shown["budget"]["why"]
        assert hub.remaining == 12
    finally:
        hub.close()


def test_a_server_in_trouble_costs_no_event(asking, hub):
    repo = hub.repo()
    watch(asking)
    repo.run(98, "in_progress")
    hub.fault("actions/runs", hub.refuse(502, "Bad Gateway"))
    hub.fault("actions/runs", hub.cut)
    until(lambda: not hub.faults, "both went wrong")
    until(lambda: moves(asking), "it goes on")
    repo.run(98)
    until(lambda: moves(asking) == [(1, "running", None, "new"), (1, "finished", "success", "new")], "each once")
    until(lambda: status(asking)["state"] == "ok", "all is well again")


def test_a_slow_answer_holds_up_nobody(asking, hub):
    """Webhooks are taken while GitHub takes its time, and nothing is asked twice at a time."""
    hub.repo()
    watch(asking)
    answered = []

    def slow(handler):
        until(lambda: answered, "the delivery was taken")
        hub.send(handler, 200, {"total_count": 0, "workflow_runs": []})

    hub.fault("actions/runs", slow)
    until(lambda: not hub.faults, "it is slow")
    assert asking.deliver(run_payload(run=7)).status == 202
    answered.append(True)


def test_a_move_is_followed_and_remembered(asking, hub):
    repo = hub.repo("octo/hallo")
    hub.moved["octo/hello"] = "/repositories/7"
    repo.run(98)
    watch(asking, "octo/hello")
    assert [e["scope"] for e in asking.events()] == ["octo/hallo"]
    one, = status(asking)["repositories"]
    assert one["repo"] == "octo/hallo" and one["moved_to"] == "/repositories/7"
    asking.stop()
    asked = len(hub.asked)
    repo.run(99)
    asking.serve()
    until(lambda: len(asking.events()) == 2, "the next run")
    assert not [path for path in hub.paths(asked) if "octo/hello" in path]


def test_a_repository_that_is_not_there_is_degraded_and_the_others_are_not(asking, hub):
    hub.repo().run(98)
    asking.run("github", "watch", "add", "octo/gone")
    watch(asking)
    shown = until(lambda: (s := status(asking))["state"] == "degraded" and s, "it is told")
    assert {r["repo"]: r["state"] for r in shown["repositories"]} == {"octo/gone": "degraded", "octo/hello": "ok"}
    assert "404" in shown["reason"]
    assert moves(asking)
    assert "octo/gone: GitHub answers 404" in asking.run("github", "poll", status=3).err
    asking.run("github", "watch", "remove", "octo/gone")
    until(lambda: status(asking)["state"] == "ok", "it is well without")


def test_a_token_that_is_not_accepted(asking, hub):
    hub.repo()
    asking.set_secret("wrong", name="github_token")
    asking.run("github", "watch", "add", "octo/hello")
    shown = until(lambda: (s := status(asking))["state"] == "degraded" and s, "it is told")
    assert "does not accept the token" in shown["reason"]
    source = next(s for s in asking.status()["plugins"] if s["name"] == "github")
    assert source["state"] == "waiting"
    assert hub.count() == 1, "it is not tried again and again"


def test_what_the_token_may_not_read(asking, hub):
    hub.repo().run(98)
    hub.fault("check-runs", hub.refuse(403, "Resource not accessible by personal access token"))
    waiting = asking.start("wait", "ci", "--poll", "--repo", "octo/hello", "--sha", SHA, "--settle", "2s", "--timeout", "100s")
    assert waiting.wait() == 0, waiting.err
    assert hub.count("check-runs") == 1


# Where the token is from


def test_the_token_of_gh(world, hub):
    """No secret, no variable: gh is asked."""
    tools = world.root / "tools"
    tools.mkdir()
    (tools / "gh").write_text(f'#!/bin/sh\necho "$@" > {world.root}/gh.args\necho {TOKEN}\n')
    (tools / "gh").chmod(0o755)
    world.env["PATH"] = f"{tools}:{world.env['PATH']}"
    for name in ("GH_TOKEN", "GITHUB_TOKEN", "GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN"):
        world.env.pop(name, None)
    hub.repo().run(98)
    world.configure(settings(hub))
    world.serve()
    watch(world)
    assert status(world)["token"] == "gh"
    assert (world.root / "gh.args").read_text().split() == ["auth", "token", "--hostname", "127.0.0.1"]
    assert moves(world)


def test_the_token_of_the_environment(world, hub):
    hub.repo().run(98)
    world.configure(settings(hub))
    world.serve(env={"GH_ENTERPRISE_TOKEN": TOKEN, "GH_TOKEN": "of another server"})
    watch(world)
    assert status(world)["token"] == "GH_ENTERPRISE_TOKEN"


# Watching


def test_watches_of_the_configuration_and_of_the_command_line(world, hub):
    hub.repo()
    hub.repo("octo/other")
    world.configure(settings(hub, 'repositories = ["octo/hello"]'))
    world.set_secret(TOKEN, name="github_token")
    world.serve()
    world.run("github", "watch", "add", "octo/other")
    assert "already" in world.run("github", "watch", "add", "octo/other").err
    world.stop()
    world.serve()
    listed = {r["repo"]: r["origin"] for r in world.json("github", "watch", "list")}
    assert listed == {"octo/hello": "configuration", "octo/other": "watch"}
    assert "configuration" in world.run("github", "watch", "remove", "octo/hello", status=2).err
    world.run("github", "watch", "remove", "octo/other")
    world.run("github", "watch", "remove", "octo/other", status=66)
    world.run("github", "poll", "octo/other", status=66)
    world.run("github", "watch", "add", "octo", status=2)
    assert "add" in world.run("github", "watch", "ad", status=2).err


def test_a_repository_whose_webhooks_come_in_is_only_checked(world, hub):
    hub.repo()
    text = settings(hub).replace('poll_check = "1s"', 'poll_check = "1h"')
    world.configure(text)
    world.set_secret()
    world.set_secret(TOKEN, name="github_token")
    world.serve()
    watch(world)
    world.deliver(run_payload())
    polled(world)
    one = until(lambda: (r := status(world)["repositories"][0])["every_s"] > 3000 and r, "it is seldom looked at")
    assert "webhook" in one
    # A transition that no webhook told: it is looked at again.
    hub.repo().run(99)
    polled(world)
    until(lambda: status(world)["repositories"][0]["every_s"] < 100, "it is looked at again")


def test_an_idle_host_asks_nobody(world, hub):
    world.configure(settings(hub))
    world.serve()
    world.run("emit", "--type", "x")
    assert status(world)["token"] == "not looked for yet"
    assert hub.asked == []


# Stalls, redelivery, doctor


def test_a_job_that_stalls_is_unknown_once_and_comes_back_by_observation(world, hub):
    repo = hub.repo()
    repo.run(98, "in_progress")
    repo.job(5, 98, "in_progress")
    world.configure(settings(hub, 'stall_after = "1s"'))
    world.set_secret(TOKEN, name="github_token")
    world.serve()
    job = "github:octo/hello/job/5"
    watch(world)
    until(lambda: (1, "unknown", None, "new") in moves(world, job), "it is given up")
    polled(world)
    world.stop()
    world.serve()
    polled(world)
    task = next(t for t in world.json("tasks") if t["id"] == job)
    assert (task["state"], task["detail"], task["name"]) == ("unknown", "stalled", "test")
    repo.job(5, 98)
    repo.run(98)
    until(lambda: moves(world, job)[-1] == (1, "finished", "success", "new"), "it is seen again")
    assert [state for _, state, _, _ in moves(world, job)] == ["running", "unknown", "finished"]


def test_redeliver(asking, hub):
    repo = hub.repo()
    repo.hooks = [{"id": 7, "active": True, "events": ["*"], "config": {"url": "https://me.example/webhook", "secret": "**"}}]
    repo.deliveries[7] = [
        {"id": 100 - n, "guid": f"g{n}", "delivered_at": "2026-11-20T08:00:00Z",
         "status": "OK" if n % 50 else "timed out", "status_code": 200 if n % 50 else 0} for n in range(150)]
    done = json.loads(asking.run("github", "redeliver", "octo/hello", "--since", "1000d", "--json").out)
    assert done == {"hook": 7, "failed": 3, "asked": 3}
    assert sorted(hub.redelivered) == [(7, 0), (7, 50), (7, 100)]
    repo.admin = False
    assert "administration" in asking.run("github", "redeliver", "octo/hello", status=77).err


def checks(world):
    return {c["check"]: c for c in world.json("doctor", status=None)}


def test_doctor(asking, hub):
    repo = hub.repo()
    assert "github token" in checks(asking), "a token is set, so it is tried"
    watch(asking)
    found = checks(asking)
    assert found["github token"]["verdict"] == found["github clock"]["verdict"] == "ok"
    assert "repo, admin:repo_hook" in found["github token"]["message"]
    assert found["github hook of octo/hello"]["verdict"] == "ok"
    repo.hooks = [{"id": 7, "active": True, "events": ["push"], "config": {"url": "https://me.example/webhook"}}]
    assert checks(asking)["github hook of octo/hello"]["verdict"] == "fail", "it has no secret"
    repo.hooks[0]["config"]["secret"] = "********"
    repo.hooks[0]["last_response"] = {"code": 502, "message": "Bad Gateway"}
    assert "502" in checks(asking)["github hook of octo/hello"]["message"]


def test_doctor_leaves_github_alone_where_nothing_is_watched(world, hub):
    world.configure(settings(hub))
    world.set_secret()
    world.serve()
    assert "github token" not in checks(world)
    assert hub.asked == []


def test_metrics(asking, hub):
    hub.repo().run(98)
    watch(asking)
    text = asking.request("GET", "/metrics").body.decode()
    for name in ("bus_github_requests_total", "bus_github_polled_events_total", "bus_github_budget_remaining",
                 "bus_github_watched"):
        assert f"\n{name}" in text, name
