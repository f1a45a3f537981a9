#include "system.h"

#include <signal.h>
#include <unistd.h>

void
pbs_arguments(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
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
