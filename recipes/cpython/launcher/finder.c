/* The finder, which is the loader, too: importlib.abc.MetaPathFinder, InspectLoader and ResourceLoader. */
#include "importer.h"

typedef struct {
    PyObject_HEAD
} finder_object;

pbs_state *
pbs_state_of(PyTypeObject *type)
{
    PyObject *module = PyType_GetModuleByDef(type, &pbs_definition);
    pbs_state *st = module == NULL ? NULL : PyModule_GetState(module);
    if (st != NULL && st->finder == NULL) {
        PyErr_SetString(PyExc_ImportError, "the interpreter is ending, nothing can be imported any more");
        return NULL;
    }
    return st;
}

/* Whether a submodule that the bundle has is the one that is looked for in these places: a package from elsewhere may
 * have the name of an embedded one, and so may a vendored one. -1: an exception. */
static int
is_meant(pbs_state *st, PyObject *name, PyObject *path, const pbs_module *module)
{
    PyObject *places = PySequence_Fast(path, "the path of a package is a sequence");
    if (places == NULL) {
        return -1;
    }
    Py_ssize_t size;
    const char *text = PyUnicode_AsUTF8AndSize(name, &size);
    const char *tail = text + size;
    while (tail > text && tail[-1] != '.') {
        tail--;
    }
    int meant = 0;
    for (Py_ssize_t i = 0; meant >= 0 && i < PySequence_Fast_GET_SIZE(places); i++) {
        PyObject *place = PySequence_Fast_GET_ITEM(places, i);
        pbs_bytes directory;
        pbs_module other;
        PyObject *holder = PyUnicode_Check(place) ? pbs_inner_path(st, place, &directory) : NULL;
        if (holder == NULL) {
            meant = PyErr_Occurred() ? -1 : meant;
            continue;
        }
        int here = pbs_stands_in(module, directory);
        int other_here = !here && pbs_find_at(directory, tail, (size_t)(text + size - tail), &other) != PBS_AT_NOTHING;
        Py_DECREF(holder);
        if (here || other_here) {
            meant = here;
            break;
        }
        /* A package may look for its modules in more places than one. */
        meant = 1;
    }
    Py_DECREF(places);
    return meant;
}

/* The spec of an embedded module, None if there is none or if `path` says that it is looked for elsewhere. */
static PyObject *
find_spec(pbs_state *st, PyObject *name, PyObject *path)
{
    pbs_module module;
    if (!PyUnicode_Check(name)) {
        PyErr_Format(PyExc_TypeError, "the name of a module is a str, not %.100s", Py_TYPE(name)->tp_name);
        return NULL;
    }
    int found = pbs_look_up(name, &module);
    if (found < 0) {
        return NULL;
    }
    if (found == 1 && path != Py_None && (found = is_meant(st, name, path, &module)) < 0) {
        return NULL;
    }
    return found ? pbs_make_spec(st, name, &module) : Py_NewRef(Py_None);
}

static PyObject *
finder_find_spec(PyObject *self, PyObject *args, PyObject *keywords)
{
    static char *names[] = {"fullname", "path", "target", NULL};
    PyObject *name, *path = Py_None, *target = Py_None;
    pbs_state *st = pbs_state_of(Py_TYPE(self));
    if (st == NULL || !PyArg_ParseTupleAndKeywords(args, keywords, "O|OO:find_spec", names, &name, &path, &target)) {
        return NULL;
    }
    return find_spec(st, name, path);
}

PyObject *
pbs_invalidate_caches(PyObject *self, PyObject *nothing)
{
    Py_RETURN_NONE;
}

static PyObject *
spec_name(PyObject *spec)
{
    return PyObject_GetAttrString(spec, "name");
}

static PyObject *
finder_create_module(PyObject *self, PyObject *spec)
{
    pbs_state *st = pbs_state_of(Py_TYPE(self));
    PyObject *name = st == NULL ? NULL : spec_name(spec);
    if (name == NULL) {
        return NULL;
    }
    pbs_module module;
    PyObject *created = NULL;
    if (pbs_require(name, &module) == 0) {
        created = module.flags & PBS_EXTENSION ? pbs_create_extension(st, spec, name, &module) : Py_NewRef(Py_None);
    }
    Py_DECREF(name);
    return created;
}

static PyObject *
finder_exec_module(PyObject *self, PyObject *object)
{
    pbs_state *st = pbs_state_of(Py_TYPE(self));
    PyObject *spec = st == NULL ? NULL : PyObject_GetAttrString(object, "__spec__");
    if (spec == NULL) {
        return NULL;
    }
    PyObject *name = spec_name(spec);
    Py_DECREF(spec);
    pbs_module module;
    if (name == NULL || pbs_require(name, &module) < 0) {
        Py_XDECREF(name);
        return NULL;
    }
    Py_DECREF(name);
    if (module.flags & PBS_NAMESPACE) {
        Py_RETURN_NONE;
    }
    if (module.flags & PBS_EXTENSION) {
        return pbs_imp_call("exec_dynamic", object);
    }
    PyObject *globals = PyModule_GetDict(object);
    if (globals == NULL || pbs_run_code(st, &module, globals) < 0) {
        return NULL;
    }
    if (strcmp(module.name.data, "linecache") == 0) {
        /* It reads files by their paths. */
        return pbs_support("_pbs_lines", "install", object, NULL);
    }
    Py_RETURN_NONE;
}

static PyObject *
finder_get_code(PyObject *self, PyObject *name)
{
    pbs_state *st = pbs_state_of(Py_TYPE(self));
    pbs_module module;
    if (st == NULL || pbs_require(name, &module) < 0) {
        return NULL;
    }
    if (module.flags & (PBS_EXTENSION | PBS_NAMESPACE)) {
        Py_RETURN_NONE;
    }
    return pbs_load_code(st, &module);
}

static PyObject *
finder_get_source(PyObject *self, PyObject *name)
{
    pbs_module module;
    if (pbs_require(name, &module) < 0) {
        return NULL;
    }
    if (module.source.kept.data == NULL || module.source.kept.size == 0) {
        /* An empty module has an empty source; one without a source has no code of an empty one either. */
        if (module.flags & (PBS_EXTENSION | PBS_NAMESPACE)) {
            Py_RETURN_NONE;
        }
        pbs_file file;
        if (!pbs_bundle_find(module.path.data, module.path.size, &file)) {
            Py_RETURN_NONE;
        }
        return PyUnicode_FromString("");
    }
    PyObject *bytes = pbs_blob_bytes(&module.source);
    PyObject *external = bytes == NULL ? NULL : PyImport_ImportModule("_frozen_importlib_external");
    PyObject *source = external == NULL ? NULL : PyObject_CallMethod(external, "decode_source", "O", bytes);
    Py_XDECREF(external);
    Py_XDECREF(bytes);
    return source;
}

static PyObject *
finder_is_package(PyObject *self, PyObject *name)
{
    pbs_module module;
    if (pbs_require(name, &module) < 0) {
        return NULL;
    }
    return PyBool_FromLong(module.flags & (PBS_PACKAGE | PBS_NAMESPACE));
}

static PyObject *
finder_get_filename(PyObject *self, PyObject *name)
{
    pbs_state *st = pbs_state_of(Py_TYPE(self));
    pbs_module module;
    if (st == NULL || pbs_require(name, &module) < 0) {
        return NULL;
    }
    if (module.flags & PBS_NAMESPACE) {
        PyErr_Format(PyExc_ImportError, "%U is a namespace and has no file", name);
        return NULL;
    }
    return pbs_seen_path(st, module.path);
}

PyObject *
pbs_get_data(pbs_state *st, PyObject *path)
{
    pbs_bytes inside;
    pbs_file file;
    PyObject *data = NULL;
    PyObject *holder = pbs_inner_path(st, path, &inside);
    if (holder != NULL && pbs_bundle_find(inside.data, inside.size, &file)) {
        data = pbs_blob_bytes(&file.content);
    }
    else if (!PyErr_Occurred()) {
        errno = ENOENT;
        PyErr_SetFromErrnoWithFilenameObject(PyExc_OSError, path);
    }
    Py_XDECREF(holder);
    return data;
}

static PyObject *
finder_get_data(PyObject *self, PyObject *path)
{
    pbs_state *st = pbs_state_of(Py_TYPE(self));
    return st == NULL ? NULL : pbs_get_data(st, path);
}

PyObject *
pbs_support(const char *module, const char *function, PyObject *one, PyObject *two)
{
    PyObject *imported = PyImport_ImportModule(module);
    PyObject *result = NULL;
    if (imported != NULL) {
        result = PyObject_CallMethod(imported, function, two == NULL ? "O" : "OO", one, two);
        Py_DECREF(imported);
    }
    return result;
}

static PyObject *
finder_get_resource_reader(PyObject *self, PyObject *name)
{
    pbs_state *st = pbs_state_of(Py_TYPE(self));
    pbs_module module;
    if (st == NULL || pbs_require(name, &module) < 0) {
        return NULL;
    }
    PyObject *directory = pbs_seen_path(st, pbs_directory_of(&module));
    PyObject *reader = directory == NULL ? NULL : pbs_support("_pbs_resources", "resource_reader", directory, NULL);
    Py_XDECREF(directory);
    return reader;
}

static PyObject *
finder_find_distributions(PyObject *self, PyObject *args, PyObject *keywords)
{
    static char *names[] = {"context", NULL};
    PyObject *context = Py_None;
    if (!PyArg_ParseTupleAndKeywords(args, keywords, "|O:find_distributions", names, &context)) {
        return NULL;
    }
    return pbs_support("_pbs_metadata", "find_distributions", context, NULL);
}

static PyObject *
finder_repr(PyObject *self)
{
    pbs_state *st = pbs_state_of(Py_TYPE(self));
    return st == NULL ? NULL : PyUnicode_FromFormat("<embedded in %R>", st->prefix);
}

static PyMethodDef finder_methods[] = {
    {"find_spec", (PyCFunction)(void (*)(void))finder_find_spec, METH_VARARGS | METH_KEYWORDS, NULL},
    {"invalidate_caches", pbs_invalidate_caches, METH_NOARGS, NULL},
    {"find_distributions", (PyCFunction)(void (*)(void))finder_find_distributions, METH_VARARGS | METH_KEYWORDS, NULL},
    {"create_module", finder_create_module, METH_O, NULL},
    {"exec_module", finder_exec_module, METH_O, NULL},
    {"get_code", finder_get_code, METH_O, NULL},
    {"get_source", finder_get_source, METH_O, NULL},
    {"is_package", finder_is_package, METH_O, NULL},
    {"get_filename", finder_get_filename, METH_O, NULL},
    {"get_data", finder_get_data, METH_O, NULL},
    {"get_resource_reader", finder_get_resource_reader, METH_O, NULL},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot finder_slots[] = {
    {Py_tp_doc, "Finds and loads the modules that are in the executable."},
    {Py_tp_methods, finder_methods},
    {Py_tp_repr, finder_repr},
    {0, NULL},
};

PyType_Spec pbs_finder_spec = {
    .name = "_pbs_bundle.Finder",
    .basicsize = sizeof(finder_object),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = finder_slots,
};

PyObject *
pbs_new_finder(pbs_state *st)
{
    return (PyObject *)PyObject_New(finder_object, st->finder_type);
}
