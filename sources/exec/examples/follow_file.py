#!/usr/bin/env python3
"""A source in Python, to be run for ever: each line that is added to a file becomes an event.

    [sources.deploys]
    plugin = "exec"
    command = ["/usr/local/share/doc/bus/examples/exec/follow_file.py", "/var/log/deploys.log", "/var/lib/deploys.place"]
    acknowledge = true

The place up to which lines are safely stored is kept in the second file, and moves only when bus has acknowledged
them. After a crash of anybody lines may be told again; their keys (the file's inode and the line's place) make them
duplicates, so each line is one event.
"""

import json
import os
import select
import sys
import time

PAUSE = 0.5   # seconds between looks at the file
AT_ONCE = 500  # lines that may be told and not yet acknowledged


def read_place(path):
    try:
        with open(path, encoding="ascii") as file:
            inode, offset = file.read().split()
            return int(inode), int(offset)
    except (OSError, ValueError):
        return None, 0


def write_place(path, inode, offset):
    """Whole or not at all."""
    with open(path + ".new", "w", encoding="ascii") as file:
        file.write(f"{inode} {offset}\n")
        file.flush()
        os.fsync(file.fileno())
    os.replace(path + ".new", path)


def tell(line, inode, offset, name):
    text = line.decode(errors="replace").rstrip("\r\n")
    event = {"type": "line", "scope": name, "subject": name, "key": f"{inode}:{offset}",
             "summary": text[:200] or "(empty line)", "data": {"line": text}}
    sys.stdout.write(json.dumps(event) + "\n")


def hear(ends):
    """Reads one acknowledgement; the place behind the lines that are stored, or None while some before it are not."""
    answer = json.loads(sys.stdin.readline() or sys.exit(0))  # no stdin any more: bus is gone
    if not answer["ok"] and answer["code"] != "invalid":
        sys.exit(f"line {answer['line']}: {answer['message']}")  # started again, we begin at the place
    return ends.pop(answer["line"])


def main(path, place_path):
    inode, offset = read_place(place_path)
    told = 0
    while True:
        try:
            file = open(path, "rb")
        except OSError:
            time.sleep(PAUSE)
            continue
        with file:
            here = os.fstat(file.fileno())
            if here.st_ino != inode or here.st_size < offset:  # another file, or cut: from its beginning
                inode, offset = here.st_ino, 0
            file.seek(offset)
            ends = {}
            while len(ends) < AT_ONCE:
                at = file.tell()
                line = file.readline()
                if not line.endswith(b"\n"):
                    break  # nothing more, or somebody is still writing it
                told += 1
                tell(line, inode, at, os.path.basename(path))
                ends[told] = file.tell()
            sys.stdout.flush()
            while ends:
                offset = max(offset, hear(ends))
                if not ends:
                    write_place(place_path, inode, offset)
        # Sleeps, but ends at once when bus closes our stdin.
        if select.select([sys.stdin], [], [], PAUSE)[0]:
            sys.exit(0)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: follow_file.py FILE PLACE_FILE")
    main(*sys.argv[1:])
