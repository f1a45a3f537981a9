"""What the patches of starting and ending leave as it was, and what they save."""

import gc
import subprocess
import sys
import unittest
from pathlib import Path

from support import python

STARTS_QUICKLY = sys.version_info[:2] == (3, 13)

# Linux, unless it is built without them.
HUGE_PAGES = Path("/sys/kernel/mm/transparent_hugepage")

# Two objects in a circle with the globals that functions hold: the collector alone finds them, at the end.
CIRCLE = """
import sys
class Last:
    def __init__(self, name): self.name = name
    def __del__(self): sys.stdout.write(self.name + " ends\\n")
def function(): return kept
kept = Last("global")
circle = [Last("circle")]
circle.append(circle)
del circle
"""


@unittest.skipUnless(STARTS_QUICKLY, "no patch of this series is about starting")
class Collector(unittest.TestCase):
    def test_starting_collects_nothing(self):
        said = python("-S", "-c", "import gc; print(sum(each['collections'] for each in gc.get_stats()))")
        self.assertEqual(said, "0\n")

    def test_what_lasts_is_not_looked_at(self):
        tracked = "import gc, io; print(*map(gc.is_tracked, [str.join, int.__add__, int.real, dict.fromkeys, io.IOBase.__dict__]))"
        self.assertEqual(python("-S", "-c", tracked).split()[:3], ["False"] * 3)
        # 2,167 of what were 4,984; the number differs a little from version to version.
        self.assertLess(int(python("-S", "-c", "import gc; print(len(gc.get_objects()))")), 3000)

    def test_types_of_programs_are_looked_at(self):
        class Local:
            __slots__ = ("member",)

            def method(self):
                return self

        self.assertTrue(all(map(gc.is_tracked, [Local, Local.method, Local.member])))

    def test_classes_in_circles_go(self):
        code = """if True:
            import gc, weakref
            class Local(int):
                pass
            gone = weakref.ref(Local)
            del Local
            assert gc.collect() > 0 and gone() is None
            print("gone", int.__subclasses__().count(None))
        """
        self.assertEqual(python("-c", code), "gone 0\n")


class End(unittest.TestCase):
    def test_finalizers_run(self):
        self.assertEqual(sorted(python("-c", CIRCLE).splitlines()), ["circle ends", "global ends"])

    def test_files_are_flushed(self):
        done = subprocess.run(
            [sys.executable, "-I", "-c", "import os; f = os.fdopen(os.dup(1), 'w'); f.write('written')\ndef g(): return f"],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        self.assertEqual(done.stdout, "written")


@unittest.skipUnless(STARTS_QUICKLY and HUGE_PAGES.is_dir(), "nothing is about huge pages here")
class Arenas(unittest.TestCase):
    def test_an_arena_may_be_a_huge_page(self):
        def may_be_huge(area):
            return "hg" in area[-1].split() and int(area[0].split()[0].split("-")[0], 16) % (2 << 20) == 0

        areas, area = [], []
        for line in Path("/proc/self/smaps").read_text().splitlines():
            area.append(line)
            if line.startswith("VmFlags:"):
                areas.append(area)
                area = []
        # Deep calls get more stack of frames, which is no arena.
        self.assertTrue(any(may_be_huge(area) for area in areas))
        small = [area[0] for area in areas if "hg" in area[-1].split() and not may_be_huge(area)]
        self.assertEqual(small, [])


if __name__ == "__main__":
    unittest.main()
