#include "library.h"
#include "importer.h"

PyObject *
pbs_library_path(const pbs_bytes *name, const pbs_bytes *path, const pbs_blob *content)
{
    (void)path;
    (void)content;
    PyErr_Format(PyExc_ImportError, "%s: this system loads no library from memory", name->data);
    return NULL;
}

void
pbs_library_tried(const pbs_blob *content)
{
    (void)content;
}

int
pbs_load_needed(const pbs_bytes *module)
{
    (void)module;
    return 0;
}
