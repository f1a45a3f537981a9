/* All that depends on the version of CPython. */
#ifndef PBS_COMPAT_H
#define PBS_COMPAT_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <marshal.h>
#include <osdefs.h>

/* What a module says of itself: that each interpreter may have one, and that it needs no lock. */
#if PY_VERSION_HEX >= 0x030d0000
#define PBS_MODULE_SLOTS \
    {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED}, {Py_mod_gil, Py_MOD_GIL_NOT_USED},
#elif PY_VERSION_HEX >= 0x030c0000
#define PBS_MODULE_SLOTS {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
#else
#define PBS_MODULE_SLOTS
#endif

/* Whether C shows the exception that nobody caught: it reads sources by their paths, where Python's `traceback` asks
 * their loaders. */
#define PBS_C_TRACEBACKS (PY_VERSION_HEX < 0x030d0000)

#endif
