#include "library.h"
#include "importer.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef MFD_CLOEXEC
#define MFD_CLOEXEC 1U
#endif
#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 8U
#endif

/* The kernel takes no longer names, without the null character. */
enum { LONGEST_NAME = 249 };

/* What tells paths of libraries apart: as many as these bits can count. */
enum { PATH_BITS = 16, PATH_SIZE = 64 };

/* A library that the system was given. There is one for each content, so that what is loaded as a module and needed by
 * another is loaded once, for all interpreters. */
typedef struct library {
    struct library *next;
    const char *data;     /* its content in the bundle */
    int file;             /* -1 when it is closed, as it is once the library is loaded */
    int stays_open;       /* others know it by the number of its file, too */
    char path[PATH_SIZE]; /* what the loader knows it by */
} library;

static library *libraries;
static unsigned int library_count;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static library *
find(const char *data)
{
    library *found = libraries;
    while (found != NULL && found->data != data) {
        found = found->next;
    }
    return found;
}

/* A file in memory; -1 with an exception. */
static int
memory_file(const pbs_bytes *name, const pbs_blob *content)
{
    const char *shown = name->size > LONGEST_NAME ? name->data + name->size - LONGEST_NAME : name->data;
    /* By number: the C library of the oldest system that is served has no memfd_create. */
    int file = (int)syscall(SYS_memfd_create, shown, MFD_CLOEXEC);
    if (file < 0 && errno == EACCES) {
        /* Some systems are set to refuse files that could be executed; this one is only mapped. */
        file = (int)syscall(SYS_memfd_create, shown, MFD_CLOEXEC | MFD_NOEXEC_SEAL);
    }
    if (file < 0) {
        PyErr_Format(PyExc_ImportError, "%s cannot be loaded: the system gives no file in memory: %s", name->data,
                     strerror(errno));
        return -1;
    }
    if (pbs_write_library(file, content) < 0) {
        close(file);
        return -1;
    }
    return file;
}

/* The loader takes libraries of one path for the same, and numbers of files come again when an application closes them:
 * so each path is written in another way, with a `/` or a `./` for each bit of a number. */
static void
write_path(char *path, unsigned int number, int file)
{
    strcpy(path, "/proc/self/fd/");
    for (int bit = 0; bit < PATH_BITS; bit++) {
        strcat(path, ((number >> bit) & 1) != 0 ? "./" : "/");
    }
    snprintf(path + strlen(path), PATH_SIZE - strlen(path), "%d", file);
}

PyObject *
pbs_library_path(const pbs_bytes *name, const pbs_bytes *path_below, const pbs_blob *content)
{
    (void)path_below;
    pthread_mutex_lock(&lock);
    library *found = find(content->kept.data);
    if (found == NULL) {
        int file = memory_file(name, content);
        found = file < 0 ? NULL : malloc(sizeof *found);
        if (found != NULL) {
            found->next = libraries;
            found->data = content->kept.data;
            found->file = file;
            found->stays_open = 0;
            write_path(found->path, library_count++, file);
            libraries = found;
        }
        else if (file >= 0) {
            close(file);
            PyErr_NoMemory();
        }
    }
    PyObject *path = found == NULL ? NULL : PyUnicode_FromString(found->path);
    pthread_mutex_unlock(&lock);
    return path;
}

void
pbs_library_tried(const pbs_blob *content)
{
    pthread_mutex_lock(&lock);
    library **link = &libraries;
    while (*link != NULL && (*link)->data != content->kept.data) {
        link = &(*link)->next;
    }
    library *found = *link;
    if (found != NULL && found->file >= 0) {
        void *handle = dlopen(found->path, RTLD_LAZY | RTLD_NOLOAD);
        if (handle == NULL) {
            close(found->file);
            *link = found->next;
            free(found);
        }
        else {
            dlclose(handle);
#ifdef __GLIBC__
            /* It knows the library by its path and does not open it again. */
            if (!found->stays_open) {
                close(found->file);
                found->file = -1;
            }
#endif
        }
    }
    pthread_mutex_unlock(&lock);
}

/* Libraries of one line of a list. */
enum { MOST = 64 };

typedef struct {
    pbs_file files[MOST];
    int count;
} circle;

/* Library `from` names library `to` at an offset of its file: puts a path there that leads to the memory file. */
static int
tie(const circle *libraries, const char *text)
{
    unsigned long from, offset, length, to;
    char path[32];
    if (sscanf(text, "#%lu %lu %lu %lu", &from, &offset, &length, &to) != 4 || from >= (size_t)libraries->count ||
        to >= (size_t)libraries->count) {
        PyErr_SetString(PyExc_ImportError, "what the executable embeds is damaged");
        return -1;
    }
    pthread_mutex_lock(&lock);
    library *needs = find(libraries->files[from].content.kept.data);
    library *needed = find(libraries->files[to].content.kept.data);
    int written = -1;
    if (needs != NULL && needed != NULL && needs->file >= 0 && needed->file >= 0) {
        int size = snprintf(path, sizeof path, "/proc/self/fd/%d", needed->file);
        if ((unsigned long)size > length) {
            /* Not on every system, but shorter. */
            size = snprintf(path, sizeof path, "/dev/fd/%d", needed->file);
        }
        needed->stays_open = 1;
        if ((unsigned long)size <= length) {
            written = pwrite(needs->file, path, (size_t)size + 1, (off_t)offset) == size + 1 ? 0 : -1;
        }
    }
    pthread_mutex_unlock(&lock);
    if (written < 0) {
        PyErr_Format(PyExc_ImportError, "the embedded library %s cannot be told where %s is",
                     libraries->files[from].path.data, libraries->files[to].path.data);
    }
    return written;
}

static int
is_loaded(const pbs_file *file)
{
    pthread_mutex_lock(&lock);
    library *found = find(file->content.kept.data);
    void *handle = found == NULL ? NULL : dlopen(found->path, RTLD_LAZY | RTLD_NOLOAD);
    if (handle != NULL) {
        dlclose(handle);
    }
    pthread_mutex_unlock(&lock);
    return handle != NULL;
}

/* Several need each other where the line has several: the first brings the others. */
int
pbs_load_line(const char *line, const char *end)
{
    circle libraries;
    libraries.count = 0;
    PyObject *first = NULL;
    int loaded = 0, done = 0;
    while (done == 0 && line < end) {
        const char *stop = memchr(line, '\t', (size_t)(end - line));
        size_t length = (size_t)((stop == NULL ? end : stop) - line);
        pbs_file *file = &libraries.files[libraries.count];
        if (*line == '#') {
            done = loaded ? 0 : tie(&libraries, line);
        }
        else if (libraries.count == MOST || !pbs_bundle_find(line, length, file)) {
            pbs_no_library(line, length);
            done = -1;
        }
        else {
            loaded = loaded || is_loaded(file);
            libraries.count++;
            PyObject *path = pbs_library_path(&file->path, &file->path, &file->content);
            done = path == NULL ? -1 : 0;
            if (first == NULL) {
                first = path;
            }
            else {
                Py_XDECREF(path);
            }
        }
        line += length + 1;
    }
    const char *path = done < 0 || first == NULL ? NULL : PyUnicode_AsUTF8(first);
    done = path == NULL ? -1 : 0;
    /* Those who need it find it by its soname from now on. */
    if (done == 0 && dlopen(path, RTLD_NOW | RTLD_LOCAL) == NULL) {
        PyErr_Format(PyExc_ImportError, "the embedded library %s cannot be loaded: %s", libraries.files[0].path.data,
                     dlerror());
        done = -1;
    }
    Py_XDECREF(first);
    for (int i = 0; i < libraries.count; i++) {
        pbs_library_tried(&libraries.files[i].content);
    }
    return done;
}
