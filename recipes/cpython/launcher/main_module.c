#include "importer.h"

PyObject *
pbs_run_module(pbs_state *st, PyObject *name)
{
    pbs_module module;
    if (pbs_require(name, &module) < 0) {
        return NULL;
    }
    PyObject *whole = Py_NewRef(name);
    if (module.flags & (PBS_PACKAGE | PBS_NAMESPACE)) {
        Py_SETREF(whole, PyUnicode_FromFormat("%U.__main__", name));
        if (whole == NULL || pbs_require(whole, &module) < 0) {
            Py_XDECREF(whole);
            return NULL;
        }
    }
    Py_ssize_t dot = PyUnicode_FindChar(whole, '.', 0, PyUnicode_GET_LENGTH(whole), -1);
    PyObject *package = dot < 0 ? PyUnicode_FromString("") : PyUnicode_Substring(whole, 0, dot);
    PyObject *spec = NULL;
    PyObject *main_module = PyImport_AddModule("__main__");
    PyObject *globals = main_module == NULL ? NULL : PyModule_GetDict(main_module);
    int done = package != NULL && globals != NULL ? 0 : -1;
    if (done == 0 && dot >= 0) {
        PyObject *parent = PyImport_Import(package);
        done = parent == NULL ? -1 : 0;
        Py_XDECREF(parent);
    }
    if (done == 0) {
        spec = pbs_make_spec(st, whole, &module);
        done = spec == NULL ? -1 : PyDict_SetItemString(globals, "__spec__", spec);
    }
    if (done == 0) {
        done = PyDict_SetItemString(globals, "__loader__", st->finder);
    }
    if (done == 0) {
        done = PyDict_SetItemString(globals, "__package__", package);
    }
    static const char *const attributes[][2] = {{"__file__", "origin"}, {"__cached__", "cached"}};
    for (size_t i = 0; done == 0 && i < Py_ARRAY_LENGTH(attributes); i++) {
        PyObject *value = PyObject_GetAttrString(spec, attributes[i][1]);
        done = value == NULL ? -1 : PyDict_SetItemString(globals, attributes[i][0], value);
        Py_XDECREF(value);
    }
    if (done == 0) {
        done = pbs_run_code(st, &module, globals);
    }
    Py_XDECREF(spec);
    Py_XDECREF(package);
    Py_DECREF(whole);
    return done < 0 ? NULL : Py_NewRef(Py_None);
}

PyObject *
pbs_run_function(PyObject *module_name, PyObject *path)
{
    PyObject *found = PyImport_Import(module_name);
    PyObject *dot = PyUnicode_FromString(".");
    PyObject *names = found == NULL || dot == NULL ? NULL : PyUnicode_Split(path, dot, -1);
    Py_XDECREF(dot);
    for (Py_ssize_t i = 0; names != NULL && found != NULL && i < PyList_GET_SIZE(names); i++) {
        Py_SETREF(found, PyObject_GetAttr(found, PyList_GET_ITEM(names, i)));
    }
    Py_XDECREF(names);
    PyObject *result = found == NULL ? NULL : PyObject_CallNoArgs(found);
    Py_XDECREF(found);
    if (result != NULL) {
        PyErr_SetObject(PyExc_SystemExit, result);
        Py_DECREF(result);
    }
    return NULL;
}
