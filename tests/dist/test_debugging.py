"""Stacks can be walked through the interpreter: by the C library, by debuggers, by profilers."""

import ctypes
import os
import shutil
import sys
import tempfile
import unittest
from pathlib import Path

from support import needs, run

needs_gdb = needs("gdb", shutil.which("gdb") is not None)

#: A program that stops below a few Python frames, a builtin and a callback from C.
PROGRAM = """
import ctypes, os, signal
def outer(n):
    return sorted([1, 2], key=lambda item: inner(n))
def inner(n):
    if n:
        return inner(n - 1)
    kill = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)
    compare = kill(lambda a, b: os.kill(os.getpid(), signal.SIGUSR1) or 0)
    numbers = (ctypes.c_int * 2)(2, 1)
    ctypes.CDLL(None).qsort(numbers, 2, 4, compare)
    return 0
outer(3)
"""


class Unwinding(unittest.TestCase):
    def test_the_c_library_walks_from_a_callback_to_main(self):
        libc = ctypes.CDLL(None)
        libc.backtrace_symbols.restype = ctypes.POINTER(ctypes.c_char_p)
        found = []

        def look(*_):
            frames = (ctypes.c_void_p * 200)()
            count = libc.backtrace(frames, 200)
            names = libc.backtrace_symbols(frames, count)
            found.append([os.fsdecode(names[i]) for i in range(count)])
            return 0

        callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)(look)
        numbers = (ctypes.c_int * 2)(2, 1)
        libc.qsort(numbers, 2, 4, callback)
        frames = found[0]
        # The outermost ones are the C library's, which called main.
        self.assertTrue(any("libc" in frame for frame in frames[-4:]), frames)
        # Names without symbols are those of `static` functions; these are exported.
        for name in ("_PyEval_EvalFrameDefault", "Py_BytesMain", "_start"):
            self.assertTrue(any(f"({name}+" in frame for frame in frames), (name, frames))

    @needs_gdb
    def test_a_debugger_walks_through_interpreter_frames(self):
        with tempfile.NamedTemporaryFile("w", suffix=".py") as program:
            program.write(PROGRAM)
            program.flush()
            shown = run(
                "gdb", "-nx", "-batch",
                "-ex", "set debuginfod enabled off", "-ex", "set startup-with-shell off",
                "-ex", "handle SIGUSR1 stop nopass", "-ex", "run", "-ex", "backtrace",
                "--args", sys.executable, "-I", program.name,
                timeout=600,
            )  # fmt: skip
        self.assertRegex(shown, r"_PyEval_EvalFrameDefault")
        self.assertRegex(shown, r"#\d+ .* in (?:Py_BytesMain|Py_RunMain)")
        self.assertRegex(shown, r"#\d+ .* in _start \(\)")
        self.assertNotIn("corrupt stack", shown)

    @unittest.skipUnless(sys.version_info[:2] == (3, 13), "no patch of this series is about instructions")
    @unittest.skipIf(hasattr(sys, "gettotalrefcount"), "a debug build has one function of all instructions")
    def test_every_instruction_is_a_function(self):
        interpreter = Path(os.path.realpath(sys.executable)).read_bytes()
        if b"\0.symtab\0" not in interpreter:
            self.skipTest("it has no symbols")
        for name in b"TARGET_LOAD_FAST", b"TARGET_CALL_PY_EXACT_ARGS", b"LABEL_error":
            self.assertIn(b"\0" + name, interpreter)


if __name__ == "__main__":
    unittest.main()
