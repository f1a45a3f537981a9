"""What `pbs train` does to a profile before it is recorded."""

import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "recipes" / "cpython"))

from started import read_started
from targets import filter_targets, find_home, read_homes

RULES = """
# a comment
*static*
_io _io/_iomodule.c _io/fileio.c
_pickle _pickle.c
_sqlite3 _sqlite/blob.c _sqlite/cursor.c $(LIBSQLITE3_CFLAGS)  # trailing
*disabled*
_tkinter
"""
SYMBOLS = """
Modules/_sqlite/cursor.o: 0000000000000010 T pysqlite_cursor_fetch
Modules/_pickle.o: 0000000000000000 T PyInit__pickle
Modules/_io/fileio.o: 0000000000000000 T _PyFileIO_closed
"""
EXTENSIONS = json.dumps([{"name": "_io", "required": True}, {"name": "_pickle"}, {"name": "_sqlite3"}])


def profile(*targets, caller="PyObject_GetAttr"):
    entries = [f"{target}:{number}" for number, target in enumerate(targets, 1)]
    return "\n".join(
        [
            ":ir", "other", "# Func Hash:", "7", "# Num Counters:", "1", "# Counter Values:", "3", "",
            caller, "# Func Hash:", "12", "# Num Counters:", "2", "# Counter Values:", "5", "6",
            "# Num Value Kinds:", "2",
            "# ValueKind = IPVK_IndirectCallTarget:", "0", "# NumValueSites:", "2", str(len(entries)), *entries, "0",
            "# ValueKind = IPVK_MemOPSize:", "1", "# NumValueSites:", "1", "1", "8:4", "", "last", "# Func Hash:", "1",
        ]
    )  # fmt: skip


class Targets(unittest.TestCase):
    homes = read_homes(RULES, SYMBOLS, EXTENSIONS)

    def check(self, caller, targets, kept):
        text, dropped = filter_targets(profile(*targets, caller=caller), *self.homes)
        numbers = {target: number for number, target in enumerate(targets, 1)}
        expected = profile(*targets, caller=caller).replace(
            "\n".join([str(len(targets)), *[f"{t}:{n}" for t, n in numbers.items()], "0"]),
            "\n".join([str(len(kept)), *[f"{t}:{numbers[t]}" for t in kept], "0"]),
        )
        self.assertEqual(text, expected)
        self.assertEqual(dropped, len(targets) - len(kept))

    def test_homes(self):
        sources, functions, optional = self.homes
        self.assertEqual(optional, {"_pickle", "_sqlite3"})
        for name, home in {
            "./Modules/_pickle.c;Pickler_getattr": "_pickle",
            "Modules/_io/fileio.c;fileio_read": "_io",
            "Objects/dictobject.c;lookdict": None,
            "pysqlite_cursor_fetch": "_sqlite3",
            "PyObject_GenericGetAttr": None,
        }.items():
            self.assertEqual(find_home(name, sources, functions), home, name)

    def test_the_core_calls_the_core_and_what_is_required(self):
        core = ["Objects/classobject.c;method_getattro", "_Py_slot_tp_getattro", "./Modules/_io/fileio.c;fileio_read"]
        away = ["./Modules/_pickle.c;Pickler_getattr", "pysqlite_cursor_fetch"]
        self.check("PyObject_GetAttr", [away[0], core[0], core[1], away[1], core[2]], core)

    def test_nobody_calls_an_instruction(self):
        caller = "Python/ceval.c;TARGET_LOAD_FAST"
        other = "Python/ceval.c;dtrace_function_entry"
        self.check(caller, ["Python/ceval.c;TARGET_LOAD_CONST", other, "Python/ceval.c;TARGET_PUSH_NULL"], [other])

    def test_a_module_calls_itself(self):
        targets = ["./Modules/_sqlite/blob.c;blob_read", "./Modules/_pickle.c;dump", "pysqlite_cursor_fetch"]
        self.check("./Modules/_sqlite/cursor.c;step", targets, [targets[0], targets[2]])

    def test_nothing_to_drop(self):
        self.check("PyObject_GetAttr", [], [])


class Started(unittest.TestCase):
    def test_what_ran_at_all(self):
        def function(name, *counts):
            return [name, "# Func Hash:", "7", "# Num Counters:", str(len(counts)), "# Counter Values:", *map(str, counts), ""]

        text = [":ir", *function("main", 1), *function("never", 0, 0), *function("Objects/a.c;once", 0, 0, 3)]
        self.assertEqual(read_started("\n".join(text)), ["main", "once"])


if __name__ == "__main__":
    unittest.main()
