"""Stands for the user's program: writes down as JSON, to $PROBE_OUT, everything that it was given.

PROBE_THEN says what it does afterwards: exit:N, kill:N (a signal to itself), hang (until SIGTERM, then 7), deaf (ignores
SIGTERM and SIGINT), wait (until the file $PROBE_GO is there, then 0).
"""

import json
import os
import signal
import stat
import sys
import time


def descriptors():
    found = {}
    for name in os.listdir("/proc/self/fd"):
        try:
            found[int(name)] = os.readlink(f"/proc/self/fd/{name}")
        except OSError:
            pass  # the listing's own
    return found


def blocked_signals():
    with open("/proc/self/status", encoding="utf-8") as file:
        return next(int(line.split()[1], 16) for line in file if line.startswith("SigBlk:"))


def event_file(name):
    path = os.environ.get(name)
    if not path:
        return None
    with open(path, encoding="utf-8") as file:
        text = file.read()
    info, folder = os.stat(path), os.stat(os.path.dirname(path))
    return {"path": path, "text": text, "mode": stat.S_IMODE(info.st_mode), "folder": stat.S_IMODE(folder.st_mode),
            "uid": info.st_uid}


def write_down():
    said = {"argv": sys.argv[1:], "env": dict(os.environ), "file": event_file("BUS_EVENT_FILE"),
            "events": event_file("BUS_EVENTS_FILE"), "blocked": blocked_signals(), "fds": descriptors(),
            "stdin": sys.stdin.read(), "pid": os.getpid(), "pgid": os.getpgid(0), "cwd": os.getcwd()}
    out = os.environ["PROBE_OUT"]
    with open(out, "a", encoding="utf-8") as file:
        file.write(json.dumps(said) + "\n")


def main():
    word, _, number = os.environ.get("PROBE_THEN", "exit:0").partition(":")
    if word == "hang":
        signal.signal(signal.SIGTERM, lambda *_: os._exit(7))
    if word == "deaf":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    write_down()
    if word == "exit":
        sys.exit(int(number))
    if word == "kill":
        os.kill(os.getpid(), int(number))
    while word == "wait":
        if os.path.exists(os.environ["PROBE_GO"]):
            sys.exit(0)
        time.sleep(0.01)
    while True:
        signal.pause()


if __name__ == "__main__":
    main()
