"""The author's way, from an installed prefix with nothing of the source tree at hand: what the page and the templates tell,
typed as it stands, and the worked examples with every compiler that is there."""

import http.server
import json
import os
import re
import shutil
import subprocess
import threading
from pathlib import Path

import pytest

import busproc
from busproc import PATIENCE, until

BUILD = Path(busproc.BUS).resolve().parent.parent
RUN = re.compile(r"^<!-- run -->\n```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)  # of the page
SHELL = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)  # of a template, all of it
STRICT = "-Wall -Wextra -Wpedantic -Werror"
DPKG = all(map(shutil.which, ("cpack", "dpkg-deb", "dpkg-shlibdeps", "file")))


@pytest.fixture(scope="module")
def prefix(tmp_path_factory):
    """bus and its SDK, out of their Debian packages; installed, where there is no dpkg."""
    folder = tmp_path_factory.mktemp("prefix")
    if not DPKG:
        install(folder)
        return folder
    subprocess.run(["cpack", "-G", "DEB", "-B", str(folder), "-D", "CPACK_DEBIAN_COMPRESSION_TYPE=zstd"], cwd=BUILD, check=True,
                   capture_output=True)
    packages = list(folder.glob("*.deb"))
    assert {package.name.split("_")[0] for package in packages} == {"bus", "bus-sdk"}
    for package in packages:
        subprocess.run(["dpkg-deb", "-x", str(package), str(folder / "root")], check=True)
    return folder / "root/usr"


def install(folder):
    subprocess.run(["cmake", "--install", str(BUILD), "--prefix", str(folder)], check=True, capture_output=True)


@pytest.fixture
def author(world, prefix):
    """A world in which bus is the installed one."""
    author = Author(world, prefix)
    yield author
    author.close()


class Author:
    def __init__(self, world, prefix):
        self.world, self.prefix, self.host = world, prefix, None
        self.home = world.root / "home"
        self.home.mkdir()
        self.env = {**world.env, "PATH": f"{prefix}/bin:{os.environ['PATH']}", "HOME": str(self.home)}
        if shutil.which("ccache"):
            self.env.update(CMAKE_C_COMPILER_LAUNCHER="ccache", CMAKE_CXX_COMPILER_LAUNCHER="ccache")

    def run(self, *args, cwd=None, status=0, **more):
        done = subprocess.run([str(arg) for arg in args], cwd=cwd or self.home, env={**self.env, **more}, check=False,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=600)
        assert done.returncode == status, (args, done.returncode, done.stdout, done.stderr)
        return done

    def new(self, name, *args):
        return self.home / self.run("bus", "plugins", "new", name, *args).stdout.strip()

    def type(self, script, cwd=None, **more):
        """Types it into a shell, as somebody does who has set nothing up; the pins are agreed to."""
        env = {name: value for name, value in self.env.items()
               if not name.startswith("XDG_") and name not in ("BUS_CONFIG_DIR", "BUS_STATE_DIR")}
        script = "set -eu\n" + re.sub(r"^(bus plugins trust .*)$", r"\1 --yes", script, flags=re.MULTILINE)
        done = subprocess.run(["bash", "-c", script], cwd=cwd or self.home, env={**env, **more}, check=False, timeout=600,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True)
        assert done.returncode == 0, (script, done.returncode, done.stdout, done.stderr)
        return done

    def build(self, folder, flags="", target="all", **env):
        """Configures and builds; returns the build folder."""
        out = self.home / f"build-{folder.name}-{env.get('CXX', env.get('CC', 'cc'))}"
        self.run("cmake", "-S", folder, "-B", out, f"-DCMAKE_C_FLAGS={STRICT} {flags}", f"-DCMAKE_CXX_FLAGS={STRICT}", **env)
        self.run("cmake", "--build", out, "--target", target, "--parallel", "2")
        return out

    def test(self, out, which="."):
        """Its own tests and bus-plugin-check's."""
        self.run("ctest", "--test-dir", out, "--output-on-failure", "--no-tests=error", "-R", which)

    def trust(self, library):
        self.run("bus", "plugins", "trust", library, "--yes")

    def serve(self, toml, *libraries):
        """A host that has these libraries."""
        folders = json.dumps(sorted({str(library.parent) for library in libraries}))
        self.world.configure(f"[plugins]\ndirectories = {folders}\n{toml}")
        for library in libraries:
            self.trust(library)
        self.host = subprocess.Popen([str(self.prefix / "bin/bus"), "serve"], env=self.env, stdin=subprocess.DEVNULL,
                                     stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        until(lambda: self.host.poll() is not None or self.world.reachable(), "the host answers")
        assert self.host.poll() is None, self.host.stderr.read()
        self.world.port = self.world.status()["http"].get("port")

    def close(self):
        if self.host is not None:
            self.host.terminate()
            print(self.host.communicate(timeout=PATIENCE)[1][-4000:])
            self.host = None


def test_packaged_is_what_is_installed(prefix, tmp_path):
    if not DPKG:
        pytest.skip("there is no dpkg")
    install(tmp_path)
    packaged, installed = ({str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}
                           for root in (prefix, tmp_path))
    assert packaged == installed
    depends = subprocess.run(["dpkg-deb", "-f", *prefix.parent.parent.glob("bus_*.deb"), "Depends"], check=True,
                             capture_output=True, text=True).stdout
    assert "libsqlite3" in depends and "libbus" not in depends


def test_what_the_page_tells_can_be_typed(author):
    blocks = RUN.findall((author.prefix / "share/doc/bus/sdk/README.md").read_text())
    assert len(blocks) >= 2
    event = json.loads(author.type("".join(blocks)).stdout.splitlines()[-1])
    assert (event["source"], event["type"], event["summary"]) == ("weather", "note", "all is well")
    # What the page shows of the first step is what was made.
    step = author.prefix / "share/bus/examples/steps/1_timer/weather.cpp"
    assert (author.home / "weather/weather.cpp").read_text() == step.read_text()


def test_each_step_of_the_page_runs(author):
    out = author.build(author.prefix / "share/bus/examples/steps")
    author.test(out)
    author.world.set_secret("hush", "weather")

    def events_of(step, *readings):
        author.serve("[sources.weather]\n", out / step / "weather.so")
        until(lambda: author.world.request("POST", "/webhooks/weather", b"20").status == 401, "the route is there")
        before = len(author.world.events("--source", "weather"))
        for reading in readings:
            answer = author.world.request("POST", "/webhooks/weather", reading, {"Authorization": "Bearer hush"})
            assert answer.status == 202, answer
        return [event["data"] for event in author.world.events("--source", "weather")][before:]

    assert events_of("2_webhook", b"21.5", b"20") == [{"celsius": 21.5}, {"celsius": 20.0}]
    author.close()
    assert events_of("3_state", b"21", b"20") == [{"celsius": 21.0}, {"celsius": 20.0, "change": -1.0}]
    author.close()
    assert events_of("4_metrics", b"22") == [{"celsius": 22.0, "change": 2.0}]  # since before the restart
    assert b"bus_weather_readings_total 1" in author.world.request("GET", "/metrics").body


@pytest.mark.parametrize("kind,language", [("sink", "c++"), ("source", "c"), ("sink", "c"), ("source", "exec")])
def test_what_a_template_tells_can_be_typed(author, kind, language):
    folder = author.new("small_talk", "--kind", kind, "--lang", language)
    made = [path for path in folder.rglob("*") if path.is_file()]
    assert not [path for path in made if re.search("my_?s(ource|ink)", path.name + path.read_text(), re.IGNORECASE)]
    script = "".join(SHELL.findall((folder / "README.md").read_text()))
    done = author.type(script, cwd=folder, CFLAGS=f"{STRICT} -std=c11", CXXFLAGS=STRICT)
    if language != "exec":
        assert (folder / "build/check_small_talk.xml").read_text().startswith("<?xml")
    if kind == "sink":
        log = author.home / "small_talk/log"
        until(lambda: log.exists() and "hello" in log.read_text(), "the event is carried out")
    else:
        event = json.loads(done.stdout.splitlines()[-1])
        assert event["type"] == ("disk_usage" if language == "exec" else "note")


def test_what_cannot_be_made_is_told(author):
    author.new("twice")
    for status, said, args in ((75, "is there already", ["twice"]), (2, "no name for a plugin", ["Weather"]),
                               (2, "no name for a plugin", ["../weather"]), (2, "taken by bus itself", ["github"]),
                               (2, "taken by bus itself", ["cli"]), (2, "no source in 'rust'", ["a", "--lang", "rust"]),
                               (2, "no sink in 'exec'", ["a", "--kind", "sink", "--lang", "exec"]),
                               (2, "source or sink", ["a", "--kind", "well"]), (66, "no folder", ["a", "--into", "none"])):
        assert said in author.run("bus", "plugins", "new", *args, status=status).stderr
    assert sorted(path.name for path in author.home.iterdir()) == ["twice"]


class Service(http.server.BaseHTTPRequestHandler):
    """The build service of the example."""

    def do_GET(self):
        body = json.dumps([{"id": 7, "project": "octo/hello", "status": "failed"}]).encode()
        self.send_response(200)
        self.send_header("ETag", '"1"')
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.mark.parametrize("cxx,cc", [("g++", "gcc"), ("clang++-14", "clang-14")])
def test_the_examples_build_elsewhere(author, cxx, cc):
    if not shutil.which(cxx) or not shutil.which(cc):
        pytest.skip(f"there is no {cxx}")
    examples = author.prefix / "share/bus/examples"
    first = cxx == "g++"  # the tests of the example itself are built once
    builds = author.build(examples / "builds", target="all" if first else "builds", CXX=cxx)
    tally = author.build(examples / "tally", "-std=c11", CC=cc)
    author.test(builds, "." if first else "check_")
    author.test(tally)
    if not first:
        return
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Service)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        author.serve(f'[sources.builds]\nurl = "http://127.0.0.1:{server.server_port}"\nallow = ["network"]\n'
                     f'[sinks.tally]\npath = "{author.home}/tally.txt"\n', builds / "builds.so", tally / "tally.so")
        until(lambda: "failure 1" in (author.home / "tally.txt").read_text(), "the build is counted")
        event, = author.world.events("--source", "builds")
        assert (event["task"]["id"], event["task"]["result"]) == ("builds:octo/hello/7", "failure")
    finally:
        server.shutdown()
        server.server_close()
