/* Loads shared libraries that are kept in the bundle: library_linux.c, library_macos.c and library_windows.c, of which
 * one is compiled; library_unix.c has what the first two share. */
#ifndef PBS_LIBRARY_H
#define PBS_LIBRARY_H

#include "compat.h"
#include "bundle.h"

/* A path under which the system finds the library, in memory where it can: a new reference. `path` is where it stands
 * in the bundle. */
PyObject *pbs_library_path(const pbs_bytes *name, const pbs_bytes *path, const pbs_blob *content);

/* To be called after the path was used: what was loaded is known by it from now on, what was not is forgotten. */
void pbs_library_tried(const pbs_blob *content);

/* Loads the embedded libraries that an extension module needs, by the list that was made when it was linked. */
int pbs_load_needed(const pbs_bytes *module);

/* For each other. */

/* Writes the content to a file; 0, or -1 with an exception. */
int pbs_write_library(int file, const pbs_blob *content);

/* Sets the exception that a library of this path is not in the bundle. */
void pbs_no_library(const char *path, size_t size);

/* Loads the libraries of a line of such a list, or puts them where they will be found. Paths are separated by tabs. */
int pbs_load_line(const char *line, const char *end);

#endif
