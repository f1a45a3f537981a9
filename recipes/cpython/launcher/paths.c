#include "importer.h"

/* Paths of the bundle have slashes; those that Python sees have the system's separator. Takes `text`. */
static PyObject *
separated(PyObject *text, char from, char to)
{
    if (from == to || text == NULL) {
        return text;
    }
    PyObject *old = PyUnicode_FromFormat("%c", from);
    PyObject *new = PyUnicode_FromFormat("%c", to);
    Py_SETREF(text, old != NULL && new != NULL ? PyUnicode_Replace(text, old, new, -1) : NULL);
    Py_XDECREF(old);
    Py_XDECREF(new);
    return text;
}

PyObject *
pbs_seen_path(pbs_state *st, pbs_bytes path)
{
    PyObject *below = separated(PyUnicode_FromStringAndSize(path.data, path.size), '/', SEP);
    if (below == NULL) {
        return NULL;
    }
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
    text = separated(text, SEP, '/');
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

static pbs_bytes
parent(pbs_bytes path)
{
    return pbs_directory_of(&(pbs_module){.path = path});
}

int
pbs_stands_in(const pbs_module *module, pbs_bytes directory)
{
    pbs_bytes place = pbs_directory_of(module);
    if (module->flags & (PBS_PACKAGE | PBS_NAMESPACE)) {
        place = parent(place);
    }
    return place.size == directory.size && memcmp(place.data, directory.data, place.size) == 0;
}

pbs_at
pbs_find_at(pbs_bytes directory, const char *tail, size_t tail_size, pbs_module *module)
{
    char text[1024];
    size_t size = directory.size + 1 + tail_size;
    /* Room for one character more; nothing embedded has a path that long. */
    if (tail_size == 0 || directory.size == 0 || size >= sizeof(text)) {
        return PBS_AT_NOTHING;
    }
    memcpy(text, directory.data, directory.size);
    text[directory.size] = '/';
    memcpy(text + directory.size + 1, tail, tail_size);
    pbs_file file;
    for (const char *next = "./"; *next; next++) {
        text[size] = *next;
        uint32_t index = pbs_bundle_seek(text, size + 1);
        if (index < pbs_bundle_files()) {
            pbs_bundle_file(index, &file);
            if (file.path.size > size + 1 && memcmp(file.path.data, text, size + 1) == 0) {
                break;
            }
        }
        file.path.size = 0;
    }
    /* Which of the directories above is the first that the names of modules begin with, is not known. */
    for (size_t i = 0; i < size; i++) {
        if (text[i] == '/') {
            text[i] = '.';
        }
    }
    for (size_t start = 0; start < size; start++) {
        if ((start == 0 || text[start - 1] == '.') && pbs_bundle_module(text + start, size - start, module) &&
            pbs_stands_in(module, directory)) {
            return PBS_AT_MODULE;
        }
    }
    return file.path.size > 0 ? PBS_AT_FILE : PBS_AT_NOTHING;
}
