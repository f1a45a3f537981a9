/* The bundle: modules and files of an application in one read-only piece of the executable.
 *
 * Written by src/bundle/write.rs, which documents the format; read here. No Python, no allocation, no file system.
 * Every number is 32 bits, little-endian; every offset counts from the bundle's first byte.
 */
#ifndef PBS_BUNDLE_H
#define PBS_BUNDLE_H

#include <stddef.h>
#include <stdint.h>

/* What a module is. */
enum {
    PBS_PACKAGE = 1,   /* has submodules */
    PBS_NAMESPACE = 2, /* a package without code */
    PBS_EXTENSION = 4, /* the code is a shared library */
};

/* How bytes are kept. */
enum {
    PBS_DEFLATED = 1, /* a zlib stream, after the length it unfolds to */
};

/* Bytes in the bundle. */
typedef struct {
    const char *data;
    uint32_t size;
} pbs_bytes;

/* Bytes that may have to be unfolded. */
typedef struct {
    pbs_bytes kept;
    uint32_t how;
} pbs_blob;

typedef struct {
    pbs_bytes name;
    pbs_bytes path; /* of the source, the shared library or, for a namespace, the directory; below the executable */
    uint32_t flags;
    pbs_blob code; /* marshalled, or a shared library; `size` 0: there is none */
    pbs_blob source;
} pbs_module;

typedef struct {
    pbs_bytes path;
    pbs_blob content;
} pbs_file;

/* Why the bundle cannot be used, or NULL. Everything else may be called only when this said NULL. */
const char *pbs_bundle_check(void);

/* Whether there is a module of that name; fills `module`. */
int pbs_bundle_module(const char *name, size_t size, pbs_module *module);

/* The value of an option, or `otherwise`; values end with a null character. */
const char *pbs_bundle_option(const char *key, const char *otherwise);

uint32_t pbs_bundle_files(void);
void pbs_bundle_file(uint32_t index, pbs_file *file);

/* The first file whose path is not before `path`; `pbs_bundle_files()` if all are. */
uint32_t pbs_bundle_seek(const char *path, size_t size);

/* Whether there is a file of that path; fills `file`. */
int pbs_bundle_find(const char *path, size_t size, pbs_file *file);

/* The length that a blob unfolds to. */
uint32_t pbs_blob_size(const pbs_blob *blob);

/* Writes that many bytes to `out`; 0, or -1 if the blob is damaged. */
int pbs_blob_unfold(const pbs_blob *blob, char *out);

#endif
