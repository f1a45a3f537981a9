/* Loads shared libraries that are kept in the bundle. */
#ifndef PBS_LIBRARY_H
#define PBS_LIBRARY_H

#include "compat.h"
#include "bundle.h"

/* A path under which the system finds the library without it being on a disk: a new reference. */
PyObject *pbs_library_path(const pbs_bytes *name, const pbs_blob *content);

/* To be called after the path was used: what was loaded is known by it from now on, what was not is forgotten. */
void pbs_library_tried(const pbs_blob *content);

/* Loads the embedded libraries that an extension module needs, by the list that was made when it was linked. */
int pbs_load_needed(const pbs_bytes *module);

#endif
