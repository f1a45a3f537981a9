#include "importer.h"
#include "library.h"

int
pbs_look_up(PyObject *name, pbs_module *module)
{
    Py_ssize_t size;
    const char *text = PyUnicode_AsUTF8AndSize(name, &size);
    if (text == NULL) {
        if (!PyErr_ExceptionMatches(PyExc_UnicodeEncodeError)) {
            return -1;
        }
        PyErr_Clear();
        return 0;
    }
    return pbs_bundle_module(text, (size_t)size, module);
}

int
pbs_require(PyObject *name, pbs_module *module)
{
    if (!PyUnicode_Check(name)) {
        PyErr_Format(PyExc_TypeError, "the name of a module is a str, not %.100s", Py_TYPE(name)->tp_name);
        return -1;
    }
    int found = pbs_look_up(name, module);
    if (found == 0) {
        PyObject *message = PyUnicode_FromFormat("there is no module %R in the executable", name);
        if (message != NULL) {
            PyErr_SetImportError(message, name, NULL);
            Py_DECREF(message);
        }
    }
    return found == 1 ? 0 : -1;
}

PyObject *
pbs_blob_bytes(const pbs_blob *blob)
{
    PyObject *bytes = PyBytes_FromStringAndSize(NULL, pbs_blob_size(blob));
    if (bytes != NULL && pbs_blob_unfold(blob, PyBytes_AS_STRING(bytes)) < 0) {
        Py_DECREF(bytes);
        PyErr_SetString(PyExc_ImportError, "what the executable embeds is damaged");
        return NULL;
    }
    return bytes;
}

/* Where Python would keep the bytecode. */
static PyObject *
cached_path(pbs_state *st, const pbs_module *module)
{
    pbs_bytes directory = pbs_directory_of(module);
    pbs_bytes stem = {
        .data = module->path.data + directory.size + 1,
        .size = module->path.size - directory.size - 1,
    };
    while (stem.size > 0 && stem.data[stem.size - 1] != '.') {
        stem.size--;
    }
    PyObject *above = pbs_seen_path(st, directory);
    if (above == NULL) {
        return NULL;
    }
    PyObject *name = PyUnicode_FromStringAndSize(stem.data, stem.size);
    PyObject *path = NULL;
    if (name != NULL) {
        path = PyUnicode_FromFormat("%U%c__pycache__%c%U%U.pyc", above, SEP, SEP, name, st->cache_tag);
        Py_DECREF(name);
    }
    Py_DECREF(above);
    return path;
}

PyObject *
pbs_make_spec(pbs_state *st, PyObject *name, const pbs_module *module)
{
    int package = module->flags & (PBS_PACKAGE | PBS_NAMESPACE);
    int namespace = module->flags & PBS_NAMESPACE;
    PyObject *origin = namespace ? Py_NewRef(Py_None) : pbs_seen_path(st, module->path);
    if (origin == NULL) {
        return NULL;
    }
    PyObject *arguments[] = {name, st->finder, origin, package ? Py_True : Py_False};
    PyObject *spec = PyObject_Vectorcall(st->spec_type, arguments, 2, st->spec_keywords);
    Py_DECREF(origin);
    if (spec == NULL) {
        return NULL;
    }
    if (package) {
        PyObject *search = PyObject_GetAttrString(spec, "submodule_search_locations");
        PyObject *directory = pbs_seen_path(st, pbs_directory_of(module));
        int done = search != NULL && directory != NULL ? PyList_Append(search, directory) : -1;
        Py_XDECREF(search);
        Py_XDECREF(directory);
        if (done < 0) {
            goto failed;
        }
    }
    if (!namespace) {
        if (PyObject_SetAttrString(spec, "has_location", Py_True) < 0) {
            goto failed;
        }
        if (!(module->flags & PBS_EXTENSION)) {
            PyObject *cached = cached_path(st, module);
            int done = cached == NULL ? -1 : PyObject_SetAttrString(spec, "cached", cached);
            Py_XDECREF(cached);
            if (done < 0) {
                goto failed;
            }
        }
    }
    return spec;

failed:
    Py_DECREF(spec);
    return NULL;
}

PyObject *
pbs_load_code(pbs_state *st, const pbs_module *module)
{
    PyObject *path = pbs_seen_path(st, module->path);
    if (path == NULL) {
        return NULL;
    }
    PyObject *code = NULL;
    if (module->code.kept.size == 0) {
        PyObject *source = pbs_blob_bytes(&module->source);
        if (source != NULL) {
            code = Py_CompileStringObject(PyBytes_AS_STRING(source), path, Py_file_input, NULL, -1);
            Py_DECREF(source);
        }
        Py_DECREF(path);
        return code;
    }
    if (module->code.how == 0) {
        code = PyMarshal_ReadObjectFromString(module->code.kept.data, module->code.kept.size);
    }
    else {
        PyObject *unfolded = pbs_blob_bytes(&module->code);
        if (unfolded != NULL) {
            code = PyMarshal_ReadObjectFromString(PyBytes_AS_STRING(unfolded), PyBytes_GET_SIZE(unfolded));
            Py_DECREF(unfolded);
        }
    }
    if (code != NULL && !PyCode_Check(code)) {
        Py_DECREF(code);
        code = NULL;
        PyErr_SetString(PyExc_ImportError, "what the executable embeds is damaged");
    }
    if (code != NULL) {
        PyObject *arguments[] = {code, path};
        PyObject *fixed = PyObject_Vectorcall(st->fix_filename, arguments, 2, NULL);
        Py_XDECREF(fixed);
        if (fixed == NULL) {
            Py_CLEAR(code);
        }
    }
    Py_DECREF(path);
    return code;
}

int
pbs_run_code(pbs_state *st, const pbs_module *module, PyObject *globals)
{
    PyObject *code = pbs_load_code(st, module);
    if (code == NULL) {
        return -1;
    }
    PyObject *result = NULL;
    int there = PyDict_Contains(globals, st->builtins);
    if (there > 0 || (there == 0 && PyDict_SetItem(globals, st->builtins, PyEval_GetBuiltins()) == 0)) {
        result = PyEval_EvalCode(code, globals, globals);
    }
    Py_DECREF(code);
    Py_XDECREF(result);
    return result == NULL ? -1 : 0;
}

/* Extension modules that are kept as shared libraries. */

PyObject *
pbs_imp_call(const char *function, PyObject *argument)
{
    PyObject *imp = PyImport_ImportModule("_imp");
    PyObject *result = imp == NULL ? NULL : PyObject_CallMethod(imp, function, "O", argument);
    Py_XDECREF(imp);
    return result;
}

PyObject *
pbs_create_extension(pbs_state *st, PyObject *spec, PyObject *name, const pbs_module *module)
{
    if (pbs_load_needed(&module->name) < 0) {
        return NULL;
    }
    PyObject *path = pbs_library_path(&module->name, &module->path, &module->code);
    if (path == NULL) {
        return NULL;
    }
    PyObject *arguments[] = {name, st->finder, path, Py_False};
    PyObject *loaded = PyObject_Vectorcall(st->spec_type, arguments, 2, st->spec_keywords);
    Py_DECREF(path);
    PyObject *created = loaded == NULL ? NULL : pbs_imp_call("create_dynamic", loaded);
    Py_XDECREF(loaded);
    pbs_library_tried(&module->code);
    if (created != NULL && PyModule_Check(created)) {
        PyObject *origin = PyObject_GetAttrString(spec, "origin");
        if (origin == NULL || PyObject_SetAttrString(created, "__file__", origin) < 0) {
            Py_CLEAR(created);
        }
        Py_XDECREF(origin);
    }
    return created;
}
