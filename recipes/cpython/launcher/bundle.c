#include "bundle.h"

#include <string.h>

/* The linker puts the bundle here. */
extern const unsigned char pbs_bundle[] __attribute__((visibility("hidden")));

/* What unfolds deflated blobs; NULL in an bundle that has none, so that nothing but such an bundle needs zlib. */
extern int (*const pbs_bundle_inflate)(const char *kept, uint32_t size, char *out, uint32_t out_size)
    __attribute__((visibility("hidden")));

/* Offsets of the header's fields. */
enum {
    MAGIC = 0,
    VERSION = 8,
    SIZE = 12,
    MODULES = 16,
    MODULE_SLOTS = 20,
    MODULE_SLOT_COUNT = 24,
    FILES = 28,
    FILE_COUNT = 32,
    OPTIONS = 36,
    OPTION_COUNT = 40,
    HEADER_SIZE = 44,
};

enum { MODULE_RECORD = 44, FILE_RECORD = 20, OPTION_RECORD = 16 };

static uint32_t
number(uint32_t at)
{
    const unsigned char *bytes = pbs_bundle + at;
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

static pbs_bytes
bytes(uint32_t at)
{
    return (pbs_bytes){.data = (const char *)pbs_bundle + number(at), .size = number(at + 4)};
}

static pbs_blob
blob(uint32_t at)
{
    return (pbs_blob){.kept = bytes(at), .how = number(at + 8)};
}

const char *
pbs_bundle_check(void)
{
    if (memcmp(pbs_bundle + MAGIC, "pbbundle", 8) != 0) {
        return "it does not begin as an bundle does";
    }
    if (number(VERSION) != 1) {
        return "it is of another version than the launcher";
    }
    return NULL;
}

/* FNV-1a. */
static uint32_t
hash(const char *name, size_t size)
{
    uint32_t value = 2166136261u;
    for (size_t i = 0; i < size; i++) {
        value = (value ^ (unsigned char)name[i]) * 16777619u;
    }
    return value;
}

int
pbs_bundle_module(const char *name, size_t size, pbs_module *module)
{
    uint32_t slots = number(MODULE_SLOTS);
    uint32_t mask = number(MODULE_SLOT_COUNT) - 1;
    for (uint32_t slot = hash(name, size) & mask;; slot = (slot + 1) & mask) {
        /* A slot holds the module's number, from 1; at least one slot is 0. */
        uint32_t taken = number(slots + 4 * slot);
        if (taken == 0) {
            return 0;
        }
        uint32_t at = number(MODULES) + MODULE_RECORD * (taken - 1);
        pbs_bytes found = bytes(at);
        if (found.size == size && memcmp(found.data, name, size) == 0) {
            *module = (pbs_module){
                .name = found,
                .path = bytes(at + 8),
                .flags = number(at + 16),
                .code = blob(at + 20),
                .source = blob(at + 32),
            };
            return 1;
        }
    }
}

const char *
pbs_bundle_option(const char *key, const char *otherwise)
{
    size_t size = strlen(key);
    for (uint32_t i = 0; i < number(OPTION_COUNT); i++) {
        uint32_t at = number(OPTIONS) + OPTION_RECORD * i;
        pbs_bytes found = bytes(at);
        if (found.size == size && memcmp(found.data, key, size) == 0) {
            return bytes(at + 8).data;
        }
    }
    return otherwise;
}

uint32_t
pbs_bundle_files(void)
{
    return number(FILE_COUNT);
}

void
pbs_bundle_file(uint32_t index, pbs_file *file)
{
    uint32_t at = number(FILES) + FILE_RECORD * index;
    *file = (pbs_file){.path = bytes(at), .content = blob(at + 8)};
}

static int
compare(pbs_bytes one, const char *other, size_t size)
{
    int order = memcmp(one.data, other, one.size < size ? one.size : size);
    if (order != 0) {
        return order;
    }
    return one.size < size ? -1 : one.size > size;
}

uint32_t
pbs_bundle_seek(const char *path, size_t size)
{
    uint32_t low = 0;
    uint32_t high = pbs_bundle_files();
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (compare(bytes(number(FILES) + FILE_RECORD * middle), path, size) < 0) {
            low = middle + 1;
        }
        else {
            high = middle;
        }
    }
    return low;
}

int
pbs_bundle_find(const char *path, size_t size, pbs_file *file)
{
    uint32_t index = pbs_bundle_seek(path, size);
    if (index == pbs_bundle_files()) {
        return 0;
    }
    pbs_bundle_file(index, file);
    return compare(file->path, path, size) == 0;
}

uint32_t
pbs_blob_size(const pbs_blob *blob)
{
    if (!(blob->how & PBS_DEFLATED)) {
        return blob->kept.size;
    }
    return number((uint32_t)((const unsigned char *)blob->kept.data - pbs_bundle));
}

int
pbs_blob_unfold(const pbs_blob *blob, char *out)
{
    if (!(blob->how & PBS_DEFLATED)) {
        memcpy(out, blob->kept.data, blob->kept.size);
        return 0;
    }
    if (pbs_bundle_inflate == NULL || blob->kept.size < 4) {
        return -1;
    }
    return pbs_bundle_inflate(blob->kept.data + 4, blob->kept.size - 4, out, pbs_blob_size(blob));
}
