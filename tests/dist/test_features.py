"""What users of other distributions have, they have here."""

import ctypes
import importlib
import importlib.util
import json
import os
import pty
import select
import sys
import sysconfig
import time
import unittest
from pathlib import Path

from support import python


class SystemCalls(unittest.TestCase):
    def test_functions_newer_than_the_floor(self):
        fd = os.memfd_create("pbs")
        self.addCleanup(os.close, fd)
        os.write(fd, b"0123456789")
        other = os.memfd_create("pbs-copy")
        self.addCleanup(os.close, other)
        self.assertEqual(os.copy_file_range(fd, other, 4, offset_src=2, offset_dst=0), 4)
        self.assertEqual(os.pread(other, 10, 0), b"2345")
        self.assertEqual(len(os.getrandom(16)), 16)


class Ctypes(unittest.TestCase):
    def test_the_interpreters_own_symbols(self):
        ctypes.pythonapi.PyLong_FromLong.restype = ctypes.py_object
        self.assertEqual(ctypes.pythonapi.PyLong_FromLong(ctypes.c_long(42)), 42)
        version = ctypes.CDLL(None).Py_GetVersion
        version.restype = ctypes.c_char_p
        self.assertEqual(version().decode(), sys.version)

    def test_callbacks(self):
        compare = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_int), ctypes.POINTER(ctypes.c_int))
        numbers = (ctypes.c_int * 4)(3, 1, 2, 0)
        ctypes.CDLL(None).qsort(numbers, 4, 4, compare(lambda a, b: a[0] - b[0]))
        self.assertEqual(list(numbers), [0, 1, 2, 3])


class Modules(unittest.TestCase):
    def test_every_built_in_module_imports(self):
        for name in sys.builtin_module_names:
            with self.subTest(name):
                python("-c", f"import {name}")

    def test_only_test_modules_are_shared(self):
        shared = sorted(path.name.split(".")[0] for path in Path(sysconfig.get_config_var("DESTSHARED")).glob("*.so"))
        self.assertTrue(all(name.startswith(("_test", "_ctypes_test", "_xx", "xx")) for name in shared), shared)

    def test_every_public_module_imports(self):
        absent = {"_tkinter", "tkinter", "turtle", "idlelib", "this", "antigravity", "_crypt", "crypt", "nis", "ossaudiodev"}
        other_systems = {"msilib", "winreg", "winsound", "nt", "_winapi", "_msi", "msvcrt", "_scproxy", "_overlapped", "_wmi", "_ios_support", "_android_support", "_aix_support", "_osx_support"}
        for name in sorted(sys.stdlib_module_names - absent - other_systems):
            if name.startswith("_") and importlib.util.find_spec(name) is None:
                continue
            with self.subTest(name):
                importlib.import_module(name)

    def test_databases_and_compression(self):
        code = """
import bz2, dbm, json, lzma, os, sqlite3, tempfile, zlib
data = os.urandom(1000) * 3
for codec in (bz2, lzma, zlib):
    assert codec.decompress(codec.compress(data)) == data
with tempfile.TemporaryDirectory() as scratch:
    import dbm.ndbm
    with dbm.ndbm.open(scratch + '/x', 'c') as base:
        base['key'] = 'value'
        assert base['key'] == b'value'
options = {row[0] for row in sqlite3.connect(':memory:').execute('pragma compile_options')}
print(json.dumps(sorted(options)))
"""
        options = json.loads(python("-c", code))
        for option in ("ENABLE_FTS5", "ENABLE_RTREE", "ENABLE_GEOPOLY", "ENABLE_DBSTAT_VTAB"):
            self.assertIn(option, options)


class Terminal(unittest.TestCase):
    def converse(self, term, *lines):
        """Types lines at an interactive interpreter and returns all it showed."""
        pid, fd = pty.fork()
        if pid == 0:
            env = {"TERM": term, "PATH": os.environ["PATH"], "HOME": "/nonexistent", "PYTHON_BASIC_REPL": "1"}
            os.execve(sys.executable, [sys.executable, "-P", "-s", "-q"], env)
        shown = b""

        def read_until(text, seconds=20):
            nonlocal shown
            end = time.monotonic() + seconds
            while text not in shown[read_until.seen :]:
                ready, _, _ = select.select([fd], [], [], max(0, end - time.monotonic()))
                if not ready:
                    raise AssertionError(f"{text!r} did not appear in {shown!r}")
                try:
                    shown += os.read(fd, 4096)
                except OSError:
                    break
            read_until.seen = len(shown)

        read_until.seen = 0
        try:
            read_until(b">>> ")
            for line, expected in lines:
                os.write(fd, line)
                read_until(expected)
            os.write(fd, b"\x04")
        finally:
            os.close(fd)
            os.waitpid(pid, 0)
        return shown

    def test_editing_and_completion(self):
        self.converse("xterm", (b"import sys\n", b">>> "), (b"sys.platf\t", b"orm"), (b"\n", b"linux"), (b"1 + 41\n", b"42"))

    def test_bundled_terminfo_serves_where_the_system_has_none(self):
        code = "import curses; curses.setupterm('vt220'); print(curses.tigetstr('clear'))"
        text = python("-c", code, env={"TERMINFO_DIRS": "", "TERM": "vt220"})
        self.assertIn("x1b", text)


if __name__ == "__main__":
    unittest.main()
