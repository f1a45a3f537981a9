/* The module `_pbs_bundle`: imports from the bundle, and feels like files.
 *
 * A module's `__file__` is the executable's path and, below it as if it were a directory, the module's own
 * (`/usr/bin/app/lib/python3.13/json/__init__.py`), as zipimport does it. What is seldom wanted (resources,
 * metadata of distributions, walks through packages) is written in Python: modules of the bundle with names like this.
 */
#include "importer.h"

#include <string.h>

static PyObject *
bundle_path_hook(PyObject *self, PyObject *path)
{
    pbs_state *st = PyModule_GetState(self);
    pbs_bytes inside;
    PyObject *holder = PyUnicode_Check(path) ? pbs_inner_path(st, path, &inside) : NULL;
    if (holder == NULL) {
        if (!PyErr_Occurred()) {
            PyErr_SetString(PyExc_ImportError, "not in the executable");
        }
        return NULL;
    }
    Py_DECREF(holder);
    return pbs_new_entry(st, path);
}

static PyObject *
bundle_read(PyObject *self, PyObject *path)
{
    pbs_state *st = PyModule_GetState(self);
    return pbs_get_data(st, path);
}

/* The first `size` bytes of a path, and a character; formats of CPython 3.11 know no precision from an argument. */
static PyObject *
with_end(const char *path, size_t size, char end)
{
    PyObject *start = PyUnicode_FromStringAndSize(path, (Py_ssize_t)size);
    PyObject *text = start == NULL ? NULL : PyUnicode_FromFormat("%U%c", start, end);
    Py_XDECREF(start);
    return text;
}

/* What stands in a directory: a list of (name, whether it is a directory), or None if there is no such directory. */
static PyObject *
bundle_list(PyObject *self, PyObject *path)
{
    pbs_state *st = PyModule_GetState(self);
    pbs_bytes directory;
    PyObject *holder = pbs_inner_path(st, path, &directory);
    if (holder == NULL) {
        return PyErr_Occurred() ? NULL : Py_NewRef(Py_None);
    }
    PyObject *children = PyList_New(0);
    PyObject *above = with_end(directory.data, directory.size, '/');
    Py_ssize_t start_size;
    const char *start = above == NULL ? NULL : PyUnicode_AsUTF8AndSize(above, &start_size);
    Py_DECREF(holder);
    if (children == NULL || start == NULL) {
        goto failed;
    }
    if (directory.size == 0) {
        start_size = 0;
    }
    uint32_t index = pbs_bundle_seek(start, (size_t)start_size);
    while (index < pbs_bundle_files()) {
        pbs_file file;
        pbs_bundle_file(index, &file);
        if (file.path.size <= start_size || memcmp(file.path.data, start, (size_t)start_size) != 0) {
            break;
        }
        const char *name = file.path.data + start_size;
        size_t rest = file.path.size - (size_t)start_size;
        const char *slash = memchr(name, '/', rest);
        size_t size = slash == NULL ? rest : (size_t)(slash - name);
        PyObject *child = Py_BuildValue("(s#O)", name, (Py_ssize_t)size, slash == NULL ? Py_False : Py_True);
        if (child == NULL || PyList_Append(children, child) < 0) {
            Py_XDECREF(child);
            goto failed;
        }
        Py_DECREF(child);
        if (slash == NULL) {
            index++;
            continue;
        }
        /* On to what follows the directory: '0' is the character after '/'. */
        PyObject *after = with_end(file.path.data, (size_t)start_size + size, '0');
        Py_ssize_t after_size;
        const char *next = after == NULL ? NULL : PyUnicode_AsUTF8AndSize(after, &after_size);
        if (next == NULL) {
            Py_XDECREF(after);
            goto failed;
        }
        index = pbs_bundle_seek(next, (size_t)after_size);
        Py_DECREF(after);
    }
    Py_DECREF(above);
    if (PyList_GET_SIZE(children) == 0) {
        Py_DECREF(children);
        Py_RETURN_NONE;
    }
    return children;

failed:
    Py_XDECREF(children);
    Py_XDECREF(above);
    return NULL;
}

static int
prepend(const char *list_name, PyObject *item)
{
    PyObject *list = PySys_GetObject(list_name);
    if (list == NULL || !PyList_Check(list)) {
        PyErr_Format(PyExc_RuntimeError, "sys.%s is no list", list_name);
        return -1;
    }
    return PyList_Insert(list, 0, item);
}

/* Run by the interpreter in place of `encodings`, the first module that every interpreter imports: from here on
 * everything comes from the bundle, `encodings` first. */
static PyObject *
bundle_start(PyObject *self, PyObject *globals)
{
    pbs_state *st = PyModule_GetState(self);
    PyObject *hook = PyObject_GetAttrString(self, "path_hook");
    int done = hook == NULL ? -1 : prepend("path_hooks", hook);
    Py_XDECREF(hook);
    if (done < 0 || prepend("meta_path", st->finder) < 0) {
        return NULL;
    }
    if (!PyDict_Check(globals)) {
        PyErr_SetString(PyExc_TypeError, "start() takes the globals of a module");
        return NULL;
    }
    PyObject *name = PyUnicode_FromString("encodings");
    pbs_module module;
    if (name == NULL || pbs_require(name, &module) < 0) {
        Py_XDECREF(name);
        return NULL;
    }
    PyObject *spec = pbs_make_spec(st, name, &module);
    Py_DECREF(name);
    if (spec == NULL) {
        return NULL;
    }
    static const char *const attributes[][2] = {
        {"__file__", "origin"},
        {"__cached__", "cached"},
        {"__path__", "submodule_search_locations"},
    };
    done = PyDict_SetItemString(globals, "__spec__", spec);
    if (done == 0) {
        done = PyDict_SetItemString(globals, "__loader__", st->finder);
    }
    for (size_t i = 0; done == 0 && i < Py_ARRAY_LENGTH(attributes); i++) {
        PyObject *value = PyObject_GetAttrString(spec, attributes[i][1]);
        done = value == NULL ? -1 : PyDict_SetItemString(globals, attributes[i][0], value);
        Py_XDECREF(value);
    }
    Py_DECREF(spec);
    if (done < 0 || pbs_run_code(st, &module, globals) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

#if PBS_C_TRACEBACKS
static PyObject *
bundle_excepthook(PyObject *self, PyObject *args)
{
    PyObject *type, *value, *traceback;
    if (!PyArg_UnpackTuple(args, "excepthook", 3, 3, &type, &value, &traceback)) {
        return NULL;
    }
    PyObject *module = PyImport_ImportModule("traceback");
    PyObject *shown =
        module == NULL ? NULL : PyObject_CallMethod(module, "print_exception", "OOO", type, value, traceback);
    Py_XDECREF(module);
    if (shown == NULL) {
        PyErr_Clear();
        PyErr_Display(type, value, traceback);
        shown = Py_NewRef(Py_None);
    }
    return shown;
}
#endif

static PyObject *
bundle_run(PyObject *self, PyObject *what)
{
    pbs_state *st = PyModule_GetState(self);
    if (!PyUnicode_Check(what)) {
        PyErr_SetString(PyExc_TypeError, "run() takes the name of a module or `module:function`");
        return NULL;
    }
    Py_ssize_t colon = PyUnicode_FindChar(what, ':', 0, PyUnicode_GET_LENGTH(what), 1);
    if (colon == -2) {
        return NULL;
    }
    if (colon < 0) {
        return pbs_run_module(st, what);
    }
    PyObject *module = PyUnicode_Substring(what, 0, colon);
    PyObject *path = PyUnicode_Substring(what, colon + 1, PyUnicode_GET_LENGTH(what));
    PyObject *result = module == NULL || path == NULL ? NULL : pbs_run_function(module, path);
    Py_XDECREF(module);
    Py_XDECREF(path);
    return result;
}

static PyMethodDef functions[] = {
    {"run", bundle_run, METH_O, "Runs an embedded module as __main__, or a function `module:function`."},
    {"start", bundle_start, METH_O, "Imports from the executable from now on."},
    {"path_hook", bundle_path_hook, METH_O, "A finder for a directory of the executable."},
    {"read", bundle_read, METH_O, "The content of a file of the executable."},
    {"list", bundle_list, METH_O,
     "What is in a directory of the executable: pairs of a name and whether it is a directory."},
#if PBS_C_TRACEBACKS
    {"excepthook", bundle_excepthook, METH_VARARGS, "Shows an exception with lines of embedded sources."},
#endif
    {NULL, NULL, 0, NULL},
};

static int
bundle_exec(PyObject *self)
{
    pbs_state *st = PyModule_GetState(self);
    const char *wrong = pbs_bundle_check();
    if (wrong != NULL) {
        PyErr_Format(PyExc_SystemError, "the executable's bundle cannot be used: %s", wrong);
        return -1;
    }
    PyObject *bootstrap = PyImport_ImportModule("_frozen_importlib");
    st->spec_type = bootstrap == NULL ? NULL : PyObject_GetAttrString(bootstrap, "ModuleSpec");
    Py_XDECREF(bootstrap);
    PyObject *imp = PyImport_ImportModule("_imp");
    st->fix_filename = imp == NULL ? NULL : PyObject_GetAttrString(imp, "_fix_co_filename");
    Py_XDECREF(imp);
    st->spec_keywords = Py_BuildValue("(ss)", "origin", "is_package");
    st->builtins = PyUnicode_InternFromString("__builtins__");
    PyObject *executable = PyUnicode_FromWideChar(pbs_executable(), -1);
    st->prefix = executable == NULL ? NULL : PyUnicode_FromFormat("%U%c", executable, SEP);
    Py_XDECREF(executable);
    PyObject *implementation = PySys_GetObject("implementation");
    PyObject *tag = implementation == NULL ? NULL : PyObject_GetAttrString(implementation, "cache_tag");
    st->cache_tag = tag;
    st->finder_type = (PyTypeObject *)PyType_FromModuleAndSpec(self, &pbs_finder_spec, NULL);
    st->entry_type = (PyTypeObject *)PyType_FromModuleAndSpec(self, &pbs_entry_spec, NULL);
    st->finder = st->finder_type == NULL ? NULL : pbs_new_finder(st);
    int whole = st->spec_type && st->fix_filename && st->spec_keywords && st->builtins && st->prefix && st->cache_tag &&
                st->entry_type && st->finder;
    if (!whole || PyModule_AddObjectRef(self, "finder", st->finder) < 0) {
        return -1;
    }
#if PBS_C_TRACEBACKS
    PyObject *hook = PyObject_GetAttrString(self, "excepthook");
    int done = hook == NULL ? -1 : PySys_SetObject("excepthook", hook);
    Py_XDECREF(hook);
    return done;
#else
    return 0;
#endif
}

static int
bundle_traverse(PyObject *self, visitproc visit, void *arg)
{
    pbs_state *st = PyModule_GetState(self);
    Py_VISIT(st->finder);
    Py_VISIT(st->spec_type);
    Py_VISIT(st->fix_filename);
    Py_VISIT(st->finder_type);
    Py_VISIT(st->entry_type);
    return 0;
}

static int
bundle_clear(PyObject *self)
{
    pbs_state *st = PyModule_GetState(self);
    Py_CLEAR(st->finder);
    Py_CLEAR(st->spec_type);
    Py_CLEAR(st->fix_filename);
    Py_CLEAR(st->spec_keywords);
    Py_CLEAR(st->builtins);
    Py_CLEAR(st->prefix);
    Py_CLEAR(st->cache_tag);
    Py_CLEAR(st->finder_type);
    Py_CLEAR(st->entry_type);
    return 0;
}

/* clang-format off */
static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, bundle_exec},
    PBS_MODULE_SLOTS
    {0, NULL},
};

struct PyModuleDef pbs_definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_pbs_bundle",
    .m_doc = "What the executable embeds.",
    .m_size = sizeof(pbs_state),
    .m_methods = functions,
    .m_slots = slots,
    .m_traverse = bundle_traverse,
    .m_clear = bundle_clear,
};
/* clang-format on */

PyMODINIT_FUNC
PyInit__pbs_bundle(void)
{
    return PyModuleDef_Init(&pbs_definition);
}
