"""An arm runs one thing once and says what it took; a block holds arms that are measured together."""

import os
import re
import shutil
import tempfile

import process

ENV = {"PATH": "/usr/bin:/bin", "HOME": "/tmp", "LANG": "C.UTF-8"}


class Arm:
    def __init__(self, name, measure):
        self.name = name
        self.measure = measure


class Block:
    """`rounds`: how many, and how many with `--quick`; `ratios`: which arms are held against which; `before`: what
    is done before each arm."""

    def __init__(self, name, arms, rounds, ratios, before=None, pinned=True):
        self.name = name
        self.arms = arms
        self.rounds = rounds
        self.ratios = ratios
        self.before = before
        self.pinned = pinned


def start(argv):
    def measure(scratch):
        finished = process.checked(argv, ENV, scratch, cwd="/tmp")
        return {"wall": finished.wall, "cpu": finished.cpu, "faults": finished.faults}

    return measure


def peak(argv, time):
    """What GNU time sees: its own memory is small. A process that is started by a larger one counts the largest
    memory of that one as its own."""

    def measure(scratch):
        told = os.path.join(scratch, "peak")
        process.checked([time, "-f", "%M", "-o", told, *argv], ENV, scratch, cwd="/tmp")
        with open(told, encoding="utf-8") as file:
            return {"peak": int(file.read().split()[-1]) * 1024}

    return measure


def imports(argv):
    """The whole process, and the time between its two lines."""

    def measure(scratch):
        finished = process.checked(argv, ENV, scratch, timeout=300.0, cwd="/tmp")
        return {"wall": finished.wall, "inside": inside(finished.stdout), "faults": finished.faults}

    return measure


def inside(stdout):
    found = re.search(rb"^end (\S+)$", stdout, re.MULTILINE)
    if not found:
        raise process.Failed("the imports did not print how long they took")
    return float(found[1])


def two_starts(argv, words=()):
    """The first start with nothing extracted and no cache, and the second with what the first has left."""

    def measure(scratch):
        home = tempfile.mkdtemp(dir=scratch)
        env = {**ENV, "HOME": home}
        for name, place in (("TMPDIR", "tmp"), ("XDG_CACHE_HOME", "cache")):
            env[name] = os.path.join(home, place)
            os.mkdir(env[name])
        try:
            first = process.checked([*argv, *words], env, scratch, cwd=home)
            second = process.checked([*argv, *words], env, scratch, cwd=home)
            left = sum(os.lstat(os.path.join(folder, name)).st_size for folder, _, names in os.walk(home) for name in names)
        finally:
            shutil.rmtree(home)
        return {"first": first.wall, "second": second.wall, "left": left}

    return measure
