"""Packages from the registries and extensions of one's own."""

import sys
import tempfile
import textwrap
import unittest
from pathlib import Path

from support import INSTALL, needs_cc, needs_registries, python, run

EXTENSION = """
#include <Python.h>
static PyObject *answer(PyObject *self, PyObject *none) { return PyLong_FromLong(42); }
static PyMethodDef methods[] = {{"answer", answer, METH_NOARGS, NULL}, {NULL}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "pbs_answer", NULL, 0, methods};
PyMODINIT_FUNC PyInit_pbs_answer(void) { return PyModule_Create(&module); }
"""

START = r"""
#include <Python.h>

static void start(void) {
    PyConfig config;
    PyConfig_InitIsolatedConfig(&config);
    PyConfig_SetBytesString(&config, &config.home, HOME);
    PyStatus status = Py_InitializeFromConfig(&config);
    PyConfig_Clear(&config);
    if (PyStatus_Exception(status)) Py_ExitStatusException(status);
}

"""
EMBEDDER = START + r"""
int main(void) {
    start();
    /* A program that is not position-independent, or that GCC compiled, has copies of the library's data: library and
       program must mean the same one. */
    PyObject *number = PyLong_FromLongLong(1LL << 40);
    PyObject *globals = PyDict_New();
    PyObject *none = PyRun_String("None", Py_eval_input, globals, globals);
    PyObject *type = PyRun_String("int", Py_eval_input, globals, globals);
    if (Py_TYPE(number) != &PyLong_Type || type != (PyObject *)&PyLong_Type || none != Py_None) {
        return 7;
    }
    return PyRun_SimpleString("import ssl, sqlite3, sys; print('embedded', sys.version_info[:2])") | Py_FinalizeEx();
}
"""

# What starting and ending leave out for a process that ends must be there for one that goes on.
AGAIN = START + r"""
int main(void) {
    for (int round = 0; round < 5; round++) {
        start();
        PyThreadState *first = PyThreadState_Get();
        int failed = PyRun_SimpleString("import abc, json; type('Circle', (abc.ABC,), {'method': lambda self: self})");
        for (int more = 0; more < 2; more++) {
            if (Py_NewInterpreter() == NULL) return 3;
            failed |= PyRun_SimpleString("import collections; assert str.upper('a') == 'A'; type('Inner', (dict,), {})");
            Py_EndInterpreter(PyThreadState_Get());
            PyThreadState_Swap(first);
        }
        if (failed || Py_FinalizeEx() < 0) return 1;
    }
    puts("started again and again");
    return 0;
}
"""


class Pip(unittest.TestCase):
    def test_pip_is_there(self):
        self.assertIn(str(INSTALL), python("-m", "pip", "--version"))

    def test_a_virtual_environment(self):
        with tempfile.TemporaryDirectory() as scratch:
            python("-m", "venv", scratch)
            inside = Path(scratch) / "bin" / "python"
            self.assertEqual(run(inside, "-c", "import sys; print(sys.prefix)").strip(), str(Path(scratch)))
            self.assertIn(scratch, run(inside, "-m", "pip", "--version"))

    @needs_registries
    def test_numpy_from_a_wheel(self):
        with tempfile.TemporaryDirectory() as scratch:
            python("-m", "venv", scratch)
            inside = Path(scratch) / "bin" / "python"
            run(inside, "-m", "pip", "install", "-q", "--only-binary=:all:", "numpy", timeout=600)
            code = "import numpy; print(round(numpy.linalg.det(numpy.eye(3) * 2)), (numpy.arange(10) ** 2).sum())"
            self.assertEqual(run(inside, "-c", code).split(), ["8", "285"])

    @needs_cc
    @needs_registries
    def test_an_extension_built_by_setuptools(self):
        with tempfile.TemporaryDirectory() as scratch:
            project = Path(scratch) / "project"
            project.mkdir()
            (project / "answer.c").write_text(EXTENSION)
            (project / "pyproject.toml").write_text(
                textwrap.dedent("""
                [build-system]
                requires = ["setuptools"]
                build-backend = "setuptools.build_meta"
                [project]
                name = "pbs-answer"
                version = "1"
                [tool.setuptools]
                ext-modules = [{ name = "pbs_answer", sources = ["answer.c"] }]
                """)
            )
            python("-m", "venv", Path(scratch) / "venv")
            inside = Path(scratch) / "venv" / "bin" / "python"
            run(inside, "-m", "pip", "install", "-q", project, timeout=600)
            self.assertEqual(run(inside, "-c", "import pbs_answer; print(pbs_answer.answer())").strip(), "42")


@needs_cc
class Embedding(unittest.TestCase):
    def build(self, scratch, *flags, code=EMBEDDER):
        source = Path(scratch) / "embed.c"
        source.write_text(code)
        program = Path(scratch) / "embed"
        (include,) = (INSTALL / "include").glob("python3.*")
        run("cc", source, f'-DHOME="{INSTALL}"', f"-I{include}", "-o", program, *flags)
        return run(program)

    def linked(self):
        (library,) = (INSTALL / "lib").glob("libpython3.*.so")
        name = library.name.removeprefix("lib").removesuffix(".so")
        return f"-L{library.parent}", f"-l{name}", f"-Wl,-rpath,{library.parent}"

    def test_shared_library(self):
        with tempfile.TemporaryDirectory() as scratch:
            for kind in ((), ("-fPIE", "-pie"), ("-fno-pie", "-no-pie"), ("-fPIC",)):
                with self.subTest(kind):
                    shown = self.build(scratch, *kind, *self.linked())
                    self.assertIn(f"embedded {sys.version_info[:2]}", shown)

    def test_again_and_again(self):
        with tempfile.TemporaryDirectory() as scratch:
            self.assertEqual(self.build(scratch, *self.linked(), code=AGAIN), "started again and again\n")


if __name__ == "__main__":
    unittest.main()
