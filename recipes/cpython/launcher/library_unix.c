#include "library.h"
#include "importer.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static int
write_all(int file, const char *data, size_t size)
{
    while (size > 0) {
        ssize_t written = write(file, data, size);
        if (written < 0 && errno != EINTR) {
            return -1;
        }
        if (written > 0) {
            data += written;
            size -= (size_t)written;
        }
    }
    return 0;
}

int
pbs_write_library(int file, const pbs_blob *content)
{
    uint32_t size = pbs_blob_size(content);
    const char *data = content->kept.data;
    char *unfolded = NULL;
    if (content->how != 0) {
        data = unfolded = PyMem_Malloc(size);
        if (unfolded == NULL || pbs_blob_unfold(content, unfolded) < 0) {
            PyMem_Free(unfolded);
            PyErr_SetString(PyExc_ImportError, "a library that the executable embeds cannot be unfolded");
            return -1;
        }
    }
    int written = write_all(file, data, size);
    PyMem_Free(unfolded);
    if (written < 0) {
        PyErr_SetFromErrno(PyExc_OSError);
    }
    return written;
}

void
pbs_no_library(const char *path, size_t size)
{
    PyObject *text = PyUnicode_FromStringAndSize(path, (Py_ssize_t)size);
    if (text != NULL) {
        PyErr_Format(PyExc_ImportError, "the executable has no library %U", text);
        Py_DECREF(text);
    }
}

static int
load_all(const char *line, const char *end)
{
    int done = 0;
    while (done == 0 && line < end) {
        const char *stop = memchr(line, '\n', (size_t)(end - line));
        stop = stop == NULL ? end : stop;
        done = pbs_load_line(line, stop);
        line = stop + 1;
    }
    return done;
}

int
pbs_load_needed(const pbs_bytes *module)
{
    char list[512];
    int size = snprintf(list, sizeof list, ".needed/%s", module->data);
    pbs_file needed;
    if (size < 0 || (size_t)size >= sizeof list || !pbs_bundle_find(list, (size_t)size, &needed)) {
        return 0;
    }
    PyObject *lines = pbs_blob_bytes(&needed.content);
    if (lines == NULL) {
        return -1;
    }
    const char *text = PyBytes_AS_STRING(lines);
    int done = load_all(text, text + PyBytes_GET_SIZE(lines));
    Py_DECREF(lines);
    return done;
}
