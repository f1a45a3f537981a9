#include "system.h"

#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>
#ifdef __APPLE__
#include <mach-o/dyld.h>
#endif

void
pbs_arguments(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
}

#ifdef __ELF__
extern int _Py_NoInterpreterFollows __attribute__((weak));
#endif

void
pbs_no_interpreter_follows(void)
{
#ifdef __ELF__
    if (&_Py_NoInterpreterFollows != NULL) {
        _Py_NoInterpreterFollows = 1;
    }
#endif
}

wchar_t *
pbs_find_executable(const char *argv0)
{
#ifdef __APPLE__
    char path[4 * PATH_MAX];
    uint32_t size = sizeof path;
    char real[PATH_MAX];
    if (_NSGetExecutablePath(path, &size) != 0 || realpath(path, real) == NULL) {
        return Py_DecodeLocale(argv0, NULL);
    }
    return Py_DecodeLocale(real, NULL);
#else
    char path[PATH_MAX];
    ssize_t size = readlink("/proc/self/exe", path, sizeof path - 1);
    if (size < 0) {
        return Py_DecodeLocale(argv0, NULL);
    }
    path[size] = '\0';
    return Py_DecodeLocale(path, NULL);
#endif
}

wchar_t *
pbs_wide(const char *text)
{
    return Py_DecodeLocale(text, NULL);
}

PyStatus
pbs_preinitialize(const PyPreConfig *before, int argc, char **argv)
{
    return Py_PreInitializeFromBytesArgs(before, argc, argv);
}

PyStatus
pbs_set_arguments(PyConfig *config, int argc, char **argv)
{
    return PyConfig_SetBytesArgv(config, argc, argv);
}

int
pbs_end_interrupted(void)
{
    /* As Python itself. */
    signal(SIGINT, SIG_DFL);
    kill(getpid(), SIGINT);
    return 128 + SIGINT;
}
