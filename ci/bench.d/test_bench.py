"""Tests of the harness itself, with whatever Python is there: `python3 -m unittest discover ci/bench.d`.

No test looks at how long anything took.
"""

import contextlib
import importlib.util
import io
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

import container
import figures
import modules
import process
import report
import suites
import workloads
from problem import Problem

os.environ["PYTHONDONTWRITEBYTECODE"] = "1"


def command_line():
    spec = importlib.util.spec_from_file_location("command_line", os.path.join(HERE, "__main__.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def ci_bench(*arguments):
    """What the command prints on standard output."""
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        command_line().main(arguments)
    return printed.getvalue()


class Figures(unittest.TestCase):
    def test_geometric_mean(self):
        self.assertAlmostEqual(figures.geometric_mean([2, 8]), 4)
        self.assertAlmostEqual(figures.geometric_mean([0.5, 2, 1]), 1)
        with self.assertRaises(ValueError):
            figures.geometric_mean([])

    def test_ratio_is_ours_over_theirs(self):
        ratio = figures.Ratio([(1, 2), (2, 4), (3, 6), (4, 8), (5, 10), (7, 14)])
        self.assertEqual((ratio.value, ratio.low, ratio.high, ratio.of_minima), (0.5, 0.5, 0.5, 0.5))
        self.assertEqual(ratio.verdict, "faster")

    def test_pairs_are_compared_within_themselves(self):
        # The machine became ten times slower half way: each pair still says 0.9.
        ratio = figures.Ratio([(0.9, 1.0)] * 8 + [(9.0, 10.0)] * 8)
        self.assertAlmostEqual(ratio.value, 0.9)
        self.assertAlmostEqual(ratio.high, 0.9)

    def test_one_outlier_moves_the_median_little(self):
        ratio = figures.Ratio([(1.0, 1.0)] * 20 + [(50.0, 1.0)])
        self.assertEqual((ratio.value, ratio.high), (1.0, 1.0))

    def test_interval_covers_the_truth_about_as_often_as_it_says(self):
        chance = random.Random(7)
        covered = 0
        for trial in range(200):
            pairs = [(chance.gauss(1, 0.05), chance.gauss(1, 0.05)) for _ in range(15)]
            ratio = figures.Ratio(pairs, seed=trial)
            covered += ratio.low <= 1 <= ratio.high
        self.assertGreater(covered, 176)

    def test_equals_are_within_noise_and_a_difference_is_seen(self):
        chance = random.Random(3)
        noisy = [(chance.gauss(1, 0.03), chance.gauss(1, 0.03)) for _ in range(15)]
        self.assertEqual(figures.Ratio(noisy).verdict, "within noise")
        slower = [(1.2 * a, b) for a, b in noisy]
        self.assertEqual(figures.Ratio(slower).verdict, "slower")

    def test_few_pairs_decide_nothing(self):
        self.assertEqual(figures.Ratio([(1, 2)] * 5).verdict, "too few pairs")

    def test_bootstrap_is_repeatable(self):
        pairs = [(1 + index % 5 / 10, 1) for index in range(15)]
        once, twice = figures.Ratio(pairs, seed=1), figures.Ratio(pairs, seed=1)
        self.assertEqual(once.resampled, twice.resampled)

    def test_mean_of_ratios(self):
        half, double = figures.Ratio([(1, 2)] * 6), figures.Ratio([(2, 1)] * 9)
        mean = figures.MeanRatio([half, double])
        self.assertAlmostEqual(mean.value, 1)
        self.assertEqual((mean.count, mean.pairs), (2, 6))

    def test_interval_interpolates(self):
        low, high = figures.interval(range(101))
        self.assertAlmostEqual(low, 2.5)
        self.assertAlmostEqual(high, 97.5)


class Processes(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.scratch = scratch.name

    def python(self, code, **more):
        return process.run([sys.executable, "-I", "-c", code], {}, self.scratch, **more)

    def test_output_and_usage(self):
        finished = self.python("print('said'); import sys; sys.exit(3)")
        self.assertEqual((finished.code, finished.stdout), (3, b"said\n"))
        self.assertGreater(finished.faults, 0)

    def test_failure_says_the_last_line(self):
        with self.assertRaisesRegex(process.Failed, "ValueError: no"):
            process.checked([sys.executable, "-I", "-c", "raise ValueError('no')"], {}, self.scratch)

    def test_endless_process_is_stopped(self):
        with self.assertRaisesRegex(process.Failed, "not finished"):
            self.python("while True: pass", timeout=0.3)


class Copies(unittest.TestCase):
    def test_an_interpreter_is_another_file_for_a_while(self):
        with tempfile.TemporaryDirectory() as scratch:
            python = shutil.copy(os.path.realpath(sys.executable), scratch)
            code = (
                "import os, sys, suites; from fresh import Fresh\n"
                "python, results = sys.argv[1:]; look = lambda: (os.stat(python).st_ino, os.path.getsize(python))\n"
                "side, before = suites.Side('a', python, 'this'), look()\n"
                "with Fresh([side], suites.Place(results, None, quick=True)) as fresh:\n"
                "    fresh.renew(); first = look(); fresh.renew(); second = look()\n"
                "assert len({before[0], first[0], second[0]}) == 3 and before[1] == first[1] == second[1] and look() == before\n"
            )
            root = [] if os.geteuid() == 0 else ["--map-root-user"]
            apart = ["unshare", "--mount", "--propagation", "private", *root, sys.executable, "-c", code, python, scratch]
            subprocess.run(apart, check=True, cwd=os.path.dirname(os.path.abspath(__file__)))
            self.assertEqual(os.listdir(scratch), [os.path.basename(python)])


class Counts(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.scratch = scratch.name
        self.side = suites.Side("a", sys.executable, "this")
        self.place = suites.Place(self.scratch, None, quick=True)

    def test_importtime(self):
        measure = suites.import_times(self.place, ["-I", "-S", "-c", "pass"])
        self.assertGreater(measure(self.side, self.scratch)["importtime"][0], 0)

    @unittest.skipUnless(shutil.which("strace"), "no strace")
    def test_system_calls(self):
        measure = suites.system_calls(self.place, shutil.which("strace"), ["-I", "-S", "-c", "pass"])
        self.assertGreater(measure(self.side, self.scratch)["calls"][0], 50)


class Workloads(unittest.TestCase):
    def test_each_is_documented_to_have_ten(self):
        self.assertEqual(len(workloads.WORKLOADS), 10)

    def test_modules_are_imported_quietly(self):
        self.assertTrue(modules.imports_quietly("colorsys"))
        self.assertFalse(modules.imports_quietly("this"))


class Harness(unittest.TestCase):
    def setUp(self):
        place = tempfile.TemporaryDirectory()
        self.addCleanup(place.cleanup)
        self.results = os.path.join(place.name, "results")
        self.python = sys.executable
        stderr = contextlib.redirect_stderr(io.StringIO())
        stderr.__enter__()
        self.addCleanup(stderr.__exit__, None, None, None)

    def here(self, *arguments):
        return ci_bench("--here", self.python, self.python, "--out", self.results, *arguments)

    def test_two_pairs_and_on_from_there(self):
        raw = os.path.join(os.path.dirname(self.results), "raw.json")
        words = ["--suite", "startup,micro", "--only", "-I -S,exceptions", "--no-counts"]
        text = self.here(*words, "--pairs", "2", "--json", raw)
        self.assertIn("| `python -I -S -c pass`, wall time | 2 |", text)
        self.assertIn("| exceptions | 2 |", text)
        self.assertIn("Not a result", text)
        with open(raw, encoding="utf-8") as file:
            data = json.load(file)
        walls = [row for row in data["rows"] if row["metric"] == "wall"]
        self.assertEqual([len(row["pairs"]) for row in walls], [2])
        with open(os.path.join(self.results, "rows.jsonl"), encoding="utf-8") as file:
            before = file.readlines()
        firsts = {json.loads(line)["first"] for line in before}
        self.assertEqual(firsts, {"a", "b"})

        self.here(*words, "--pairs", "3")
        with open(os.path.join(self.results, "rows.jsonl"), encoding="utf-8") as file:
            after = file.readlines()
        self.assertEqual(after[: len(before)], before)
        self.assertGreater(len(after), len(before))
        self.assertEqual(report.make(self.results)[0], report.make(self.results)[0])

    def refused(self, *arguments):
        with self.assertRaises(Problem) as caught:
            ci_bench(*arguments)
        self.assertTrue(caught.exception.hint)
        return str(caught.exception)

    def test_bad_words_are_told(self):
        self.assertIn("no interpreter", self.refused())
        self.assertIn("no suite `strartup`", self.refused("--here", "x", "y", "--suite", "strartup"))
        self.assertIn("no program `no-such-python`", self.refused("--here", "no-such-python", "x", "--out", self.results))
        self.assertIn("too few", self.refused("--here", "x", "y", "--pairs", "1"))
        self.assertIn("no list of cores", self.refused("--here", "x", "--cpus", "one"))
        self.assertIn("core 9999", self.refused("--here", "x", "--cpus", "9999"))
        self.assertIn("container only", self.refused("--here", "x", "--suite", "pyperformance"))
        self.assertIn("has no results", self.refused("--report", self.results))

    def test_what_is_no_distribution(self):
        with self.assertRaisesRegex(Problem, "no distribution `nothing.tar.gz`"):
            container.interpreter("nothing.tar.gz")
        with self.assertRaisesRegex(Problem, "has no `bin/python3`"):
            container.interpreter(os.path.dirname(self.results))

    def test_libraries_are_compared_by_content(self):
        for side, texts in {"a": {"os.py": "1", "re.py": "1", "x.py": ""}, "b": {"os.py": "1", "re.py": "2"}}.items():
            os.makedirs(os.path.join(self.results, side))
            for name, text in texts.items():
                with open(os.path.join(self.results, side, name), "w", encoding="utf-8") as file:
                    file.write(text)
        sides = [os.path.join(self.results, side) for side in "ab"]
        self.assertEqual(container.differing(*sides), ["re.py"])

    def test_results_of_others_are_not_mixed(self):
        os.makedirs(self.results)
        with open(os.path.join(self.results, "run.json"), "w", encoding="utf-8") as file:
            json.dump({"date": "2026-01-01", "sides": {}}, file)
        with self.assertRaisesRegex(Problem, "other interpreters"):
            self.here("--suite", "startup")


class Places(unittest.TestCase):
    def test_every_suite_has_pairs(self):
        self.assertEqual(set(suites.SUITES), set(suites.PAIRS))
        self.assertTrue(all(full >= report.FEWEST for full, _ in suites.PAIRS.values()))

    def test_every_requirement_is_pinned(self):
        for name in ("requirements.txt", "requirements-sources.txt"):
            with open(os.path.join(HERE, name), encoding="utf-8") as lines:
                for line in lines:
                    if not line.startswith("#"):
                        self.assertRegex(line, r"^[a-z0-9.-]+==\S+ --hash=sha256:[0-9a-f]{64}$")


if __name__ == "__main__":
    unittest.main()
