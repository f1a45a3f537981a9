#include "importer.h"

typedef struct {
    PyObject_HEAD
    PyObject *path;
} entry_object;

/* A directory of the bundle as an entry of sys.path or of a package's __path__. */

/* What a directory has under a name that is not the bundle's: Python's part of the importer says what it is. */
static PyObject *
elsewhere(PyObject *place, pbs_bytes directory, PyObject *name)
{
    Py_ssize_t size;
    const char *text = PyUnicode_AsUTF8AndSize(name, &size);
    if (text == NULL) {
        PyErr_Clear();
        Py_RETURN_NONE;
    }
    const char *tail = text + size;
    while (tail > text && tail[-1] != '.') {
        tail--;
    }
    pbs_module module;
    switch (pbs_find_at(directory, tail, (size_t)(text + size - tail), &module)) {
    case PBS_AT_MODULE: {
        PyObject *inner = PyUnicode_FromStringAndSize(module.name.data, module.name.size);
        PyObject *spec = inner == NULL ? NULL : pbs_support("_pbs_vendored", "module_spec", name, inner);
        Py_XDECREF(inner);
        return spec;
    }
    case PBS_AT_FILE: {
        PyObject *stem = PyUnicode_FromFormat("%U%c%s", place, SEP, tail);
        PyObject *spec = stem == NULL ? NULL : pbs_support("_pbs_vendored", "file_spec", name, stem);
        Py_XDECREF(stem);
        return spec;
    }
    default:
        Py_RETURN_NONE;
    }
}

static PyObject *
entry_find_spec(PyObject *self, PyObject *args, PyObject *keywords)
{
    static char *names[] = {"fullname", "target", NULL};
    PyObject *name, *target = Py_None;
    pbs_state *st = pbs_state_of(Py_TYPE(self));
    if (st == NULL || !PyArg_ParseTupleAndKeywords(args, keywords, "U|O:find_spec", names, &name, &target)) {
        return NULL;
    }
    PyObject *place = ((entry_object *)self)->path;
    pbs_bytes directory;
    PyObject *holder = pbs_inner_path(st, place, &directory);
    if (holder == NULL) {
        return PyErr_Occurred() ? NULL : Py_NewRef(Py_None);
    }
    pbs_module module;
    PyObject *spec = NULL;
    int found = pbs_look_up(name, &module);
    if (found == 1 && pbs_stands_in(&module, directory)) {
        spec = pbs_make_spec(st, name, &module);
    }
    else if (found >= 0) {
        spec = elsewhere(place, directory, name);
    }
    Py_DECREF(holder);
    return spec;
}

static PyObject *
entry_iter_modules(PyObject *self, PyObject *args, PyObject *keywords)
{
    static char *names[] = {"prefix", NULL};
    PyObject *prefix = NULL;
    if (!PyArg_ParseTupleAndKeywords(args, keywords, "|U:iter_modules", names, &prefix)) {
        return NULL;
    }
    PyObject *none = prefix == NULL ? PyUnicode_FromString("") : Py_NewRef(prefix);
    PyObject *found =
        none == NULL ? NULL : pbs_support("_pbs_walk", "iter_modules", ((entry_object *)self)->path, none);
    Py_XDECREF(none);
    return found;
}

static PyObject *
entry_repr(PyObject *self)
{
    return PyUnicode_FromFormat("<embedded directory %R>", ((entry_object *)self)->path);
}

static int
entry_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    return 0;
}

static void
entry_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    Py_XDECREF(((entry_object *)self)->path);
    type->tp_free(self);
    Py_DECREF(type);
}

static PyMethodDef entry_methods[] = {
    {"find_spec", (PyCFunction)(void (*)(void))entry_find_spec, METH_VARARGS | METH_KEYWORDS, NULL},
    {"iter_modules", (PyCFunction)(void (*)(void))entry_iter_modules, METH_VARARGS | METH_KEYWORDS, NULL},
    {"invalidate_caches", pbs_invalidate_caches, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot entry_slots[] = {
    {Py_tp_doc, "Finds the modules that are in one directory of the executable."},
    {Py_tp_methods, entry_methods},
    {Py_tp_repr, entry_repr},
    {Py_tp_traverse, entry_traverse},
    {Py_tp_dealloc, entry_dealloc},
    {0, NULL},
};

PyType_Spec pbs_entry_spec = {
    .name = "_pbs_bundle.Entry",
    .basicsize = sizeof(entry_object),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = entry_slots,
};

PyObject *
pbs_new_entry(pbs_state *st, PyObject *path)
{
    entry_object *entry = PyObject_GC_New(entry_object, st->entry_type);
    if (entry != NULL) {
        entry->path = Py_NewRef(path);
        PyObject_GC_Track(entry);
    }
    return (PyObject *)entry;
}
