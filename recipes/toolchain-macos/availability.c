/* What clang calls for __builtin_available: whether this macOS has reached a version. compiler-rt has it for Apple's
   systems, which Debian's packages are not built for; dyld knows the answer since macOS 10.15. */
#include <stdint.h>

typedef struct {
    uint32_t platform;
    uint32_t version;
} build_version;

extern _Bool _availability_version_check(uint32_t count, build_version versions[]);

int32_t
__isPlatformVersionAtLeast(uint32_t platform, uint32_t major, uint32_t minor, uint32_t patch)
{
    build_version asked[] = {{platform, (major & 0xffff) << 16 | (minor & 0xff) << 8 | (patch & 0xff)}};
    return _availability_version_check(1, asked);
}

int32_t
__isOSVersionAtLeast(int32_t major, int32_t minor, int32_t patch)
{
    enum { macos = 1 };
    return __isPlatformVersionAtLeast(macos, (uint32_t)major, (uint32_t)minor, (uint32_t)patch);
}
