"""Which calls of the file system imports make, as strace sees them."""

import os
import re

import process

from single.arms import ENV

# What goes to descriptors of no file.
NO_FILES = {"mmap", "munmap", "mprotect", "epoll_create1", "epoll_ctl", "epoll_wait", "poll", "select", "pselect6",
            "eventfd2", "socket", "socketpair", "connect", "bind", "listen", "pipe2", "pipe", "dup", "dup2", "dup3"}
LINE = re.compile(r'^write\(1, "(begin|end|@imports|@module)\b')
CALL = re.compile(r'^(\w+)\((?:AT_FDCWD, )?(?:"([^"]*)")?')


def trace(argv, strace, scratch):
    """The lines of strace for a program, without process ids."""
    path = os.path.join(scratch, "trace")
    traced = [strace, "-f", "-qq", "-e", "trace=%file,%desc", "-e", "signal=none", "-o", path, *argv]
    process.checked(traced, ENV, scratch, timeout=300.0, cwd="/")
    with open(path, encoding="utf-8", errors="replace") as lines:
        return [re.sub(r"^\d+ +", "", line.rstrip("\n")) for line in lines]


def by_turn(lines):
    """`{"imports": [line…], "module": [line…]}` of what `apps/traced.py` did between its first and last line."""
    turns = {"imports": [], "module": []}
    whose, begun, ended = None, 0, 0
    for line in lines:
        told = LINE.match(line)
        if told:
            begun += told[1] == "begin"
            ended += told[1] == "end"
            whose = told[1][1:] if told[1].startswith("@") else None
        elif whose:
            turns[whose].append(line)
    if (begun, ended) != (1, 1):
        raise process.Failed("strace did not see where the imports begin and end")
    return turns


def counted(lines):
    """Calls by name, of those that concern files, and the paths they name, each once."""
    counts, paths = {}, set()
    for line in lines:
        call = CALL.match(line)
        if call and call[1] not in NO_FILES:
            counts[call[1]] = counts.get(call[1], 0) + 1
            if call[2]:
                paths.add(call[2])
    return {"calls": counts, "paths": sorted(paths)}
