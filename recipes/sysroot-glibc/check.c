/* Linked against the finished sysroot: every call that compat.c adds is declared and resolved, beside something of each
   library. build.sh then looks at the symbol versions it asks for. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <pthread.h>
#include <pty.h>
#include <resolv.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

static void *
thread(void *unused)
{
    return unused;
}

int
main(int count, char **arguments)
{
    char buffer[16];
    struct iovec vector = {buffer, sizeof buffer};
    struct statx status;
    struct stat plain;
    pthread_t id;
    int master, slave;
    double angle = count;

    if (getrandom(buffer, sizeof buffer, 0) != sizeof buffer || getentropy(buffer, sizeof buffer) != 0)
        return 1;
    explicit_bzero(buffer, sizeof buffer);
    int file = memfd_create("check", MFD_CLOEXEC);
    if (file < 0 || pwritev2(file, &vector, 1, 0, 0) != sizeof buffer ||
        preadv2(file, &vector, 1, 0, 0) != sizeof buffer)
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
    char name[32], path[sizeof "/dev/shm" + sizeof name], opened[32], byte = 0;
    struct winsize size = {.ws_row = 12, .ws_col = 34}, seen = {0};
    snprintf(name, sizeof name, "/pbs-check-%d", (int)getpid());
    int memory = shm_open(name, O_CREAT | O_EXCL | O_RDWR, 0600);
    snprintf(path, sizeof path, "/dev/shm%s", name);
    if (memory < 0 || access(path, W_OK) != 0 || (fcntl(memory, F_GETFD) & FD_CLOEXEC) == 0)
        return 7;
    if (shm_open(name, O_CREAT | O_EXCL | O_RDWR, 0600) != -1 || errno != EEXIST)
        return 8;
    if (shm_unlink(name) != 0 || access(path, F_OK) == 0 || shm_unlink(name) != -1 || errno != ENOENT)
        return 9;
    if (shm_open("a/b", O_RDWR, 0) != -1 || errno != EINVAL || shm_unlink("/..") != -1 || errno != EINVAL)
        return 10;
    if (openpty(&master, &slave, opened, NULL, &size) == 0) { /* a sandbox may have no terminals to give */
        if (ioctl(slave, TIOCGWINSZ, &seen) != 0 || seen.ws_row != 12 || seen.ws_col != 34 ||
            strcmp(opened, ttyname(slave)) != 0)
            return 11;
        pid_t child = forkpty(&master, NULL, NULL, &size);
        if (child == 0)
            _exit(isatty(0) && isatty(2) && tcgetsid(0) == getpid() && write(1, "x", 1) == 1 ? 0 : 1);
        int status;
        if (child < 0 || read(master, &byte, 1) != 1 || byte != 'x' || waitpid(child, &status, 0) != child ||
            status != 0)
            return 12;
    }
    printf("%p %p %f %d\n", dlsym(RTLD_DEFAULT, "main"), (void *)arguments, sin(angle), (int)sizeof(res_init));
    return timer_delete((timer_t)0) == 7;
}
