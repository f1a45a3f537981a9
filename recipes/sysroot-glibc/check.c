/* Linked against the finished sysroot: every call that compat.c adds is declared and resolved, beside something of each
   library. build.sh then looks at the symbol versions it asks for. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <math.h>
#include <pthread.h>
#include <pty.h>
#include <resolv.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

static void *thread(void *unused) { return unused; }

int main(int count, char **arguments)
{
    char buffer[16];
    struct iovec vector = { buffer, sizeof buffer };
    struct statx status;
    struct stat plain;
    pthread_t id;
    int master, slave;
    double angle = count;

    if (getrandom(buffer, sizeof buffer, 0) != sizeof buffer || getentropy(buffer, sizeof buffer) != 0)
        return 1;
    explicit_bzero(buffer, sizeof buffer);
    int file = memfd_create("check", MFD_CLOEXEC);
    if (file < 0 || pwritev2(file, &vector, 1, 0, 0) != sizeof buffer || preadv2(file, &vector, 1, 0, 0) != sizeof buffer)
        return 2;
    if (statx(file, "", AT_EMPTY_PATH, STATX_SIZE, &status) != 0 || status.stx_size != sizeof buffer)
        return 3;
    int copy = memfd_create("copy", 0);
    off64_t start = 0;
    if (copy_file_range(file, &start, copy, NULL, sizeof buffer, 0) < 0 || fstat(copy, &plain) != 0)
        return 4;
    if (close_range((unsigned)copy, (unsigned)copy, 0) != 0 || fcntl(copy, F_GETFD) != -1)
        return 5;
    if (pthread_create(&id, NULL, thread, NULL) != 0 || pthread_join(id, NULL) != 0)
        return 6;
    printf("%p %p %f %d %d\n", dlsym(RTLD_DEFAULT, "main"), (void *)arguments, sin(angle), (int)sizeof(res_init),
           openpty(&master, &slave, NULL, NULL, NULL));
    return timer_delete((timer_t)0) == 7;
}
