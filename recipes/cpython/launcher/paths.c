#include "importer.h"

/* Paths of the bundle have slashes; those that Python sees have the system's separator. */
PyObject *
pbs_seen_path(pbs_state *st, pbs_bytes path)
{
    PyObject *below = PyUnicode_FromStringAndSize(path.data, path.size);
    if (below == NULL) {
        return NULL;
    }
#ifdef MS_WINDOWS
    PyObject *slash = PyUnicode_FromString("/"), *back = PyUnicode_FromString("\\");
    Py_XSETREF(below, slash && back ? PyUnicode_Replace(below, slash, back, -1) : NULL);
    Py_XDECREF(slash);
    Py_XDECREF(back);
    if (below == NULL) {
        return NULL;
    }
#endif
    PyObject *whole = PyUnicode_Concat(st->prefix, below);
    Py_DECREF(below);
    return whole;
}

PyObject *
pbs_inner_path(pbs_state *st, PyObject *path, pbs_bytes *found)
{
    PyObject *text = PyOS_FSPath(path);
    if (text == NULL) {
        return NULL;
    }
    if (!PyUnicode_Check(text) || PyUnicode_Tailmatch(text, st->prefix, 0, PY_SSIZE_T_MAX, -1) != 1) {
        Py_DECREF(text);
        return NULL;
    }
    Py_SETREF(text, PyUnicode_Substring(text, PyUnicode_GET_LENGTH(st->prefix), PY_SSIZE_T_MAX));
#ifdef MS_WINDOWS
    PyObject *slash = PyUnicode_FromString("/"), *back = PyUnicode_FromString("\\");
    Py_XSETREF(text, text && slash && back ? PyUnicode_Replace(text, back, slash, -1) : NULL);
    Py_XDECREF(slash);
    Py_XDECREF(back);
#endif
    if (text == NULL) {
        return NULL;
    }
    Py_ssize_t size;
    found->data = PyUnicode_AsUTF8AndSize(text, &size);
    if (found->data == NULL) {
        Py_DECREF(text);
        return NULL;
    }
    while (size > 0 && found->data[size - 1] == '/') {
        size--;
    }
    found->size = (uint32_t)size;
    return text;
}

pbs_bytes
pbs_directory_of(const pbs_module *module)
{
    pbs_bytes path = module->path;
    if (module->flags & PBS_NAMESPACE) {
        return path;
    }
    while (path.size > 0 && path.data[path.size - 1] != '/') {
        path.size--;
    }
    if (path.size > 0) {
        path.size--;
    }
    return path;
}
