"""Configuration and secrets as the user handles them; version and help."""

import json
import stat
import subprocess
from pathlib import Path

from busproc import BUS, run_payload


def test_version(world):
    assert world.run("version").out.startswith("bus ")
    told = json.loads(world.run("version", "--json").out)
    assert world.run("version").out.split()[1] == told["version"] and told["protocol"] == 2
    assert world.run("--version").out == world.run("version").out


def test_help_of_every_verb(world):
    overview = world.run("help").out
    verbs = [line[2:22].strip() for line in overview.split("Verbs:\n")[1].split("\n\n")[0].splitlines()]
    assert len(verbs) > 15
    for verb in verbs:
        words = verb.split()
        text = world.run("help", *words).out
        assert text == world.run(*words, "--help").out
        assert text.index("Examples:") < text.index("Usage:") < text.index("Exit status:")


def test_config_check_names_line_and_nearest_key(world):
    path = world.root / "bad.toml"
    path.write_text('[http]\nlisten = "127.0.0.1:0"\nworkerz = 3\n\n[store]\nkeep_age = "soon"\n\n[sorces.github]\n')
    done = world.run("config", "check", path, status=78)
    assert done.out == ""
    problems = [line for line in done.err.splitlines() if line.startswith("bus: ")]
    assert len(problems) == 3, done.err
    for line, words in ((3, ("workerz", "workers")), (6, ("duration", "soon")), (8, ("sorces", "sources"))):
        found, = (problem for problem in problems if f"{path}:{line}" in problem)
        assert all(word in done.err for word in words), done.err
    as_json = [json.loads(line) for line in world.run("config", "check", path, "--json", status=78).out.splitlines()]
    assert sorted(problem["line"] for problem in as_json) == [3, 6, 8]


def test_config_check_of_text_that_is_no_toml(world):
    done = world.run("config", "check", "-", input="[http\n", status=78)
    assert "stdin:1" in done.err


def test_config_check_of_what_the_host_would_read(world):
    assert world.run("config", "check").err == "bus: the configuration is good\n"
    world.configure("[log]\nlevl = 'debug'\n")
    done = world.run("config", "check", status=78)
    assert str(world.config / "config.toml") + ":2" in done.err and "level" in done.err
    assert "levl" in world.run("serve", status=78).err
    assert not (world.state / "host.lock").exists()


def test_sample_is_a_good_configuration(world):
    sample = world.run("config", "sample").out
    world.run("config", "check", "-", input=sample)
    uncommented = "\n".join(line[1:] if line.startswith("#") and " = " in line and not line.startswith("# ") else line
                            for line in sample.splitlines())
    assert uncommented != sample
    world.run("config", "check", "-", input=uncommented)
    json.loads(world.run("config", "schema").out)


def test_flag_over_environment_over_file(world):
    world.configure('[log]\nlevel = "error"\n[http]\nworkers = 3\n')
    del world.env["BUS_LISTEN"]
    env = {"BUS_LOG_LEVEL": "warning"}
    told = {line["key"]: line for line in world.json("config", "show", "--set", "http.workers=5", env=env)}
    assert (told["log.level"]["value"], told["log.level"]["origin"]) == ("warning", "environment")
    assert (told["http.workers"]["value"], told["http.workers"]["origin"]) == (5, "flag")
    assert told["http.listen"]["value"] == "127.0.0.1:9000" and told["http.listen"]["origin"] == "default"


def test_secret_never_shows(world):
    value = "v3ry-s3cret-value-0123456789"
    world.serve()
    process = subprocess.Popen([BUS, "secret", "set", "github"], env=world.env, stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    # While it waits for the value, and while it has it, nothing of it is in what `ps` shows.
    process.stdin.write(value.encode())
    process.stdin.flush()
    for name in ("cmdline", "environ"):
        assert value.encode() not in Path(f"/proc/{process.pid}/{name}").read_bytes()
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0 and value.encode() not in out + err
    path = world.config / "secrets" / "github"
    assert path.read_text().strip() == value
    assert stat.S_IMODE(path.stat().st_mode) == 0o600 and stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    world.deliver(run_payload(), secret=value)
    world.deliver(run_payload(), secret="wrong")
    shown = "".join(world.run(*words, status=None).out for words in (
        ("secret", "list"), ("secret", "list", "--json"), ("config", "show"), ("config", "show", "--json"), ("status",),
        ("status", "--json"), ("plugins", "show", "github"), ("plugins", "list", "--json"), ("doctor",),
        ("events", "list", "--all", "--json")))
    assert "github" in shown and value not in shown
    assert value not in world.request("GET", "/metrics").body.decode()
    for name in ("cmdline", "environ"):
        assert value.encode() not in Path(f"/proc/{world.host.pid}/{name}").read_bytes()
    world.stop()
    for path in world.root.rglob("*"):
        if path.is_file() and path.parent.name != "secrets":
            assert value.encode() not in path.read_bytes(), path
    assert value not in "".join(client.out + client.err for client in world.clients)


def test_secret_from_a_file_and_refusals(world):
    path = world.root / "value"
    path.write_text("from-a-file\r\n")
    world.run("secret", "set", "github", "--file", path)
    assert (world.config / "secrets" / "github").read_text().strip() == "from-a-file"
    for bad in ("", "\n", "two\nlines\n"):
        done = world.run("secret", "set", "github", input=bad, status=2)
        assert done.err.startswith("bus: ") and "two" not in done.err
    assert (world.config / "secrets" / "github").read_text().strip() == "from-a-file"
    assert world.run("secret", "list").out == "github\n"
    world.run("secret", "remove", "github")
    assert world.run("secret", "list").out == ""


def test_value_as_an_argument_is_refused_and_not_repeated(world):
    done = world.run("secret", "set", "github", "my-value-in-argv", status=2)
    assert not (world.config / "secrets" / "github").exists() and done.out == ""


def test_doctor(world):
    world.set_secret()
    world.serve()
    done = world.run("doctor")
    assert "ok" in done.out
    world.stop()
    broken = world.run("doctor", "--no-autostart", status=1)
    assert "bus serve" in broken.out + broken.err
