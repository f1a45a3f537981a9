/* What is called at the end: of the program, or when the DLL is unloaded that registered it. */
#include "startup.h"

static _onexit_table_t own;
static BOOL has_own;

void
startup_own_atexit(void)
{
    has_own = _initialize_onexit_table(&own) == 0;
}

void
startup_run_atexit(void)
{
    if (has_own)
        _execute_onexit_table(&own);
}

_onexit_t __cdecl _onexit(_onexit_t function)
{
    int failed = has_own ? _register_onexit_function(&own, function) : _crt_atexit((_PVFV)(void (*)(void))function);
    return failed ? NULL : function;
}

int __cdecl atexit(void(__cdecl *function)(void))
{
    return _onexit((_onexit_t)(int (*)(void))function) == NULL ? -1 : 0;
}
