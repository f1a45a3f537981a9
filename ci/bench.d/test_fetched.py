"""Tests of `ci/bench fetch`: messages, and the table of made-up rows. Nothing here is timed."""

import tempfile
import unittest

import fetched
from problem import Problem


class Words(unittest.TestCase):
    def refused(self, *arguments):
        with self.assertRaises(Problem) as caught:
            fetched.main(arguments)
        self.assertTrue(caught.exception.hint)
        return str(caught.exception)

    def test_bad_words_are_told(self):
        self.assertIn("no archive is named", self.refused())
        self.assertIn("no archive `nothing.tar.gz`", self.refused("nothing.tar.gz"))
        self.assertIn("too few", self.refused(__file__, "--rounds", "1"))
        with self.assertRaisesRegex(Problem, "no `no-such-program`"):
            fetched.found("no-such-program", "package")


class Table(unittest.TestCase):
    def test_a_row_holds_what_was_measured(self):
        with tempfile.NamedTemporaryFile(suffix="-install_only.tar.gz") as archive:
            archive.write(b"x" * 1_500_000)
            archive.flush()
            name = archive.name.rpartition("/")[2]
            rows = [
                {"block": name, "load": 1.0, "values": {
                    fetched.OURS: {"wall": 0.5 + number / 100, "cpu": 0.4},
                    fetched.THEIRS: {"wall": 1.0 + number / 50, "cpu": 0.5},
                    fetched.CACHED: {"wall": 0.01},
                }}
                for number in range(6)
            ]
            peaks = [19_000_000, 20_000_000]
            rows += [
                {"block": f"{name}: {fetched.PEAK}", "load": 3.0, "values": {fetched.OURS: {"peak": peak}}}
                for peak in peaks
            ]
            row = fetched.section([archive.name], rows, "pbs 1").splitlines()[-2]
        cells = [cell.strip() for cell in row.strip("|").split("|")]
        self.assertEqual(cells[0], f"{name} (1.5 MB)")
        self.assertEqual(cells[3], "0.500 [0.500, 0.500], 6 rounds")
        self.assertEqual(cells[4], "0.800 [0.800, 0.800]")
        self.assertEqual(cells[6], "20 MB")


if __name__ == "__main__":
    unittest.main()
