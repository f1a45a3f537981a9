/* The importer's parts, for each other; module.c says what it is. */
#ifndef PBS_IMPORTER_H
#define PBS_IMPORTER_H

#include "bundle.h"
#include "compat.h"

#pragma GCC visibility push(hidden)

/* What one interpreter has of the module `_pbs_bundle`. */
typedef struct {
    PyObject *finder;
    PyObject *spec_type; /* importlib's ModuleSpec */
    PyObject *spec_keywords;
    PyObject *fix_filename; /* _imp._fix_co_filename */
    PyObject *prefix;       /* the executable and a separator */
    PyObject *cache_tag;    /* as in the names of files with bytecode */
    PyObject *builtins;     /* "__builtins__" */
    PyTypeObject *finder_type;
    PyTypeObject *entry_type;
} pbs_state;

extern struct PyModuleDef pbs_definition;
extern PyType_Spec pbs_finder_spec;
extern PyType_Spec pbs_entry_spec;

/* run.c */

/* The path of the executable; known once the interpreter was started. */
const wchar_t *pbs_executable(void);

/* paths.c */

/* The path that Python sees of a path in the bundle. */
PyObject *pbs_seen_path(pbs_state *st, pbs_bytes path);

/* The path in the bundle of a path that Python sees; a new reference to what holds its bytes. NULL with an exception,
 * or NULL without one where the path is not below the executable. */
PyObject *pbs_inner_path(pbs_state *st, PyObject *path, pbs_bytes *found);

/* The directory of a module: that of its file, or the namespace's own. */
pbs_bytes pbs_directory_of(const pbs_module *module);

/* Whether that is the directory in which a module's file, or a package's own directory, is. */
int pbs_stands_in(const pbs_module *module, pbs_bytes directory);

/* What a directory of the bundle has under the last part of a module's name. */
typedef enum {
    PBS_AT_NOTHING,
    PBS_AT_MODULE, /* a module of the bundle, whatever its name there */
    PBS_AT_FILE,   /* files that are no module of the bundle */
} pbs_at;

pbs_at pbs_find_at(pbs_bytes directory, const char *tail, size_t tail_size, pbs_module *module);

/* loader.c */

/* 1: there is such a module. 0: there is none. -1: an exception. */
int pbs_look_up(PyObject *name, pbs_module *module);

/* 0: there is such a module. -1: an exception, also where there is none. */
int pbs_require(PyObject *name, pbs_module *module);

PyObject *pbs_blob_bytes(const pbs_blob *blob);
PyObject *pbs_make_spec(pbs_state *st, PyObject *name, const pbs_module *module);
PyObject *pbs_load_code(pbs_state *st, const pbs_module *module);

/* Runs the module's code in `globals`; 0, or -1 with an exception. */
int pbs_run_code(pbs_state *st, const pbs_module *module, PyObject *globals);

/* Calls a function of `_imp`. */
PyObject *pbs_imp_call(const char *function, PyObject *argument);

/* Makes the module of a shared library. */
PyObject *pbs_create_extension(pbs_state *st, PyObject *spec, PyObject *name, const pbs_module *module);

/* finder.c, entry.c */

/* The state that a finder or an entry belongs to; NULL with an exception. */
pbs_state *pbs_state_of(PyTypeObject *type);

PyObject *pbs_new_finder(pbs_state *st);
PyObject *pbs_new_entry(pbs_state *st, PyObject *path);
PyObject *pbs_invalidate_caches(PyObject *self, PyObject *nothing);

/* The content of a file, by the path that Python sees. */
PyObject *pbs_get_data(pbs_state *st, PyObject *path);

/* Calls a function of one of the modules that are written in Python; `two` may be NULL. */
PyObject *pbs_support(const char *module, const char *function, PyObject *one, PyObject *two);

/* main_module.c */

/* Runs a module as `__main__`, as `python -m` does: the application. */
PyObject *pbs_run_module(pbs_state *st, PyObject *name);

/* Calls a function and ends with what it returns, as the scripts do that installers make. */
PyObject *pbs_run_function(PyObject *module_name, PyObject *path);

#pragma GCC visibility pop

#endif
