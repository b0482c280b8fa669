"""Plugins that did not come with bus: they run when the user has said so, and only as they were then."""

import json
import os
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from busproc import until

PLUGINS = Path(os.environ.get("BUS_TEST_PLUGINS", "nowhere"))


@pytest.fixture
def folder(world):
    """A folder of further plugins, and a configuration that looks there."""
    made = world.root / "plugins"
    made.mkdir(mode=0o755)
    world.configure(f'[plugins]\ndirectories = ["{made}"]\n[sources.cpp_source]\n')
    return made


def put(folder, name, called=None):
    path = folder / f"{called or name}.so"
    shutil.copyfile(PLUGINS / f"{name}.so", path)
    path.chmod(0o755)
    return path


def plugin(world, name):
    return next(one for one in world.json("plugins", "list") if one["name"] == name)


def test_untrusted_then_trusted_then_changed_then_taken_back(world, folder):
    path = put(folder, "cpp_source")
    world.serve()
    found = plugin(world, "cpp_source")
    assert found["state"] == "failed" and found["trust"] == "no" and "version" not in found
    assert f"bus plugins trust {path}" in found["reason"]
    world.stop()

    refused = world.run("plugins", "trust", path, status=2)
    assert "--yes" in refused.err and "cpp_source" in refused.out and not (world.config / "trust.json").exists()
    said = json.loads(world.run("plugins", "trust", path, "--yes", "--json").out)
    assert said["description"]["role"] == "source" and said["description"]["event_types"]
    assert stat.S_IMODE((world.config / "trust.json").stat().st_mode) == 0o600
    world.serve()
    found = plugin(world, "cpp_source")
    assert found["state"] == "ok" and found["trust"] == "pinned" and found["sha256"] == said["sha256"]

    with path.open("ab") as library:
        library.write(b"one byte more")
    assert "has changed" in plugin(world, "cpp_source")["hint"]
    world.stop()
    world.serve()
    found = plugin(world, "cpp_source")
    assert found["state"] == "failed" and "has changed since it was trusted" in found["reason"]
    assert said["sha256"] in found["reason"]
    world.stop()

    assert world.json("plugins", "untrust", "cpp_source")[0]["path"] == str(path)
    world.run("plugins", "untrust", "cpp_source", status=66)
    shutil.copyfile(PLUGINS / "cpp_source.so", path)
    world.serve()
    assert "is not trusted" in plugin(world, "cpp_source")["reason"]


def test_a_person_is_asked(world, folder):
    path = put(folder, "cpp_source")
    for answer, status in (("n", 77), ("", 77), ("y", 0)):
        primary, secondary = os.openpty()
        asked = world.start("plugins", "trust", path, stdin=secondary)
        os.close(secondary)
        until(lambda: "[y/N]" in asked.err, "it asks")
        os.write(primary, answer.encode() + b"\n")
        assert asked.wait() == status, asked.err
        os.close(primary)
        assert (world.config / "trust.json").exists() == (status == 0)


def test_what_a_library_does_when_it_is_looked_at(world, folder):
    said = json.loads(world.run("plugins", "trust", put(folder, "prying"), "--yes", "--json").out)
    assert said["description"]["summary"] == "It was allowed:"
    crashed = world.run("plugins", "trust", put(folder, "crashing"), "--yes", status=2)
    assert "SIGABRT" in crashed.err
    assert "build it again with the SDK" in world.run("plugins", "trust", put(folder, "abi_two"), "--yes", status=2).err
    nothing = folder / "nothing.so"
    nothing.write_text("not a library")
    assert "is no shared library" in world.run("plugins", "trust", nothing, "--yes", status=2).err


def test_names_that_are_taken(world, folder):
    for name in ("github", "cli"):
        refused = world.run("plugins", "trust", put(folder, "cpp_source", name), "--yes", status=77)
        assert "is the name of" in refused.err
    assert "calls itself" in world.run("plugins", "trust", put(folder, "cpp_source", "other"), "--yes", status=2).err
    world.serve()
    assert sorted(one["trust"] for one in world.json("plugins", "list") if one["name"] == "github") == ["installed", "no"]


def test_what_others_could_write_is_refused(world, folder):
    path = put(folder, "cpp_source")
    path.chmod(0o666)
    assert "can be written by others" in world.run("plugins", "trust", path, "--yes", status=77).err
    path.chmod(0o755)
    world.run("plugins", "trust", path, "--yes")
    link = folder / "link.so"
    link.symlink_to(path)
    assert "symbolic link" in world.run("plugins", "trust", link, "--yes", status=77).err
    (world.config / "trust.json").chmod(0o644)
    world.serve()
    found = plugin(world, "cpp_source")
    assert found["state"] == "failed" and "trust.json" in found["reason"]


def test_bad_files_are_told_and_stop_nobody(world, folder):
    whole = (PLUGINS / "cpp_source.so").read_bytes()
    reasons = {"machine": "built for another kind of machine", "cut": "is cut off", "open": "can be written by others",
               "link": "symbolic link", "empty": "is empty", "fifo": "no regular file", "digest": "is not trusted"}
    for name in reasons:
        (folder / f"{name}.so").write_bytes(whole)
        (folder / f"{name}.so").chmod(0o755)
    (folder / "machine.so").write_bytes(whole[:18] + b"\xb7\0" + whole[20:])  # e_machine: AArch64
    (folder / "cut.so").write_bytes(whole[:500])
    (folder / "open.so").chmod(0o777)
    (folder / "link.so").unlink()
    (folder / "link.so").symlink_to(folder / "digest.so")
    (folder / "empty.so").write_bytes(b"")
    (folder / "fifo.so").unlink()
    os.mkfifo(folder / "fifo.so", 0o600)
    world.configure(f'[plugins]\ndirectories = ["{folder}"]\n' + "".join(f"[sources.{name}]\n" for name in reasons))
    world.serve()
    for name, reason in reasons.items():
        found = plugin(world, name)
        assert found["state"] == "failed" and reason in found["reason"], found
    assert world.emit("--type", "note")["seq"] == 1


def test_options_that_bus_would_swallow(world, folder):
    done = world.run("plugins", "trust", put(folder, "swallowed"), "--yes", status=None)
    assert done.returncode != 0 and "option batch has the name of a setting" in done.err, done.err


@pytest.mark.skipif(shutil.which("minisign") is None, reason="minisign is not installed")
def test_signatures_of_minisign(world, folder):
    def minisign(*args):
        subprocess.run(["minisign", *map(str, args)], check=True, capture_output=True, stdin=subprocess.DEVNULL)

    public, secret, other = (world.root / name for name in ("key.pub", "key", "other"))
    minisign("-G", "-W", "-p", public, "-s", secret)
    minisign("-G", "-W", "-p", world.root / "other.pub", "-s", other)
    path = put(folder, "cpp_source")
    world.run("plugins", "trust", path, "--yes", "--key", public, status=77)
    minisign("-S", "-s", secret, "-m", path, "-t", "cpp_source 1.0")
    world.run("plugins", "trust", path, "--yes", "--key", world.root / "other.pub", status=77)
    good = Path(f"{path}.minisig").read_text()
    for bad, status, reason in ((good[:100], 2, "minisig is no signature"), (good.replace("1.0", "2.0"), 77, "comment was changed"),
                                ("", 2, "minisig is no signature")):
        Path(f"{path}.minisig").write_text(bad)
        refused = world.run("plugins", "trust", path, "--yes", "--key", public, status=status).err
        assert reason in refused and f"bus plugins trust {path}" in refused
    assert not (world.config / "trust.json").exists()
    Path(f"{path}.minisig").write_text(good)
    said = world.run("plugins", "trust", path, "--yes", "--key", public.read_text().splitlines()[1])
    assert "cpp_source 1.0" in said.out

    # A new version by the same hand needs no new word.
    with path.open("ab") as library:
        library.write(b"version 2")
    minisign("-S", "-l", "-s", secret, "-m", path)
    world.serve()
    assert plugin(world, "cpp_source")["trust"] == "signed"
    world.stop()
    minisign("-S", "-s", other, "-m", path)
    world.serve()
    found = plugin(world, "cpp_source")
    assert found["state"] == "failed" and "is signed by key" in found["reason"]
    world.stop()
    Path(f"{path}.minisig").unlink()
    world.serve()
    assert "minisig" in plugin(world, "cpp_source")["reason"]
