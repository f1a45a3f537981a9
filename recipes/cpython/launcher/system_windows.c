#include "system.h"

#include <stdlib.h>
#include <windows.h>

/* `main` and the bundle have UTF-8, the system has UTF-16 in which half a pair may stand alone, as in names of files:
 * that has three bytes here, so that nothing is lost. */

static wchar_t
high_of(unsigned long character)
{
    return (wchar_t)(0xd800 + ((character - 0x10000) >> 10));
}

static wchar_t
low_of(unsigned long character)
{
    return (wchar_t)(0xdc00 + (character & 0x3ff));
}

static char *
narrow(const wchar_t *text)
{
    char *made = malloc(3 * wcslen(text) + 1);
    char *end = made;
    if (made == NULL) {
        return NULL;
    }
    for (; *text != L'\0'; text++) {
        unsigned long character = *text;
        if ((character & 0xfc00) == 0xd800 && (text[1] & 0xfc00) == 0xdc00) {
            character = 0x10000 + ((character & 0x3ff) << 10) + (*++text & 0x3ff);
        }
        int following = character < 0x80 ? 0 : character < 0x800 ? 1 : character < 0x10000 ? 2 : 3;
        static const unsigned char heads[] = {0, 0xc0, 0xe0, 0xf0};
        *end++ = (char)(heads[following] | character >> (6 * following));
        while (following-- > 0) {
            *end++ = (char)(0x80 | (character >> (6 * following) & 0x3f));
        }
    }
    *end = '\0';
    return made;
}

wchar_t *
pbs_wide(const char *text)
{
    wchar_t *made = PyMem_RawMalloc((strlen(text) + 1) * sizeof *made);
    wchar_t *end = made;
    if (made == NULL) {
        return NULL;
    }
    while (*text != '\0') {
        unsigned char head = (unsigned char)*text++;
        int following = head < 0xc0 ? 0 : head < 0xe0 ? 1 : head < 0xf0 ? 2 : 3;
        static const unsigned char masks[] = {0x7f, 0x1f, 0x0f, 0x07};
        unsigned long character = head & masks[following];
        int damaged = head >= 0x80 && following == 0;
        while (!damaged && following-- > 0) {
            damaged = (*text & 0xc0) != 0x80;
            character = character << 6 | (*text & 0x3f);
            text += !damaged;
        }
        if (damaged || character > 0x10ffff) {
            *end++ = 0xfffd;
        }
        else if (character >= 0x10000) {
            *end++ = high_of(character);
            *end++ = low_of(character);
        }
        else {
            *end++ = (wchar_t)character;
        }
    }
    *end = L'\0';
    return made;
}

/* The UCRT's, for those who start programs; not every SDK has a header for it. Reads the command line again, and
 * leaves `*` and `?` in it as they are. */
__declspec(dllimport) int __cdecl _configure_wide_argv(int mode);
enum { UNEXPANDED = 1 };

void
pbs_arguments(int *argc, char ***argv)
{
    /* The C library gave `main` what the code page of the system has of them. */
    if (_configure_wide_argv(UNEXPANDED) != 0) {
        return;
    }
    int count = *__p___argc();
    wchar_t **wide = *__p___wargv();
    char **made = calloc((size_t)count + 1, sizeof *made);
    for (int i = 0; made != NULL && i < count; i++) {
        made[i] = narrow(wide[i]);
        if (made[i] == NULL) {
            return;
        }
    }
    if (made != NULL) {
        *argc = count;
        *argv = made;
    }
}

/* Interpreters that do not have the variable are linked with this one. */
int pbs_nobody_follows;
#pragma comment(linker, "/alternatename:_Py_NoInterpreterFollows=pbs_nobody_follows")
extern int _Py_NoInterpreterFollows;

void
pbs_no_interpreter_follows(void)
{
    _Py_NoInterpreterFollows = 1;
}

wchar_t *
pbs_find_executable(const char *argv0)
{
    (void)argv0;
    /* The longest path that the system has. */
    DWORD size = 32768;
    wchar_t *path = PyMem_RawMalloc(size * sizeof *path);
    DWORD length = path == NULL ? 0 : GetModuleFileNameW(NULL, path, size);
    if (length == 0 || length == size) {
        PyMem_RawFree(path);
        return NULL;
    }
    return path;
}

/* Calls one of two functions with the arguments as the system has them. */
static PyStatus
with_wide(int argc, char **argv, const PyPreConfig *before, PyConfig *config)
{
    PyStatus status = PyStatus_NoMemory();
    wchar_t **wide = PyMem_RawCalloc((size_t)argc + 1, sizeof *wide);
    int made = 0;
    while (wide != NULL && made < argc && (wide[made] = pbs_wide(argv[made])) != NULL) {
        made++;
    }
    if (wide != NULL && made == argc) {
        status = before != NULL ? Py_PreInitializeFromArgs(before, argc, wide) : PyConfig_SetArgv(config, argc, wide);
    }
    while (made > 0) {
        PyMem_RawFree(wide[--made]);
    }
    PyMem_RawFree(wide);
    return status;
}

PyStatus
pbs_preinitialize(const PyPreConfig *before, int argc, char **argv)
{
    return with_wide(argc, argv, before, NULL);
}

PyStatus
pbs_set_arguments(PyConfig *config, int argc, char **argv)
{
    return with_wide(argc, argv, NULL, config);
}

int
pbs_end_interrupted(void)
{
    /* As Python itself: cmd.exe shows that it was Ctrl+C, and asks whether a batch file goes on. */
    return (int)STATUS_CONTROL_C_EXIT;
}
