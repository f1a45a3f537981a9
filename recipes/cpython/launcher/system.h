/* What the target's system is asked for: system_linux.c, system_macos.c and system_windows.c, of which one is compiled;
 * system_unix.c has what the first two share. */
#ifndef PBS_SYSTEM_H
#define PBS_SYSTEM_H

#include "compat.h"

/* Puts what the process was started with in place of what `main` was given, where that may have lost characters. */
void pbs_arguments(int *argc, char ***argv);

/* Tells interpreters that want to know it that the process ends with the one that starts: they need not take apart at
 * their end what another one would need. */
void pbs_no_interpreter_follows(void);

/* Where this program's file is, or NULL. To be freed with PyMem_RawFree. */
wchar_t *pbs_find_executable(const char *argv0);

/* An argument, or a text of the bundle, as Python has it; NULL where there is no memory. To be freed with
 * PyMem_RawFree. */
wchar_t *pbs_wide(const char *text);

/* Py_PreInitialize, which sees options of Python's among the arguments. */
PyStatus pbs_preinitialize(const PyPreConfig *before, int argc, char **argv);

PyStatus pbs_set_arguments(PyConfig *config, int argc, char **argv);

/* The exit code of a process that an interrupt ended; where shells want to know that it was a signal, it dies here. */
int pbs_end_interrupted(void);

#endif
