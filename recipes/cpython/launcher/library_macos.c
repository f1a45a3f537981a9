#include "library.h"
#include "importer.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The loader of macOS takes libraries from files alone. So each is written, when it is first asked for, into a
 * directory that only this user sees and only this process has: below it, libraries stand as in an installation, and
 * find each other as there, by `@loader_path`. What was written goes when the process ends; a process that is killed,
 * or ends by
 * `_exit`, leaves it to the system, which empties the directory above from time to time. */

/* What was made, the newest first. */
typedef struct made {
    struct made *next;
    char path[];
} made;

static made *all_made;
static char root[PATH_MAX];
static pid_t owner; /* 0: there is no directory */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void
remove_all(void)
{
    /* A process that was forked leaves its parent's alone. */
    if (getpid() != owner) {
        return;
    }
    for (const made *one = all_made; one != NULL; one = one->next) {
        remove(one->path);
    }
}

/* Remembers what is to be removed; 0, or -1 with `errno`. */
static int
remember(const char *path)
{
    made *one = malloc(sizeof *one + strlen(path) + 1);
    if (one == NULL) {
        return -1;
    }
    strcpy(one->path, path);
    one->next = all_made;
    all_made = one;
    return 0;
}

/* Makes the directory of this process; 0, or -1 with `errno`. */
static int
make_root(void)
{
    static int registered;
    if (owner == getpid()) {
        return 0;
    }
    char above[PATH_MAX];
    const char *named = getenv("TMPDIR");
    if (named == NULL || *named != '/') {
        size_t size = confstr(_CS_DARWIN_USER_TEMP_DIR, above, sizeof above);
        named = size > 0 && size <= sizeof above ? above : "/tmp";
    }
    char made_root[PATH_MAX];
    int size = snprintf(made_root, sizeof made_root, "%s/pbs-XXXXXX", named);
    if (size < 0 || (size_t)size >= sizeof made_root) {
        errno = ENAMETOOLONG;
        return -1;
    }
    /* Links above are followed once: what the loader is told is what it finds. */
    if (mkdtemp(made_root) == NULL || realpath(made_root, root) == NULL) {
        return -1;
    }
    /* What is on the list after a fork is the parent's. */
    all_made = NULL;
    owner = getpid();
    if (!registered) {
        registered = 1;
        atexit(remove_all);
    }
    return remember(root);
}

/* Makes the directories that lead to a file below the root; 0, or -1 with `errno`. */
static int
make_directories(char *path)
{
    for (char *end = strchr(path + strlen(root) + 1, '/'); end != NULL; end = strchr(end + 1, '/')) {
        *end = '\0';
        int failed = mkdir(path, 0700);
        if (failed == 0) {
            failed = remember(path);
        }
        else if (errno == EEXIST) {
            failed = 0;
        }
        *end = '/';
        if (failed < 0) {
            return -1;
        }
    }
    return 0;
}

/* Writes a library where it stands in no file yet; 0, or -1 with an exception. */
static int
place(char *path, const pbs_blob *content)
{
    int file = make_directories(path) < 0 ? -1 : open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0700);
    if (file < 0) {
        if (errno == EEXIST) {
            return 0;
        }
        PyErr_SetFromErrnoWithFilename(PyExc_OSError, path);
        return -1;
    }
    int written = pbs_write_library(file, content);
    if ((close(file) < 0 || remember(path) < 0) && written == 0) {
        PyErr_SetFromErrnoWithFilename(PyExc_OSError, path);
        written = -1;
    }
    if (written < 0) {
        unlink(path);
    }
    return written;
}

PyObject *
pbs_library_path(const pbs_bytes *name, const pbs_bytes *path, const pbs_blob *content)
{
    char whole[PATH_MAX];
    PyObject *found = NULL;
    pthread_mutex_lock(&lock);
    if (make_root() < 0) {
        PyErr_Format(PyExc_ImportError, "%s cannot be loaded: there is no directory to write it to: %s", name->data,
                     strerror(errno));
    }
    else {
        int size = snprintf(whole, sizeof whole, "%s/%s", root, path->data);
        if (size < 0 || (size_t)size >= sizeof whole) {
            PyErr_Format(PyExc_ImportError, "%s cannot be loaded: its path is too long", name->data);
        }
        else if (place(whole, content) == 0) {
            found = PyUnicode_DecodeFSDefault(whole);
        }
    }
    pthread_mutex_unlock(&lock);
    return found;
}

void
pbs_library_tried(const pbs_blob *content)
{
    (void)content;
}

/* The loader finds them by itself, beside the library that needs them. */
int
pbs_load_line(const char *line, const char *end)
{
    while (line < end) {
        const char *stop = memchr(line, '\t', (size_t)(end - line));
        size_t length = (size_t)((stop == NULL ? end : stop) - line);
        pbs_file file;
        if (!pbs_bundle_find(line, length, &file)) {
            pbs_no_library(line, length);
            return -1;
        }
        PyObject *path = pbs_library_path(&file.path, &file.path, &file.content);
        if (path == NULL) {
            return -1;
        }
        Py_DECREF(path);
        line += length + 1;
    }
    return 0;
}
