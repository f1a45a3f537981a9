/* What clang calls for __builtin_available: whether this macOS has reached a version. compiler-rt has it for Apple's
   systems, which Debian's packages are not built for; dyld knows the answer since macOS 10.15. */

typedef struct {
    unsigned platform;
    unsigned version;
} build_version;

extern _Bool _availability_version_check(unsigned count, build_version versions[]);

int __isPlatformVersionAtLeast(unsigned platform, unsigned major, unsigned minor, unsigned patch);
int __isOSVersionAtLeast(unsigned major, unsigned minor, unsigned patch);

int
__isPlatformVersionAtLeast(unsigned platform, unsigned major, unsigned minor, unsigned patch)
{
    build_version asked[] = {{platform, (major & 0xffff) << 16 | (minor & 0xff) << 8 | (patch & 0xff)}};
    return _availability_version_check(1, asked);
}

int
__isOSVersionAtLeast(unsigned major, unsigned minor, unsigned patch)
{
    enum { macos = 1 };
    return __isPlatformVersionAtLeast(macos, major, minor, patch);
}
