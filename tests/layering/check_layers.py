#!/usr/bin/env python3
"""Reads every #include against core/LAYERS, and every DEPENDS of core/'s CMakeLists.txt.

Rules: a folder of core/ includes itself and what its line names; a line names only lines above it; a third-party header
is included only by its owners; the wings (sources/, sinks/) include the SDK, their own folder and libraries, nothing of
core/ and no other plugin (a source and a sink of one name are two ends of the same thing, and may share); the SDK's
headers include the SDK and the standard library alone.
"""
import re
import sys
from pathlib import Path

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.M)
DEPENDS = re.compile(r"bus_core_library\(\s*(\w+)(.*?)\)", re.S)
SOURCES = (".h", ".hpp", ".cpp", ".c")


class Layers:
    """core/LAYERS, parsed; `problems` says what is wrong with the file itself."""

    def __init__(self, text):
        self.allowed = {}
        self.owners = []
        self.problems = []
        for number, raw in enumerate(text.splitlines(), 1):
            line = raw.split("#")[0].strip()
            if not line:
                continue
            if line.startswith("@owner "):
                prefix, folders = line[len("@owner "):].split(":", 1)
                self.owners.append((prefix.strip(), set(folders.split())))
                continue
            folder, names = (part.strip() for part in line.split(":", 1))
            for name in names.split():
                if name != "sdk" and name not in self.allowed:
                    self.problems.append(f"core/LAYERS:{number}: '{folder}' names '{name}', which is not above it")
            if folder in self.allowed:
                self.problems.append(f"core/LAYERS:{number}: '{folder}' is there twice")
            self.allowed[folder] = set(names.split()) | {folder}

    def owners_of(self, header):
        """The folders that may include this third-party header; None if nobody owns it."""
        for prefix, folders in self.owners:
            if header.startswith(prefix):
                return folders
        return None


def includes(path):
    text = path.read_text(encoding="utf-8")
    for match in INCLUDE.finditer(text):
        yield text.count("\n", 0, match.start()) + 1, match.group(1), match.group(2)


def check_core_include(layers, folder, quote, header):
    """What is wrong with an include in core/<folder>, or None."""
    if header.endswith(".inc"):
        return None  # made by the folder's own CMakeLists.txt
    if quote == '"' and not header.startswith(("core/", "bus/")):
        return "quoted includes are written from the root of the tree: core/…"
    if header.startswith("core/"):
        target = header.split("/")[1]
        if target not in layers.allowed[folder]:
            return f"'{folder}' may not include '{target}' (core/LAYERS)"
        return None
    if header.startswith("bus/") and "sdk" not in layers.allowed[folder]:
        return f"'{folder}' may not include the SDK (core/LAYERS)"
    owners = layers.owners_of(header)
    if owners is not None and folder not in owners:
        return f"<{header}> belongs to {', '.join(sorted(owners))} (core/LAYERS)"
    return None


def check_wing_include(plugin, in_tests, quote, header):
    """What is wrong with an include in sources/<plugin> or sinks/<plugin>, or None."""
    if header.startswith("core/"):
        return "a plugin sees the SDK only, nothing of core/"
    if header.startswith("tests/"):
        return None if in_tests else "only a plugin's tests may use tests/support"
    if header.startswith(("sources/", "sinks/")) and header.split("/")[1] != plugin:
        return "a plugin does not see another plugin"
    if quote == '"' and header.startswith(".."):
        return "no way out of the plugin's own folder"
    return None


def check_sdk_include(path, header):
    """What is wrong with an include in the SDK's headers, or None."""
    if header.startswith("bus/"):
        if path.suffix == ".h" and header.endswith(".hpp"):
            return "a C header of the SDK cannot include a C++ one"
        return None
    if "/" in header or (path.suffix == ".hpp" and header.endswith(".hpp")):
        return "the SDK's headers need the standard library and nothing else"
    return None


def source_files(folder):
    return sorted(p for p in folder.rglob("*") if p.suffix in SOURCES) if folder.is_dir() else []


def check_core(root, layers, report):
    for path in source_files(root / "core"):
        parts = path.relative_to(root).parts
        if parts[1] not in layers.allowed:
            report(path, 1, f"core/LAYERS has no line for '{parts[1]}'")
            continue
        for line, quote, header in includes(path):
            report(path, line, check_core_include(layers, parts[1], quote, header))
    for path in sorted((root / "core").glob("*/CMakeLists.txt")):
        for folder, body in DEPENDS.findall(path.read_text(encoding="utf-8")):
            words = body.split()
            named = words[words.index("DEPENDS") + 1:] if "DEPENDS" in words else []
            for name in named:
                if name == "LINK":
                    break
                if name not in layers.allowed.get(folder, set()):
                    report(path, 1, f"'{folder}' may not depend on '{name}' (core/LAYERS)")


def check_plugins(root, report):
    for wing in ("sources", "sinks"):
        for path in source_files(root / wing):
            parts = path.relative_to(root).parts
            in_tests = "test" in parts[2:-1]
            for line, quote, header in includes(path):
                report(path, line, check_wing_include(parts[1], in_tests, quote, header))
    for path in source_files(root / "plugins-sdk" / "include"):
        for line, _, header in includes(path):
            report(path, line, check_sdk_include(path, header))


def problems_of(root):
    layers = Layers((root / "core" / "LAYERS").read_text(encoding="utf-8"))
    found = list(layers.problems)

    def report(path, line, problem):
        if problem is not None:
            found.append(f"{path.relative_to(root)}:{line}: {problem}")

    check_core(root, layers, report)
    check_plugins(root, report)
    return found


def main():
    root = Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()
    found = problems_of(root)
    print("\n".join(found) or "every #include is allowed by core/LAYERS")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
