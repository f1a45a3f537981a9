"""Tests of `ci/bench wine`: messages, and the table of made-up rows. Nothing here is timed."""

import tempfile
import unittest
from unittest import mock

import wine
from problem import Problem


class Words(unittest.TestCase):
    def refused(self, *arguments):
        with self.assertRaises(Problem) as caught:
            wine.main(arguments)
        self.assertTrue(caught.exception.hint)
        return str(caught.exception)

    def test_bad_words_are_told(self):
        self.assertIn("no archive is named", self.refused())
        self.assertIn("no archive `nothing.tar.zst`", self.refused("nothing.tar.zst"))
        with tempfile.NamedTemporaryFile(suffix="-linux-gnu-full.tar.zst") as archive:
            self.assertIn("no full archive for Windows", self.refused(archive.name))
        with tempfile.NamedTemporaryFile(suffix="-windows-msvc-full.tar.zst") as archive:
            with mock.patch.dict("os.environ", PBS_WINE_ROOT="/nowhere"):
                self.assertIn("no Wine in `/nowhere`", self.refused(archive.name))


class Table(unittest.TestCase):
    def test_a_row_holds_what_was_measured(self):
        rows = [
            {"block": block, "round": number, "values": {wine.SINGLE: 0.05 + number / 1000, wine.INSTALLED: 0.1 + number / 500}, **more}
            for block, more in (("start", {}), ("imports", {"modules": 271}))
            for number in range(6)
        ]
        text = wine.section("cpython-windows-full.tar.zst", rows, {wine.SINGLE: 40_000_000, wine.INSTALLED: 90_000_000})
        self.assertIn("| `-I -c pass` | 52.5 ms", text)
        self.assertIn("| the whole library imported, 271 modules |", text)
        self.assertIn("0.500 [0.500, 0.500], 6 rounds", text)
        self.assertIn("The file has 40.0 MB, the installation 90.0 MB.", text)


if __name__ == "__main__":
    unittest.main()
