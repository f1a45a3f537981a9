/* System calls that newer C libraries wrap and glibc 2.17 does not, with glibc's prototypes and errno. They are linked
   statically from libc_nonshared.a, hidden, so a binary has them on any glibc. On a kernel without the call the caller
   sees ENOSYS, as it would from a newer glibc, and falls back the same way. At the end, what glibc 2.17 keeps in
   libraries that would be loaded at every start for the sake of a few short functions. One object per function:
   build.sh compiles this file once for each, with the function's name defined. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <pty.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <termios.h>
#include <unistd.h>
#include <utmp.h>

#define HIDDEN __attribute__((visibility("hidden")))

#ifdef compat_getrandom
HIDDEN ssize_t
getrandom(void *buffer, size_t length, unsigned int flags)
{
    return syscall(SYS_getrandom, buffer, length, flags);
}
#endif

#ifdef compat_getentropy
HIDDEN int
getentropy(void *buffer, size_t length)
{
    if (length > 256) {
        errno = EIO;
        return -1;
    }
    unsigned char *next = buffer;
    while (length > 0) {
        long got = syscall(SYS_getrandom, next, length, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            if (got == 0)
                errno = EIO;
            return -1;
        }
        next += got;
        length -= (size_t)got;
    }
    return 0;
}
#endif

#ifdef compat_explicit_bzero
HIDDEN void
explicit_bzero(void *memory, size_t length)
{
    memset(memory, 0, length);
    /* The compiler must believe that somebody reads it. */
    __asm__ __volatile__("" : : "r"(memory) : "memory");
}

/* What _FORTIFY_SOURCE makes of it; __chk_fail is as old as GLIBC_2.3.4. */
extern void __chk_fail(void) __attribute__((noreturn));
HIDDEN void
__explicit_bzero_chk(void *memory, size_t length, size_t size)
{
    if (length > size)
        __chk_fail();
    explicit_bzero(memory, length);
}
#endif

#ifdef compat_memfd_create
HIDDEN int
memfd_create(const char *name, unsigned int flags)
{
    return (int)syscall(SYS_memfd_create, name, flags);
}
#endif

#ifdef compat_copy_file_range
HIDDEN ssize_t
copy_file_range(int in, off64_t *in_offset, int out, off64_t *out_offset, size_t length, unsigned int flags)
{
    return syscall(SYS_copy_file_range, in, in_offset, out, out_offset, length, flags);
}
#endif

#ifdef compat_close_range
HIDDEN int
close_range(unsigned int first, unsigned int last, int flags)
{
    return (int)syscall(SYS_close_range, first, last, flags);
}
#endif

#ifdef compat_statx
HIDDEN int
statx(int directory, const char *restrict path, int flags, unsigned int mask, struct statx *restrict buffer)
{
    return (int)syscall(SYS_statx, directory, path, flags, mask, buffer);
}
#endif

/* The kernel takes the offset as two words, and on a 64-bit machine ignores the second. Where the call is missing and
   no flag asked for more, the older call does the same; -1 means "at the current position". */
#ifdef compat_preadv2
HIDDEN ssize_t
preadv2(int file, const struct iovec *vector, int count, off_t offset, int flags)
{
    ssize_t result = syscall(SYS_preadv2, file, vector, (long)count, offset, 0L, flags);
    if (result >= 0 || errno != ENOSYS)
        return result;
    if (flags != 0) {
        errno = ENOTSUP;
        return -1;
    }
    return offset == -1 ? readv(file, vector, count) : preadv(file, vector, count, offset);
}
_Static_assert(sizeof(off_t) == 8, "the alias below needs a 64-bit off_t");
HIDDEN __typeof__(preadv2) preadv64v2 __attribute__((alias("preadv2")));
#endif

#ifdef compat_pwritev2
HIDDEN ssize_t
pwritev2(int file, const struct iovec *vector, int count, off_t offset, int flags)
{
    ssize_t result = syscall(SYS_pwritev2, file, vector, (long)count, offset, 0L, flags);
    if (result >= 0 || errno != ENOSYS)
        return result;
    if (flags != 0) {
        errno = ENOTSUP;
        return -1;
    }
    return offset == -1 ? writev(file, vector, count) : pwritev(file, vector, count, offset);
}
HIDDEN __typeof__(pwritev2) pwritev64v2 __attribute__((alias("pwritev2")));
#endif

/* librt's two: a shared memory object is a file in the tmpfs that Linux systems have at /dev/shm, its name one
   component with or without leading slashes. */
#if defined(compat_shm_open) || defined(compat_shm_unlink)
static int
shm_path(char path[static NAME_MAX + 10], const char *name)
{
    name += strspn(name, "/");
    size_t length = strlen(name);
    if (length == 0 || length > NAME_MAX || strchr(name, '/') != NULL || strcmp(name, ".") == 0 ||
        strcmp(name, "..") == 0) {
        errno = EINVAL;
        return -1;
    }
    memcpy(path, "/dev/shm/", 9);
    memcpy(path + 9, name, length + 1);
    return 0;
}
#endif

#ifdef compat_shm_open
HIDDEN int
shm_open(const char *name, int flags, mode_t mode)
{
    char path[NAME_MAX + 10];
    if (shm_path(path, name) != 0)
        return -1;
    /* Like close() after it, not to be interrupted by a thread's cancellation. */
    int state;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
    int file = open(path, flags | O_NOFOLLOW | O_CLOEXEC, mode);
    if (file < 0 && errno == EISDIR)
        errno = EINVAL;
    pthread_setcancelstate(state, NULL);
    return file;
}
#endif

#ifdef compat_shm_unlink
HIDDEN int
shm_unlink(const char *name)
{
    char path[NAME_MAX + 10];
    if (shm_path(path, name) != 0)
        return -1;
    if (unlink(path) == 0)
        return 0;
    if (errno == EPERM)
        errno = EACCES;
    return -1;
}
#endif

/* libutil's three. */
#ifdef compat_openpty
HIDDEN int
openpty(int *master, int *slave, char *name, const struct termios *settings, const struct winsize *size)
{
    char path[32];
    int ours = posix_openpt(O_RDWR | O_NOCTTY);
    if (ours < 0)
        return -1;
    int theirs = -1;
    if (grantpt(ours) == 0 && unlockpt(ours) == 0 && ptsname_r(ours, path, sizeof path) == 0)
        theirs = open(path, O_RDWR | O_NOCTTY);
    if (theirs < 0) {
        int why = errno;
        close(ours);
        errno = why;
        return -1;
    }
    if (settings != NULL)
        tcsetattr(theirs, TCSAFLUSH, settings);
    if (size != NULL)
        ioctl(theirs, TIOCSWINSZ, size);
    *master = ours;
    *slave = theirs;
    if (name != NULL)
        strcpy(name, path);
    return 0;
}
#endif

#ifdef compat_login_tty
HIDDEN int
login_tty(int terminal)
{
    setsid();
    if (ioctl(terminal, TIOCSCTTY, NULL) == -1)
        return -1;
    for (int standard = 0; standard <= 2; standard++) {
        while (dup2(terminal, standard) == -1 && errno == EBUSY)
            ;
    }
    if (terminal > 2)
        close(terminal);
    return 0;
}
#endif

#ifdef compat_forkpty
HIDDEN pid_t
forkpty(int *master, char *name, const struct termios *settings, const struct winsize *size)
{
    int ours, theirs;
    if (openpty(&ours, &theirs, name, settings, size) == -1)
        return -1;
    pid_t child = fork();
    if (child == 0) {
        close(ours);
        if (login_tty(theirs) != 0)
            _exit(1);
        return 0;
    }
    int why = errno;
    close(theirs);
    if (child == -1) {
        close(ours);
        errno = why;
        return -1;
    }
    *master = ours;
    return child;
}
#endif
