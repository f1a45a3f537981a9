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
        tracked = "import gc; print(*map(gc.is_tracked, [str.join, int.__add__, int.real]))"
        self.assertEqual(python("-S", "-c", tracked), "False False False\n")
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


class Slots(unittest.TestCase):
    """Classes answer by what they and their bases define, however they come by it."""

    def test_own_and_inherited(self):
        class Plain:
            pass

        class Sized:
            def __len__(self):
                return 3

            def __add__(self, other):
                return "add"

            def __radd__(self, other):
                return "radd"

        class Child(Sized):
            __hash__ = None

            def __radd__(self, other):
                return "child"

        class Both(Child, dict):
            pass

        self.assertEqual((len(Sized()), Sized() + 1, 1 + Sized()), (3, "add", "radd"))
        self.assertEqual((len(Child()), Child() + 1, 1 + Child()), (3, "add", "child"))
        self.assertEqual((len(Both(a=1)), Both() + 1, Both(a=1)["a"]), (3, "add", 1))
        self.assertIsInstance(hash(Plain()), int)
        for refused in (lambda: len(Plain()), lambda: Plain() + 1, lambda: hash(Child()), lambda: iter(Plain()), lambda: Plain()[0]):
            self.assertRaises(TypeError, refused)

    def test_given_later_and_taken(self):
        class Late:
            pass

        Late.__len__ = lambda self: 7
        Late.__getitem__ = lambda self, key: key
        self.assertEqual((len(Late()), Late()[5]), (7, 5))
        del Late.__len__
        self.assertRaises(TypeError, len, Late())

    def test_keys_that_equal_names(self):
        class Key:
            def __hash__(self):
                return hash("__len__")

            def __eq__(self, other):
                return other == "__len__"

        made = type("Made", (), {Key(): lambda self: 9})
        self.assertEqual(len(made()), 9)

    def test_other_orders_of_resolution(self):
        class Lends:
            def __len__(self):
                return 11

        class Meta(type):
            def mro(cls):
                return [cls, Lends, object]

        class Borrows(metaclass=Meta):
            pass

        self.assertEqual(len(Borrows.__new__(Borrows)), 11)


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
