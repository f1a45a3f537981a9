#include "system.h"

#include <dlfcn.h>
#include <limits.h>
#include <mach-o/dyld.h>
#include <stdlib.h>

void
pbs_no_interpreter_follows(void)
{
    /* Not every version has it, and linkers of this system want to know of a library that might. */
    int *follows = dlsym(RTLD_MAIN_ONLY, "_Py_NoInterpreterFollows");
    if (follows != NULL) {
        *follows = 1;
    }
}

wchar_t *
pbs_find_executable(const char *argv0)
{
    /* As the process was started, through links and with dots. */
    char path[4 * PATH_MAX];
    char real[PATH_MAX];
    uint32_t size = sizeof path;
    if (_NSGetExecutablePath(path, &size) != 0 || realpath(path, real) == NULL) {
        return Py_DecodeLocale(argv0, NULL);
    }
    return Py_DecodeLocale(real, NULL);
}
