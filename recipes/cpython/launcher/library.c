#include "library.h"

#ifdef __linux__

#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef MFD_CLOEXEC
#define MFD_CLOEXEC 1U
#endif

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

PyObject *
pbs_library_path(const pbs_bytes *name, const pbs_blob *content)
{
    /* By number: the C library of the oldest system that is served has no memfd_create. */
    int file = (int)syscall(SYS_memfd_create, name->data, MFD_CLOEXEC);
    if (file < 0) {
        return PyErr_SetFromErrno(PyExc_OSError);
    }
    uint32_t size = pbs_blob_size(content);
    const char *data = content->kept.data;
    char *unfolded = NULL;
    if (content->how != 0) {
        data = unfolded = PyMem_Malloc(size);
        if (unfolded == NULL || pbs_blob_unfold(content, unfolded) < 0) {
            close(file);
            PyMem_Free(unfolded);
            PyErr_SetString(PyExc_ImportError, "a library that the executable embeds cannot be unfolded");
            return NULL;
        }
    }
    int written = write_all(file, data, size);
    PyMem_Free(unfolded);
    if (written < 0) {
        PyErr_SetFromErrno(PyExc_OSError);
        close(file);
        return NULL;
    }
    /* The file stays open: the loader takes two libraries of one path for the same. */
    return PyUnicode_FromFormat("/proc/self/fd/%d", file);
}

static int
load(const pbs_file *file)
{
    static struct {
        const char *data;
    } loaded[256];
    static size_t count;
    for (size_t i = 0; i < count; i++) {
        if (loaded[i].data == file->content.kept.data) {
            return 0;
        }
    }
    PyObject *path = pbs_library_path(&file->path, &file->content);
    if (path == NULL) {
        return -1;
    }
    /* Those who need it find it by its soname from now on. */
    void *handle = dlopen(PyUnicode_AsUTF8(path), RTLD_NOW | RTLD_LOCAL);
    Py_DECREF(path);
    if (handle == NULL) {
        PyErr_Format(PyExc_ImportError, "the embedded library %s cannot be loaded: %s", file->path.data, dlerror());
        return -1;
    }
    if (count < sizeof loaded / sizeof *loaded) {
        loaded[count++].data = file->content.kept.data;
    }
    return 0;
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
    const char *line = needed.content.kept.data;
    const char *end = line + needed.content.kept.size;
    while (line < end) {
        const char *stop = memchr(line, '\n', (size_t)(end - line));
        size_t length = (size_t)((stop == NULL ? end : stop) - line);
        pbs_file library;
        if (!pbs_bundle_find(line, length, &library)) {
            PyErr_Format(PyExc_ImportError, "the executable has no library %.*s", (int)length, line);
            return -1;
        }
        if (load(&library) < 0) {
            return -1;
        }
        line += length + 1;
    }
    return 0;
}

#else

PyObject *
pbs_library_path(const pbs_bytes *name, const pbs_blob *content)
{
    (void)content;
    PyErr_Format(PyExc_ImportError, "%s: this system loads no library from memory", name->data);
    return NULL;
}

int
pbs_load_needed(const pbs_bytes *module)
{
    (void)module;
    return 0;
}

#endif
