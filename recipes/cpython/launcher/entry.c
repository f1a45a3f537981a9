#include "importer.h"

typedef struct {
    PyObject_HEAD
    PyObject *path;
} entry_object;

/* A directory of the bundle as an entry of sys.path or of a package's __path__. */

static PyObject *
entry_find_spec(PyObject *self, PyObject *args, PyObject *keywords)
{
    static char *names[] = {"fullname", "target", NULL};
    PyObject *name, *target = Py_None;
    pbs_state *st = pbs_state_of(Py_TYPE(self));
    if (st == NULL || !PyArg_ParseTupleAndKeywords(args, keywords, "U|O:find_spec", names, &name, &target)) {
        return NULL;
    }
    pbs_module module;
    int found = pbs_look_up(name, &module);
    if (found <= 0) {
        return found < 0 ? NULL : Py_NewRef(Py_None);
    }
    /* The directory in which the module, or the package's own directory, stands. */
    pbs_bytes directory = pbs_directory_of(&module);
    if (module.flags & (PBS_PACKAGE | PBS_NAMESPACE)) {
        pbs_module package = {.path = directory};
        directory = pbs_directory_of(&package);
    }
    PyObject *place = pbs_seen_path(st, directory);
    if (place == NULL) {
        return NULL;
    }
    int here = PyUnicode_Compare(place, ((entry_object *)self)->path) == 0;
    Py_DECREF(place);
    return here ? pbs_make_spec(st, name, &module) : Py_NewRef(Py_None);
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
