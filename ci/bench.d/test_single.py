"""Tests of `ci/bench single`, without a distribution. No test looks at how long anything took."""

import json
import os
import re
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

import modules
import process
from problem import Problem
from single import arms, calls, command, goals, links, rounds, section, tools
from single.arms import Arm, Block
from single.built import app
from single.suite import PARTS


class Words(unittest.TestCase):
    def refused(self, *words):
        with self.assertRaises(Problem) as caught:
            command.main(words)
        self.assertTrue(caught.exception.hint)
        return str(caught.exception)

    def test_bad_words_are_told(self):
        self.assertIn("no distribution", self.refused())
        self.assertIn("no part `strat`", self.refused("x", "--only", "strat"))
        self.assertIn("no part `y`", self.refused("x", "--skip", "y"))
        self.assertIn("too few", self.refused("x", "--rounds", "1"))
        self.assertIn("core 9999", self.refused("x", "--cpu", "9999"))
        self.assertIn("has no results", self.refused("--report", "nowhere"))

    def test_parts_are_left_out(self):
        given = command.options().parse_args(["x", "--skip", "compare,cold"])
        self.assertEqual(command.check(given), [name for name in PARTS if name not in ("compare", "cold")])


class Calls(unittest.TestCase):
    LINES = [
        'open("/before") = 3',
        'write(1, "begin\\n", 6) = 6',
        'write(1, "@imports\\n", 9) = 9',
        'stat("/library/a.py", {}) = 0',
        'write(1, "@module\\n", 8) = 8',
        'openat(AT_FDCWD, "/etc/localtime", O_RDONLY) = 3',
        "mmap(NULL, 4096) = 0",
        'write(1, "@imports\\n", 9) = 9',
        'write(1, "end 0\\n", 6) = 6',
        "close(3) = 0",
    ]

    def test_each_call_is_of_whose_turn_it_is(self):
        turns = calls.by_turn(self.LINES)
        self.assertEqual(calls.counted(turns["imports"]), {"calls": {"stat": 1}, "paths": ["/library/a.py"]})
        self.assertEqual(calls.counted(turns["module"]), {"calls": {"openat": 1}, "paths": ["/etc/localtime"]})

    def test_a_trace_without_an_end_counts_nothing(self):
        with self.assertRaises(process.Failed):
            calls.by_turn(self.LINES[:-2])

    def test_turns_of_a_real_import(self):
        with tempfile.TemporaryDirectory() as scratch:
            said = process.checked([sys.executable, app("traced"), "colorsys,json"], dict(os.environ), scratch).stdout
        lines = said.decode().split()
        self.assertEqual((lines[0], lines[-2]), ("begin", "end"))
        self.assertIn("@module", lines)
        self.assertEqual(lines[-3], "@imports")


class Rounds(unittest.TestCase):
    def setUp(self):
        place = tempfile.TemporaryDirectory()
        self.addCleanup(place.cleanup)
        self.place = place.name
        self.rows = os.path.join(place.name, "rows.jsonl")
        cores = rounds.allowed()
        self.addCleanup(os.sched_setaffinity, 0, cores)

    def block(self, before=None):
        def arm(name, wall):
            return Arm(name, lambda scratch: {"wall": wall, "cpu": wall, "faults": 1})

        return Block("start", [arm("single file", 1.0), arm("path", 2.0)], (20, 2), [("single file", "path")], before)

    def measure(self, block, count):
        rounds.measure_all("warm", [block], True, count, self.rows, min(rounds.allowed()), warm_up=False)
        with open(self.rows, encoding="utf-8") as file:
            return [json.loads(line) for line in file]

    def test_all_arms_in_orders_that_change_and_on_from_there(self):
        some = self.measure(self.block(), 4)
        more = self.measure(self.block(), 20)
        self.assertEqual(more[:4], some)
        self.assertEqual([row["round"] for row in more], list(range(20)))
        self.assertEqual({row["order"][0] for row in more}, {"single file", "path"})

    def test_the_caches_are_dropped_before_each_arm(self):
        dropped = []
        self.measure(self.block(lambda: dropped.append(1)), 3)
        self.assertEqual(len(dropped), 6)

    def test_a_section_with_a_goal_and_a_ratio(self):
        self.measure(self.block(), 20)
        about = {
            "date": "2026-01-01", "machine": "none", "distribution": "d", "identity": "i", "version": "3", "quick": False,
            "modules": 2, "skipped": ["x: why"], "sizes": {"stripped": 21_000_000}, "tools": {}, "others": {},
            "calls": {"imports, single file": {"calls": {}, "paths": []}}, "ratios": {"start": [["single file", "path"]]},
        }
        with open(os.path.join(self.place, "single.json"), "w", encoding="utf-8") as file:
            json.dump(about, file)
        text, data = section.make(self.place)
        self.assertIn("| 0.500 [0.500, 0.500] | ≤ 0.65 | reached |", text)
        self.assertIn("| 21.0 MB | ≤ 20 MB | missed |", text)
        self.assertIn("- Left out: x: why.", text)
        self.assertNotIn("Not a result", text)
        self.assertEqual(data["summary"][0]["ratio"], 0.5)
        self.assertEqual(section.make(self.place)[0], text)

    def test_an_interval_around_the_goal_decides_nothing(self):
        self.assertEqual([goals.judge(*case) for case in ((1, 2, 2), (3, 4, 2), (1, 3, 2))], ["reached", "missed", "undecided"])


class Programs(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.scratch = scratch.name

    def test_apps_run(self):
        found = arms.imports([sys.executable, app("imports"), "colorsys,json"])(self.scratch)
        self.assertGreater(found["inside"], 0)
        self.assertGreater(arms.start([sys.executable, app("hello")])(self.scratch)["faults"], 0)

    def test_the_second_start_finds_what_the_first_left(self):
        code = "import os; p = os.environ['TMPDIR'] + '/x'; n = os.path.exists(p); open(p, 'a').write('b' if n else 'aa')"
        self.assertEqual(arms.two_starts([sys.executable, "-c", code])(self.scratch)["left"], 3)

    def test_a_wrapped_linker_tells_its_time_and_fails_as_it_does(self):
        if links.linker() is None:
            self.skipTest("no ld.lld")
        wrapper, told = links.wrap(self.scratch)
        finished = process.run([wrapper, "/no/such/object"], links.ENV, self.scratch)
        self.assertNotEqual(finished.code, 0)
        self.assertGreater(links.seconds(told), 0)

    def test_what_starts_a_process_is_not_imported_quietly(self):
        with open(os.path.join(self.scratch, "starts_a_process.py"), "w", encoding="utf-8") as file:
            file.write("import os\nos.system('true')\n")
        sys.path.insert(0, self.scratch)
        self.addCleanup(sys.path.remove, self.scratch)
        self.assertFalse(modules.imports_quietly("starts_a_process"))

    def test_tools_are_pinned(self):
        self.assertEqual(set(tools.versions()), set(tools.TOOLS))
        for path in (tools.WHEELS, tools.SOURCES):
            with open(path, encoding="utf-8") as lines:
                for line in lines:
                    if not line.startswith("#"):
                        self.assertTrue(re.match(r"^[a-z0-9.-]+==\S+ --hash=sha256:[0-9a-f]{64}$", line), line)


if __name__ == "__main__":
    unittest.main()
