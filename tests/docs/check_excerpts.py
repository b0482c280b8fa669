#!/usr/bin/env python3
"""check_excerpts.py PAGE...: what a page quotes of a file stands in that file.

A line `<!-- from PATH -->` above a fenced block names the file, from the page's folder. The block's lines must stand in it, one
behind the other.
"""
import re
import sys
from pathlib import Path

QUOTE = re.compile(r"^<!-- from (\S+) -->\n```\w*\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def problems_of(page):
    quotes = QUOTE.findall(page.read_text(encoding="utf-8"))
    if not quotes:
        yield f"{page}: it quotes nothing"
    for name, text in quotes:
        path = page.parent / name
        if not path.is_file():
            yield f"{page}: there is no {name}"
        elif text not in path.read_text(encoding="utf-8"):
            yield f"{page}: {name} does not have these lines:\n{text}"


def main():
    found = [problem for name in sys.argv[1:] for problem in problems_of(Path(name))]
    print("\n".join(found) or "what is quoted is there")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
