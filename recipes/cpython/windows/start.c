/* What the system tells python3XX.dll when it loads it, an interpreter that is one executable tells itself: before
 * `main`, as getpath and `sys` ask for it. */
#include <Python.h>
#include <windows.h>

/* PC/dl_nt.c. Where the interpreter is, and `sys.winver`. */
extern HMODULE PyWin_DLLhModule;
extern const char *PyWin_DLLVersionString;

static void __cdecl start(void)
{
    PyWin_DLLhModule = GetModuleHandleW(NULL);
    PyWin_DLLVersionString = Py_STRINGIFY(PY_MAJOR_VERSION) "." Py_STRINGIFY(PY_MINOR_VERSION);
}

#pragma section(".CRT$XCU", long, read)
__declspec(allocate(".CRT$XCU")) void(__cdecl *const pbs_early)(void) = start;
