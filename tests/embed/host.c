/* A program that embeds Python, has functions of its own named like some of the libraries in Python, and calls the C
 * API.
 *
 * `host idle` never starts Python; `host licenses` prints licences; `host files DIR` imports extension modules that are
 * files; `host main` is what was linked; else it starts Python twice. */
#include "pbs.h"

#include <Python.h>

#include <signal.h>
#include <stdio.h>
#include <string.h>

static int clashes;

/* Of zlib, OpenSSL and SQLite. */
unsigned long
crc32(unsigned long start, const unsigned char *text, unsigned size)
{
    clashes++;
    return 1;
}

int
SSL_new(void)
{
    return ++clashes;
}

const char *
sqlite3_libversion(void)
{
    clashes++;
    return "mine";
}

int OPENSSL_ia32cap_P = 7;

/* Pages of memory that belong to no file. */
static long
own_pages(void)
{
    long size, resident, shared, own = -1;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file != NULL && fscanf(file, "%ld %ld %ld", &size, &resident, &shared) == 3) {
        own = resident - shared;
    }
    if (file != NULL) {
        fclose(file);
    }
    return own;
}

static void
on_interrupt(int number)
{
}

static PyObject *
answer(PyObject *self, PyObject *nothing)
{
    return PyLong_FromLong(42);
}

static PyMethodDef functions[] = {{"answer", answer, METH_NOARGS, NULL}, {NULL, NULL, 0, NULL}};
static struct PyModuleDef host = {PyModuleDef_HEAD_INIT, "host", NULL, -1, functions, NULL, NULL, NULL, NULL};

/* The host's own module, one that is embedded, an attribute: with the C API alone. */
static int
use_api(void)
{
    PyObject *module = PyModule_Create(&host);
    PyObject *modules = PyImport_GetModuleDict();
    if (module == NULL || PyDict_SetItemString(modules, "host", module) < 0) {
        return 1;
    }
    PyObject *json = PyImport_ImportModule("json");
    PyObject *text = json == NULL ? NULL : PyObject_CallMethod(json, "dumps", "[i,s]", 1, "two");
    int same = text != NULL && PyUnicode_CompareWithASCIIString(text, "[1, \"two\"]") == 0;
    Py_XDECREF(text);
    Py_XDECREF(json);
    Py_DECREF(module);
    return same ? 0 : 1;
}

static const char code[] = "import bz2, ctypes, hashlib, host, lzma, sqlite3, ssl, sys, zlib\n"
                           "assert host.answer() == 42\n"
                           "assert zlib.crc32(b'abc') == 0x352441c2\n"
                           "assert zlib.decompress(zlib.compress(b'x' * 1000)) == b'x' * 1000\n"
                           "assert sqlite3.connect(':memory:').execute('select 6 * 7').fetchone() == (42,)\n"
                           "assert sqlite3.sqlite_version != 'mine'\n"
                           "assert hashlib.sha256(b'').hexdigest().startswith('e3b0c442')\n"
                           "ssl.create_default_context()\n"
                           "assert json.__file__.startswith(sys.executable + '/'), json.__file__\n"
                           "print(sys.argv)\n";

int
main(int argc, char **argv)
{
    if (pbs_is_worker(argc, argv)) {
        return pbs_main(argc, argv);
    }
    if (argc > 1 && strcmp(argv[1], "idle") == 0) {
        printf("%ld\n", own_pages());
        return Py_IsInitialized();
    }
    if (argc > 1 && strcmp(argv[1], "licenses") == 0) {
        return pbs_show("licenses");
    }
    if (argc > 1 && strcmp(argv[1], "main") == 0) {
        return pbs_main(argc, argv);
    }
    if (argc > 2 && strcmp(argv[1], "files") == 0) {
        int code = pbs_start(argc, argv);
        return code != 0 ? code : pbs_exec("import sys; sys.path.append(sys.argv[2]); import xxlimited, _testbuffer");
    }
    signal(SIGINT, on_interrupt);
    for (int round = 0; round < 2; round++) {
        if (pbs_start(round == 0 ? argc : 0, round == 0 ? argv : NULL) != 0 || pbs_start(0, NULL) != 0) {
            return 10;
        }
        if (use_api() != 0) {
            return 11;
        }
        if (pbs_exec("import json") != 0 || pbs_exec(code) != 0) {
            return 12;
        }
        if (pbs_exec("import sys; sys.exit(5)") != 5 || pbs_exec("raise SystemExit") != 0) {
            return 13;
        }
        if (pbs_exec("1 / 0") != 1 || PyErr_Occurred()) {
            return 14;
        }
        if (pbs_run(NULL) != 3 || pbs_run("app:main") != 4 || pbs_run("no_such_module") != 1) {
            return 15;
        }
        if (pbs_finish() != 0 || Py_IsInitialized()) {
            return 16;
        }
    }
    if (signal(SIGINT, SIG_DFL) != on_interrupt) {
        return 17;
    }
    printf("%lu %d %s %d: %d\n", crc32(0, (const unsigned char *)"abc", 3), SSL_new(), sqlite3_libversion(),
           OPENSSL_ia32cap_P, clashes);
    return 0;
}
