"""Stands for the user's program: writes down as JSON, to $PROBE_OUT, everything that it was given.

PROBE_THEN says what it does afterwards: exit:N, kill:N (a signal to itself), hang (until SIGTERM, then 7), deaf (ignores
SIGTERM and SIGINT).
"""

import json
import os
import signal
import stat
import sys


def descriptors():
    found = {}
    for name in os.listdir("/proc/self/fd"):
        try:
            found[int(name)] = os.readlink(f"/proc/self/fd/{name}")
        except OSError:
            pass  # the listing's own
    return found


def event_file():
    path = os.environ.get("BUS_EVENT_FILE")
    if not path:
        return None
    with open(path, encoding="utf-8") as file:
        text = file.read()
    info, folder = os.stat(path), os.stat(os.path.dirname(path))
    return {"path": path, "text": text, "mode": stat.S_IMODE(info.st_mode), "folder": stat.S_IMODE(folder.st_mode),
            "uid": info.st_uid}


def write_down():
    said = {"argv": sys.argv[1:], "env": dict(os.environ), "file": event_file(), "fds": descriptors(),
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
    while True:
        signal.pause()


if __name__ == "__main__":
    main()
