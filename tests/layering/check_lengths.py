#!/usr/bin/env python3
"""Headers stay under about 200 lines, sources under about 400: says which are over, fails for those far over."""
import sys
from pathlib import Path

AIM = {".h": 200, ".hpp": 200, ".cpp": 400, ".c": 400}
MOST = {".h": 250, ".hpp": 250, ".cpp": 500, ".c": 500}
FOLDERS = ("core", "sources", "sinks", "plugins-sdk")


def main():
    root = Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()
    failed = False
    for path in sorted(p for folder in FOLDERS for p in (root / folder).rglob("*") if p.suffix in AIM):
        lines = len(path.read_text(encoding="utf-8").splitlines())
        if lines > AIM[path.suffix]:
            far = lines > MOST[path.suffix]
            failed |= far
            print(f"{path.relative_to(root)}: {lines} lines, the aim is {AIM[path.suffix]}"
                  + (f", the bound {MOST[path.suffix]}: split it by topic" if far else ""))
    print("lengths: too long" if failed else "lengths: good")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
