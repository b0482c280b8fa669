#!/usr/bin/env python3
"""my_source: tells how full the disk is, as one event, and ends. bus runs it again and again.

Every line on stdout is one event in JSON. What is written to stderr goes to the log of bus.
"""
import json
import shutil
import sys


def event(path):
    """How full the file system of `path` is."""
    usage = shutil.disk_usage(path)
    percent = 100 * usage.used // usage.total
    return {"type": "disk_usage", "subject": path, "summary": f"{path} is {percent} % full",
            "data": {"percent": percent, "free": usage.free}}


def main():
    for path in sys.argv[1:] or ["/"]:
        print(json.dumps(event(path)), flush=True)


if __name__ == "__main__":
    main()
