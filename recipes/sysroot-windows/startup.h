/* What the parts of the start-up code say to each other, and what the UCRT has for whoever starts a program. These
   functions are documented by name in Microsoft's corecrt_startup.h; mingw-w64 declares a few of them. */
#pragma once

#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include <corecrt_startup.h>
#include <process.h>
#include <stdint.h>
#include <stdlib.h>

typedef int(__cdecl *initializer)(void);
typedef void(__cdecl *constructor)(void);

/* The linker sorts sections by what stands behind the `$`: these are the ends of what objects put in between. */
extern initializer __xi_a[], __xi_z[];
extern constructor __xc_a[], __xc_z[];

void __cdecl __security_init_cookie(void);

/* From here on `atexit` registers with this module and not with the program. */
void startup_own_atexit(void);
/* Calls what was registered with this module. */
void startup_run_atexit(void);

_CRTIMP int __cdecl _initterm_e(initializer *, initializer *);
_CRTIMP void __cdecl _initterm(constructor *, constructor *);
_CRTIMP void __cdecl _set_app_type(int);
_CRTIMP int __cdecl _configure_wide_argv(int);
_CRTIMP int __cdecl _configure_narrow_argv(int);
_CRTIMP int __cdecl _initialize_wide_environment(void);
_CRTIMP int __cdecl _initialize_narrow_environment(void);
_CRTIMP wchar_t **__cdecl _get_initial_wide_environment(void);
_CRTIMP char **__cdecl _get_initial_narrow_environment(void);
_CRTIMP wchar_t *__cdecl _get_wide_winmain_command_line(void);
_CRTIMP char *__cdecl _get_narrow_winmain_command_line(void);
_CRTIMP int __cdecl _seh_filter_exe(unsigned long, EXCEPTION_POINTERS *);
