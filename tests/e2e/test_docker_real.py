"""The source docker with a real Docker engine and a real podman. Skipped, with the reason, where this machine cannot."""

import json
import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from busproc import until

LIMITS = ("[containers]\ndefault_ulimits=[\"nofile=1024:1024\",\"nproc=1024:1024\"]\nnetns=\"none\"\n"
          "[engine]\ncgroup_manager=\"cgroupfs\"\nevents_logger=\"file\"\n")


def need(*programs):
    if os.geteuid() != 0:
        pytest.skip("an engine of one's own needs root")
    for program in programs:
        if not shutil.which(program):
            pytest.skip(f"there is no {program}")


class RealEngine:
    """An engine in a mount namespace of its own, on a socket and with folders of its own."""

    def __init__(self, root):
        self.root = root
        root.mkdir()
        self.socket = root / "docker.sock"
        self.env = {**os.environ, "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "DOCKER_HOST": f"unix://{self.socket}"}
        self.process = None

    def image(self):
        """A file with nothing but busybox."""
        folder = self.root / "rootfs" / "bin"
        folder.mkdir(parents=True)
        shutil.copy("/bin/busybox", folder / "busybox")
        for name in ("sh", "sleep", "test"):
            (folder / name).symlink_to("busybox")
        tar = self.root / "bb.tar"
        subprocess.run(["tar", "-C", self.root / "rootfs", "-c", ".", "-f", tar], check=True)
        return tar

    def start(self, again=False):
        log = open(self.root / "engine.log", "ab")
        self.process = subprocess.Popen(self.command(), env=self.env, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                        start_new_session=True)
        log.close()
        self.ready(again)

    def ready(self, again):
        def answers():
            if self.process.poll() is not None:
                assert not again, "the engine does not come back"
                tail = (self.root / "engine.log").read_text(errors="replace").strip().splitlines()[-1:]
                pytest.skip(f"the engine does not run on this machine: {''.join(tail)[:300]}")
            return subprocess.run([self.docker_cli(), "version"], env=self.env, capture_output=True).returncode == 0
        until(answers, "the engine answers")

    def docker_cli(self):
        return shutil.which("docker")

    def docker(self, *args, status=0):
        done = subprocess.run([self.docker_cli(), *args], env=self.env, capture_output=True, text=True, timeout=120)
        assert status is None or done.returncode == status, (args, done.returncode, done.stdout, done.stderr)
        return done.stdout.strip()

    def stop(self, how=signal.SIGTERM):
        process, self.process = self.process, None
        if process is not None and process.poll() is None:
            os.killpg(process.pid, how)
            process.wait(120)


class Dockerd(RealEngine):
    image_name = "bb:1"
    stopped = {"cancellation"}

    def command(self):
        return ["unshare", "-m", "dockerd", "-H", f"unix://{self.socket}", "--data-root", self.root / "data", "--exec-root",
                self.root / "exec", "--pidfile", self.root / "d.pid", "--iptables=false", "--ip6tables=false", "--bridge=none",
                "--storage-driver=overlay2", "--default-ulimit", "nofile=1024:1024"]

    def load(self):
        self.docker("import", str(self.image()), self.image_name)

    def stop(self, how=signal.SIGTERM):
        super().stop(how)
        (self.root / "d.pid").unlink(missing_ok=True)
        # Its containerd ends behind it; the next one must not find half of it.
        pid = self.root / "exec" / "containerd" / "containerd.pid"
        if pid.is_file():
            containerd = Path("/proc") / pid.read_text().strip() / "cmdline"
            until(lambda: not (containerd.is_file() and str(self.root).encode() in containerd.read_bytes()),
                  "containerd has ended")
            pid.unlink(missing_ok=True)


class Podman(RealEngine):
    image_name = "localhost/bb:1"
    stopped = {"cancellation", "failure"}  # podman 4 mostly does not say that it was asked to stop

    def __init__(self, root):
        super().__init__(root)
        (root / "c.conf").write_text(LIMITS + f'tmp_dir="{root}/tmp"\n')  # else all podmans share one file of events
        self.env["CONTAINERS_CONF"] = str(root / "c.conf")

    def podman(self):
        return f"podman --root {self.root}/root --runroot {self.root}/run"

    def command(self):
        service = f"umount /sys/fs/cgroup/unified 2>/dev/null; exec {self.podman()} system service --time=0 unix://{self.socket}"
        return ["unshare", "-m", "sh", "-c", service]

    def load(self):
        subprocess.run([*self.podman().split(), "import", str(self.image()), self.image_name], env=self.env, check=True,
                       capture_output=True)


@pytest.fixture
def dockerd(world):
    need("dockerd", "containerd", "runc", "docker", "unshare", "busybox")
    yield from serve(world, Dockerd(world.root / "engine"))


@pytest.fixture
def podman(world):
    need("podman", "crun", "docker", "unshare", "busybox")
    yield from serve(world, Podman(world.root / "engine"))


def serve(world, engine):
    world.env["DOCKER_HOST"] = f"unix://{engine.socket}"
    try:
        engine.start()
        engine.load()
        if subprocess.run([engine.docker_cli(), "run", "--rm", "--network", "none", engine.image_name, "/bin/sh", "-c", ":"],
                          env=engine.env, capture_output=True).returncode != 0:
            pytest.skip("the engine cannot run a container on this machine")
        world.serve()
        until(lambda: source(world)["state"] == "ok", "the source listens")
        yield engine
    finally:
        remove_all(engine)
        engine.stop()
        end_leftovers(engine.root)
        unmount(engine.root)


def remove_all(engine):
    if engine.process is not None and engine.process.poll() is None:
        for container in engine.docker("ps", "-aq", status=None).split():
            engine.docker("rm", "-f", container, status=None)


def end_leftovers(root):
    """What an engine that was killed has left running: the keepers of its containers, and the containers."""
    keepers, children = set(), {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if str(root).encode() in (entry / "cmdline").read_bytes():
                    keepers.add(int(entry.name))
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                children.setdefault(parent, []).append(int(entry.name))
            except OSError:
                pass
    for pid in [*(child for keeper in keepers for child in children.get(keeper, [])), *keepers]:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass


def unmount(root):
    """What the engine has left mounted below its folders, innermost first."""
    with open("/proc/self/mounts") as mounts:
        below = [line.split()[1] for line in mounts if line.split()[1].startswith(str(root))]
    for path in sorted(below, key=len, reverse=True):
        subprocess.run(["umount", "-l", path], capture_output=True, check=False)


def source(world):
    return next(one for one in world.json("sources") if one["name"] == "docker")


def tasks(world, name):
    return [t for t in world.json("tasks") if t.get("name") == name]


def ended(world, name):
    return until(lambda: next((t for t in tasks(world, name) if t["kind"] == "container" and t["state"] == "finished"), None),
                 f"{name} has ended")


def run(engine, *args, status=0, command=("/bin/sh", "-c", "exit 0")):
    return engine.docker("run", "--network", "none", *args, engine.image_name, *command, status=status)


def how(task):
    return task["result"], task.get("detail"), task.get("exit")


def check_life(world, engine):
    """What both engines must tell alike."""
    run(engine, "--name", "good")
    run(engine, "--name", "bad", status=None, command=("/bin/sh", "-c", "exit 7"))
    assert how(ended(world, "good")) == ("success", "exit 0", 0)
    assert how(ended(world, "bad")) == ("failure", "exit 7", 7)

    run(engine, "-d", "--name", "long", "--label", "com.docker.compose.project=shop", command=("/bin/sleep", "1000"))
    until(lambda: tasks(world, "long") and tasks(world, "long")[0]["state"] == "running", "it runs")
    engine.docker("pause", "long"), engine.docker("unpause", "long")
    engine.docker("exec", "long", "/bin/sh", "-c", "exit 3", status=None)
    engine.docker("stop", "-t", "1", "long")
    stopped = ended(world, "long")
    assert stopped["result"] in engine.stopped and stopped["scope"] == "shop", stopped
    engine.docker("start", "long")
    until(lambda: (t := tasks(world, "long")[0])["state"] == "running" and t["attempt"] == 2, "it runs again")
    engine.docker("kill", "long")
    assert how(ended(world, "long")) == ("cancellation", "SIGKILL", 137)
    engine.docker("rm", "long")

    actions = until(lambda: (found := [e["data"]["action"] for e in world.events() if e["data"].get("name") == "long"])
                    and "destroy" in found and found, "it is removed")
    assert not [a for a in actions if a.startswith("exec")], actions
    assert {"create", "start", "pause", "unpause", "kill", "die", "destroy"} <= set(actions), actions
    keys = [e["key"] for e in world.events() if e.get("key")]
    assert len(keys) == len(set(keys))


def test_docker(world, dockerd):
    check_life(world, dockerd)
    run(dockerd, "--name", "nostart", status=127, command=("/nope",))
    assert ended(world, "nostart")["result"] == "error"
    run(dockerd, "--name", "greedy", "-m", "20m", status=None,
        command=("/bin/busybox", "tail", "/dev/zero"))
    assert how(ended(world, "greedy")) == ("error", "oom", 137)
    run(dockerd, "-d", "--name", "checked", "--health-cmd", "/bin/test -e /ok", "--health-interval", "1s", "--health-retries", "1",
        command=("/bin/sleep", "1000"))
    until(lambda: [t for t in tasks(world, "checked") if t["kind"] == "check" and t.get("result") == "failure"], "unhealthy")
    client = world.watching("wait", 'data.ready == true && data.name == "checked"')
    dockerd.docker("exec", "checked", "/bin/sh", "-c", ">/ok")
    assert client.wait() == 0


def test_docker_dies_and_comes_back(world, dockerd):
    run(dockerd, "-d", "--name", "always", "--restart", "always", command=("/bin/sleep", "1000"))
    run(dockerd, "-d", "--name", "once", command=("/bin/sleep", "1000"))
    until(lambda: all(tasks(world, name) and tasks(world, name)[0]["state"] == "running" for name in ("always", "once")),
          "both run")
    dockerd.stop(signal.SIGKILL)
    for name in ("always", "once"):
        until(lambda name=name: tasks(world, name)[0]["state"] == "unknown", f"{name} is unknown")
    until(lambda: source(world)["state"] == "idle", "the source waits")
    dockerd.start(again=True)
    until(lambda: source(world)["state"] == "ok", "the source is back")

    def settled():
        found = json.loads(dockerd.docker("inspect", "once", "always"))
        state = {one["Name"]: one["State"] for one in found}
        known = {name: tasks(world, name)[0] for name in ("once", "always")}
        once = "running" if state["/once"]["Running"] else "finished"
        return state["/always"]["Running"] and known["always"]["state"] == "running" and known["once"]["state"] == once
    until(settled, "what is known is what is")


def test_podman(world, podman):
    check_life(world, podman)


def test_podman_dies_and_comes_back(world, podman):
    run(podman, "-d", "--name", "job", command=("/bin/sleep", "1000"))
    until(lambda: tasks(world, "job") and tasks(world, "job")[0]["state"] == "running", "it runs")
    podman.stop(signal.SIGKILL)
    until(lambda: tasks(world, "job")[0]["state"] == "unknown", "it is unknown")
    podman.start(again=True)
    until(lambda: tasks(world, "job")[0]["state"] == "running", "it is seen again")
