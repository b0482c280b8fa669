"""Which commit is checked out, read from .git without starting a program."""

import os


def commit_of(folder):
    """The commit and branch that are checked out there, read from .git; empty where that cannot be told."""
    try:
        while not os.path.exists(os.path.join(folder, ".git")):
            parent = os.path.dirname(folder)
            if parent == folder:
                return "", ""
            folder = parent
        git = os.path.join(folder, ".git")
        if os.path.isfile(git):  # a worktree
            git = os.path.join(folder, _read(git).split("gitdir:", 1)[1].strip())
        common = os.path.join(git, "commondir")
        common = os.path.join(git, _read(common).strip()) if os.path.exists(common) else git
        head = _read(os.path.join(git, "HEAD")).strip()
        if not head.startswith("ref:"):
            return head[:64], ""
        ref = head[4:].strip()
        loose = os.path.join(common, ref)
        if os.path.exists(loose):
            return _read(loose).strip()[:64], ref.replace("refs/heads/", "", 1)
        for line in _read(os.path.join(common, "packed-refs")).splitlines():
            if line.endswith(" " + ref):
                return line.split(" ", 1)[0][:64], ref.replace("refs/heads/", "", 1)
    except (OSError, IndexError, UnicodeDecodeError):
        pass
    return "", ""


def _read(path):
    with open(path, encoding="utf-8") as file:
        return file.read(1 << 20)
