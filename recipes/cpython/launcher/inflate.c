/* Unfolds deflated blobs with zlib. Linked only where the bundle has some. */
#include <stdint.h>
#include <zlib.h>

int
pbs_inflate(const char *kept, uint32_t size, char *out, uint32_t out_size)
{
    uLongf written = out_size;
    int done = uncompress((Bytef *)out, &written, (const Bytef *)kept, size);
    return done == Z_OK && written == out_size ? 0 : -1;
}
