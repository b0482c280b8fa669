#!/usr/bin/env python3
"""Holds the pages to the tree: paths they name exist, links lead somewhere, every metric is in METRICS.md."""
import re
import sys
from pathlib import Path

CODE = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)(?:#[^)]*)?\)")
FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
METRIC = re.compile(r'\b(?:counter|gauge|histogram)\(\s*"(bus_[a-z0-9_]+)"')
TREE = ("core", "sources", "sinks", "plugins-sdk", "tests", "cmake", ".ci", "packaging", "examples")
PATH = re.compile(r"^[A-Za-z0-9_.][A-Za-z0-9_./-]*$")


def pages(root):
    """Every page of ours: not what was built, not what tests read as data."""
    return sorted(p for p in root.rglob("*.md")
                  if not {"build", ".git", "testcases", "golden", "node_modules"} & set(p.relative_to(root).parts[:-1]))


def missing_paths(root, page):
    """Paths in backticks whose first part is a folder of the tree, from its root or from the page. `core/x/*.h` and
    `sources/<name>` are patterns."""
    text = page.read_text(encoding="utf-8")
    for word in CODE.findall(text):
        word = word.rstrip("/")
        first = word.split("/")[0]
        if "/" in word and first in TREE and PATH.match(word) and not ((root / word).exists()
                                                                                or (page.parent / word).exists()):
            yield f"{page.relative_to(root)}: `{word}` is not there"


def broken_links(root, page):
    """Links in prose: what stands in a fenced example is code, and `[](int) {}` no link."""
    for target in LINK.findall(FENCED.sub("", page.read_text(encoding="utf-8"))):
        if "://" not in target and not target.startswith("mailto:") and not (page.parent / target).exists():
            yield f"{page.relative_to(root)}: link to {target} leads nowhere"


def unnamed_metrics(root):
    page = root / "core" / "metrics" / "METRICS.md"
    named = page.read_text(encoding="utf-8") if page.exists() else ""
    for source in sorted((root / "core").rglob("*.cpp")):
        for metric in METRIC.findall(source.read_text(encoding="utf-8")):
            if not re.search(rf"\b{metric}\b", named):
                yield f"{source.relative_to(root)}: {metric} is not in core/metrics/METRICS.md"


def main():
    root = Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()
    found = [problem for page in pages(root) for problem in (*missing_paths(root, page), *broken_links(root, page))]
    found += unnamed_metrics(root)
    print("\n".join(found) or "the pages are true to the tree")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
