#include "system.h"

#include <limits.h>
#include <unistd.h>

extern int _Py_NoInterpreterFollows __attribute__((weak));

void
pbs_no_interpreter_follows(void)
{
    if (&_Py_NoInterpreterFollows != NULL) {
        _Py_NoInterpreterFollows = 1;
    }
}

wchar_t *
pbs_find_executable(const char *argv0)
{
    char path[PATH_MAX];
    ssize_t size = readlink("/proc/self/exe", path, sizeof path - 1);
    if (size < 0) {
        return Py_DecodeLocale(argv0, NULL);
    }
    path[size] = '\0';
    return Py_DecodeLocale(path, NULL);
}
