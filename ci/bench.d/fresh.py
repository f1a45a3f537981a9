"""Interpreters in new places of memory.

Where in memory the kernel keeps a program's file is luck, and lasts as long as it is kept: the same bytes, copied, have
started up to 12% faster or slower, all day. So it is copies that are measured, and they are made again and again.
"""

import os
import shutil

import process
from kernel import bind, release

# As many pairs with the same copies. More often would write to the disk while it is measured.
PAIRS = 5


class Fresh:
    """Puts copies where the interpreters are; to be used where nobody else sees these mounts."""

    def __init__(self, sides, place):
        self.sides, self.place = sides, place
        self.originals = {}
        self.mounted = set()
        self.renewed = set()

    def before(self, pair):
        """What is to be done before a pair is measured; not by two at once."""
        if pair // PAIRS not in self.renewed:
            self.renewed.add(pair // PAIRS)
            self.renew()

    def original(self, side):
        """The file itself, which no mount hides."""
        if side.name not in self.originals:
            self.originals[side.name] = open(os.path.realpath(side.python), "rb")
        file = self.originals[side.name]
        file.seek(0)
        return file

    def renew(self):
        for side in self.sides:
            original = self.original(side)
            copy = os.path.join(self.place.results, f".copy-{side.name}")
            with open(copy + ".part", "wb") as file:
                shutil.copyfileobj(original, file, 1 << 20)
            os.chmod(copy + ".part", 0o755)
            self.drop(side)
            os.replace(copy + ".part", copy)
            bind(copy, os.path.realpath(side.python))
            self.mounted.add(side.name)
            process.checked([side.python, "-c", "pass"], self.place.env, "/tmp", cwd="/tmp")

    def drop(self, side):
        if side.name in self.mounted:
            release(os.path.realpath(side.python))
            self.mounted.remove(side.name)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for side in self.sides:
            self.drop(side)
            copy = os.path.join(self.place.results, f".copy-{side.name}")
            if os.path.exists(copy):
                os.remove(copy)
        for file in self.originals.values():
            file.close()
