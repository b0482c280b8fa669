#!/usr/bin/env python3
"""check_structs.py OLD NEW CHANGELOG LAYOUT: what plugins built against the headers in OLD rely on still holds in NEW.

Fields of a struct stay, in their order and with their types; new ones come at the end; a reserved one may get a name. Constants keep their values,
macros their meaning, and nothing is taken away. If something was added, the ABI's minor version is higher, and CHANGELOG has a
section for it. LAYOUT, a C file, pins the size of every struct of NEW, the place of every field, and every constant.
"""
import re
import sys
from pathlib import Path

PINNED = re.compile(r"^(SIZE|AT|IS)\((\w+), (\w+)", re.M)
NAME = re.compile(r"\(\*(\w+)\)\(|(\w+)(?:\[\w+\])?$")  # of a member: a function's, or the last word
COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.S)
STRUCT = re.compile(r"typedef struct (\w+) \{(.*?)\n\} \1;", re.S)
ENUM = re.compile(r"enum (\w+) \{(.*?)\}", re.S)
DEFINE = re.compile(r"^#define (BUS_\w+)(\([^)]*\))?[ \t]+((?:.*\\\n)*.*)$", re.M)
# These say which version the headers are; another is no break.
VERSIONS = {"BUS_ABI_MINOR"}


def squeezed(text):
    return re.sub(r"(?<=\() | (?=[(),])", "", " ".join(text.split()))


def fields_of(body):
    """The members in order, each as one line without its comment: 'bus_text name', 'int32_t (*start)(…)'."""
    return [squeezed(part) for part in body.split(";") if part.strip()]


def constants_of(body):
    values, last = {}, -1
    for part in filter(None, map(squeezed, body.split(","))):
        name, _, value = part.partition(" = ")
        last = int(value.rstrip("u"), 0) if value else last + 1
        values[name] = last
    return values


def read(folder):
    structs, enums, macros = {}, {}, {}
    for path in sorted(Path(folder).rglob("*.h")):
        text = COMMENT.sub(" ", path.read_text(encoding="utf-8"))
        found = STRUCT.findall(text)
        if len(found) != text.count("typedef struct"):
            sys.exit(f"{path} has a struct that is not written as the others are")
        structs.update({name: fields_of(body) for name, body in found})
        for name, body in ENUM.findall(text):
            enums[name] = constants_of(body)
        for name, parameters, value in DEFINE.findall(text):
            macros[name] = squeezed(parameters + " " + value.replace("\\\n", " "))
    return structs, enums, macros


def is_given_a_name(old, new):
    """A reserved field was 0 always: it may get a meaning, of which 0 is what was."""
    return old.endswith(" reserved") and new.rpartition(" ")[0] == old.rpartition(" ")[0]


def minor_of(macros):
    return int(macros["BUS_ABI_MINOR"].rstrip("u"))


def problems_of(old, new, changelog):
    old_structs, old_enums, old_macros = old
    new_structs, new_enums, new_macros = new
    added = False
    for name, fields in old_structs.items():
        today = new_structs.get(name)
        if today is None:
            yield f"struct {name} is gone"
            continue
        for at, field in enumerate(fields):
            if at >= len(today) or not (today[at] == field or is_given_a_name(field, today[at])):
                yield f"struct {name}: field {at} was '{field}', is '{today[at] if at < len(today) else 'gone'}'"
        added |= len(today) > len(fields)
    for name, constants in old_enums.items():
        today = new_enums.get(name, {})
        for constant, value in constants.items():
            if today.get(constant) != value:
                yield f"enum {name}: {constant} was {value}, is {today.get(constant, 'gone')}"
        added |= len(today) > len(constants)
    for name, value in old_macros.items():
        if name not in VERSIONS and new_macros.get(name) != value:
            yield f"#define {name} was '{value}', is '{new_macros.get(name, 'gone')}'"
    added |= any(set(today) - set(before) for before, today in zip(old, new))
    minor = minor_of(new_macros)
    if added and minor <= minor_of(old_macros):
        yield f"something was added, and BUS_ABI_MINOR is still {minor}"
    if f"## ABI 1.{minor}" not in changelog:
        yield f"the changelog has no section for ABI 1.{minor}"


def name_of(field):
    function, plain = NAME.search(field).groups()
    return function or plain


def unpinned_of(new, layout):
    """What the layout's page says nothing about."""
    structs, enums, _ = new
    lines = PINNED.findall(COMMENT.sub(" ", layout))
    sizes = {first for kind, first, _ in lines if kind == "SIZE"}
    places = {(first, second) for kind, first, second in lines if kind == "AT"}
    values = {first for kind, first, _ in lines if kind == "IS"}
    for struct, fields in structs.items():
        if struct not in sizes:
            yield f"the layout does not pin the size of {struct}"
        for field in map(name_of, fields):
            if (struct, field) not in places:
                yield f"the layout does not pin {struct}.{field}"
    for constants in enums.values():
        for constant in set(constants) - values:
            yield f"the layout does not pin {constant}"


def main():
    old, new, changelog, layout = sys.argv[1:5]
    parsed, today = read(old), read(new)
    if not parsed[0] or not parsed[1] or "BUS_ABI_MINOR" not in parsed[2]:
        print(f"{old} holds no headers that can be read")
        return 1
    found = list(problems_of(parsed, today, Path(changelog).read_text(encoding="utf-8")))
    found += unpinned_of(today, Path(layout).read_text(encoding="utf-8"))
    print("\n".join(found) or "what was promised holds")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
