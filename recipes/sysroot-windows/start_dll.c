/* Where a DLL begins and ends. */
#include "startup.h"

BOOL WINAPI DllMain(HINSTANCE, DWORD, LPVOID);

static BOOL __attribute__((noinline)) attach(HINSTANCE module, LPVOID reserved)
{
    startup_own_atexit();
    if (_initterm_e(__xi_a, __xi_z) != 0)
        return FALSE;
    _initterm(__xc_a, __xc_z);
    if (DllMain(module, DLL_PROCESS_ATTACH, reserved))
        return TRUE;
    startup_run_atexit();
    return FALSE;
}

/* Not itself protected by the cookie that it sets. */
__attribute__((no_stack_protector)) BOOL WINAPI
_DllMainCRTStartup(HINSTANCE module, DWORD reason, LPVOID reserved)
{
    if (reason == DLL_PROCESS_ATTACH) {
        __security_init_cookie();
        return attach(module, reserved);
    }
    BOOL result = DllMain(module, reason, reserved);
    if (reason == DLL_PROCESS_DETACH)
        startup_run_atexit();
    return result;
}
