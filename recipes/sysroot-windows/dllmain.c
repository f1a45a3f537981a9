/* For a DLL that has none of its own. */
#define WIN32_LEAN_AND_MEAN
#include <windows.h>

BOOL WINAPI
DllMain(HINSTANCE module, DWORD reason, LPVOID reserved)
{
    (void)reserved;
    if (reason == DLL_PROCESS_ATTACH)
        DisableThreadLibraryCalls(module);
    return TRUE;
}
