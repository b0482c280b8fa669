"""The source fs and bus watch: real files, real programs, hosts that come and go, limits that are lowered."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from busproc import BUS, until

PROBE = [sys.executable, str(Path(__file__).parent / "probe.py")]


@pytest.fixture
def alone(world):
    """A host in which nobody else watches anything: other sources wait for their files to appear."""
    world.configure("[sources.docker]\nenabled = false\n")
    world.serve()
    return world


@pytest.fixture
def tree(world):
    folder = world.root / "tree"
    folder.mkdir()
    return folder


def changes(events):
    """What the events tell, as (kind, path) or ("renamed", from, path)."""
    told = []
    for event in events:
        for one in event.get("data", {}).get("changes", []):
            told.append((one["kind"], one["from"], one["path"]) if "from" in one else (one["kind"], one["path"]))
    return told


def fs_events(world, kind="fs_change"):
    return [event for event in world.events() if event["source"] == "fs" and event["type"] == kind]


def watching(world, *args, **more):
    """A `bus watch` whose roots have all been looked through."""
    client = world.start("watch", *args, **more)
    until(lambda: not client.running() or "watching" in client.err, "it watches")
    assert client.running(), client.err
    return client


def watches(world):
    """inotify watches of the host, besides the one of rules.d."""
    found = -1
    for info in Path(f"/proc/{world.status()['pid']}/fdinfo").iterdir():
        try:
            found += info.read_text().count("inotify wd:")
        except OSError:
            pass
    return found


def test_nothing_is_watched_until_asked(alone):
    assert watches(alone) == 0 and fs_events(alone, "fs_root") == []
    source, = [one for one in alone.json("sources") if one["name"] == "fs"]
    assert source["state"] == "ok"


def test_configured_folder_fires_a_rule(world, tree):
    world.configure(f'[sources.fs]\npaths = ["{tree}"]\ndebounce = "0s"\n')
    world.serve()
    until(lambda: fs_events(world, "fs_root"), "it watches")
    on = world.watching("on", 'type == "fs_change" && data.changes.exists(c, c.path.endsWith(".c"))', "--stdin", "event",
                        "--", "cat")
    (tree / "a.h").write_text("x")
    until(lambda: fs_events(world), "it is told")
    (tree / "b.c").write_text("x")
    assert on.wait() == 0
    event = json.loads(on.out)
    assert event["scope"] == str(tree) and event["subject"] == "b.c" and event["data"]["kind"] == "created"


def test_several_instances_with_settings_of_their_own(world, tree):
    (tree / "one").mkdir()
    (tree / "two").mkdir()
    world.configure(f"""
[sources.one]
plugin = "fs"
paths = ["{tree}/one"]
debounce = "10ms"
include = ["*.c"]

[sources.two]
plugin = "fs"
paths = ["{tree}/two"]
debounce = "10ms"
events = "each"
""")
    world.serve()
    until(lambda: len(fs_events(world, "fs_root")) == 2, "both watch")
    for name in ("a.c", "b.h"):
        (tree / "one" / name).write_text("x")
        (tree / "two" / name).write_text("x")
    until(lambda: len(changes(fs_events(world))) == 3, "all is told")
    by_watch = {(event["data"]["watch"], path) for event in fs_events(world) for _, path in changes([event])}
    assert by_watch == {("one", "a.c"), ("two", "a.c"), ("two", "b.h")}
    # bus watch finds one of them, whatever its name is.
    client = watching(world, "two", cwd=tree)
    (tree / "two" / "c").write_text("x")
    until(lambda: "created two/c" in client.out, "it is printed")


def test_watch_prints_what_changes(bus, tree):
    client = watching(bus, ".", cwd=tree)
    (tree / "a").write_text("x")
    until(lambda: "created a\n" in client.out, "it is printed")
    os.rename(tree / "a", tree / "b")
    until(lambda: "renamed a -> b\n" in client.out, "it is printed")
    (tree / "b").unlink()
    until(lambda: "deleted b\n" in client.out, "it is printed")


def test_watch_json_gives_the_events(bus, tree):
    client = watching(bus, tree, "--json", "--times", "1")
    (tree / "a").write_text("x")
    assert client.wait() == 0
    root, change = client.lines()
    assert root["type"] == "fs_root" and root["data"]["state"] == "watched"
    assert changes([change]) == [("created", "a")]


def test_watch_runs_a_program_with_the_list_of_changes(bus, tree):
    out = bus.root / "probe.json"
    client = watching(bus, tree, "--times", "1", "--", *PROBE, "arg",
                      env={"PROBE_OUT": str(out), "PROBE_THEN": "exit:7"})
    (tree / "x y").write_text("x")
    assert client.wait() == 7, client.err
    run = json.loads(out.read_text())
    assert run["argv"] == ["arg"]
    assert changes([json.loads(run["file"]["text"])]) == [("created", "x y")]


def test_changes_during_a_run_make_one_more_run(bus, tree):
    """The program itself changes files while it runs, ten times; what it is run for next is the last of them."""
    script = ("import json, os, sys, time\n"
              "path = json.load(open(os.environ['BUS_EVENT_FILE']))['data']['path']\n"
              "print(path, flush=True)\n"
              "if path == 'first':\n"
              "    for n in range(10):\n"
              "        open(f'n{n}', 'w').close()\n"
              "        while json.loads(os.popen(sys.argv[1] + ' events list --json --limit 1').read())"
              "['data'].get('path') != f'n{n}':\n"
              "            time.sleep(0.02)\n")
    client = watching(bus, ".", "--times", "2", "--debounce", "0s", "--each", "--", sys.executable, "-c", script, BUS,
                      cwd=tree)
    (tree / "first").write_text("x")
    assert client.wait() == 0, client.err
    assert client.out.split() == ["first", "n9"]


def test_every_change_is_a_run_if_queued(bus, tree):
    client = watching(bus, tree, "--times", "5", "--debounce", "0s", "--each", "--when-busy", "queue", "--", "sh", "-c",
                      "echo $BUS_EVENT_SUBJECT")
    for name in "abcde":
        (tree / name).write_text("x")
    assert client.wait() == 0
    assert sorted(client.out.split()) == list("abcde")


def test_own_output_in_the_watched_folder_is_no_change(bus, tree):
    with open(tree / "log", "w", encoding="utf-8") as log:
        client = subprocess.Popen([BUS, "watch", str(tree), "--times", "2"], env=bus.env, stdout=log,
                                  stderr=subprocess.PIPE)
    try:
        assert b"watching" in client.stderr.readline()
        (tree / "a").write_text("x")
        until(lambda: "created" in (tree / "log").read_text(), "it is printed")
        (tree / "b").write_text("x")
        assert client.wait(60) == 0
    finally:
        client.kill()
        client.stderr.close()
    assert "log" not in {path for _, path in changes(fs_events(bus))}


def test_the_watch_ends_with_the_client(alone, tree):
    first = watching(alone, tree)
    second = watching(alone, tree, "--json")
    count = watches(alone)
    assert count > 0
    first.end()
    (tree / "a").write_text("x")
    until(lambda: "fs_change" in second.out, "the other goes on")
    assert watches(alone) == count
    second.end()
    until(lambda: watches(alone) == 0, "nothing is watched any more")


def test_the_watch_goes_on_with_another_host(bus, tree):
    client = watching(bus, ".", cwd=tree)
    bus.kill()  # the client starts another
    until(lambda: "another" in client.err and client.err.count("watching") == 2, "it is asked for again")
    (tree / "a").write_text("x")
    until(lambda: "created a\n" in client.out, "it is printed")


def test_many_files_of_one_folder_are_one_watch(bus, tree):
    names = [f"file-{number}.c" for number in range(200)]
    for name in names:
        (tree / name).write_text("x")
    (tree / "other").write_text("x")
    client = watching(bus, *names, cwd=tree)
    assert watches(bus) < 10
    (tree / "other").write_text("y")
    (tree / "file-7.c").write_text("y")
    until(lambda: "modified file-7.c\n" in client.out, "it is printed")
    assert "other" not in client.out


def test_timeout_and_usage(bus, tree):
    done = bus.run("watch", tree, "--timeout", "200ms", status=124)
    assert "nothing changed" in done.err
    bus.run("watch", status=2)
    bus.run("watch", tree, "--when-busy", "never", status=2)
    assert "host's own" in bus.run("watch", bus.state, status=2).err
    bus.run("watch", tree, "--", "/no/such/program", status=127)


def test_nothing_is_told_of_the_hosts_own_files(world):
    """The whole world is watched, with the host's folders in it; its own writing must not feed itself."""
    world.configure(f'[sources.fs]\npaths = ["{world.root}"]\ndebounce = "0s"\n')
    world.serve()
    until(lambda: fs_events(world, "fs_root"), "it watches")
    for _ in range(20):
        world.emit("--type", "noise")
    (world.root / "seen").write_text("x")
    until(lambda: ("created", "seen") in changes(fs_events(world)), "it is told")
    own = (f"{world.state.name}/", f"{world.runtime.name}/")
    assert [path for _, path in changes(fs_events(world)) if path.startswith(own)] == []


def test_names_that_are_not_utf8(bus, tree):
    client = watching(bus, ".", "--json", "--times", "1", cwd=tree)
    with open(os.fsencode(tree) + b"/caf\xe9\\x", "w", encoding="utf-8"):
        pass
    assert client.wait() == 0
    assert changes(client.lines()) == [("created", "caf\\xe9\\\\x")]


def in_namespace(limits):
    """A shell prefix that runs a program where these limits of inotify hold."""
    sets = "; ".join(f"echo {value} > /proc/sys/user/{name}" for name, value in limits.items())
    return ["unshare", "-Ur", "sh", "-ec", f'{sets}; exec "$@"', "sh"]


def serve_limited(world, **limits):
    command = in_namespace(limits)
    if shutil.which("unshare") is None or subprocess.run([*command, "true"], check=False,
                                                         capture_output=True).returncode != 0:
        pytest.skip("user namespaces cannot be made here")
    host = subprocess.Popen([*command, BUS, "serve"], env=world.env, stderr=subprocess.DEVNULL)
    until(world.reachable, "the host answers")
    return host


def test_too_few_watches_are_degraded_and_missed_by_nobody(world, tree):
    for number in range(40):
        (tree / f"d{number}").mkdir()
    world.configure(f'[sources.fs]\npaths = ["{tree}"]\ndebounce = "10ms"\n')
    host = serve_limited(world, max_inotify_watches=20)
    try:
        reason = until(lambda: [one.get("reason", "") for one in world.json("sources") if one["name"] == "fs"
                                and one["state"] == "degraded"], "it says so")[0]
        assert "fs.inotify.max_user_watches" in reason and "sysctl -w" in reason
    finally:
        host.terminate()
        host.wait(60)


def test_too_few_instances_are_degraded(world, tree):
    world.configure(f'[sources.fs]\npaths = ["{tree}"]\n')
    host = serve_limited(world, max_inotify_instances=0)
    try:
        reason = until(lambda: [one.get("reason", "") for one in world.json("sources") if one["name"] == "fs"
                                and one["state"] == "degraded"], "it says so")[0]
        assert "fs.inotify.max_user_instances" in reason
    finally:
        host.terminate()
        host.wait(60)


def test_a_burst_beyond_the_kernels_queue_loses_nothing(bus, tree):
    """The host is stopped (SIGSTOP) while 30,000 files come: the kernel's queue runs over for certain."""
    client = watching(bus, tree, "--json", "--each")
    pid = bus.status()["pid"]
    os.kill(pid, 19)
    try:
        for number in range(30_000):
            (tree / f"file-{number}").touch()
    finally:
        os.kill(pid, 18)

    def known():
        return {path for _, path in changes(fs_events(bus))}
    until(lambda: len(known()) == 30_000, "all is told", 300)
    assert fs_events(bus, "fs_gap")
    client.end()
