/* A DLL with a DllMain, an initializer, data and a function of its own at the end. */
#include <stdio.h>
#include <stdlib.h>
#include <windows.h>

__declspec(dllexport) int library_count;
static int initialized;

static int __cdecl initialize(void)
{
    initialized = 41;
    return 0;
}
#pragma section(".CRT$XIU", long, read)
__declspec(allocate(".CRT$XIU")) int(__cdecl *const initializer)(void) = initialize;

static void
at_unload(void)
{
    puts("the library goes");
    fflush(stdout);
}

BOOL WINAPI
DllMain(HINSTANCE module, DWORD reason, LPVOID reserved)
{
    (void)module;
    (void)reserved;
    if (reason == DLL_PROCESS_ATTACH) {
        library_count++;
        atexit(at_unload);
    }
    return TRUE;
}

__declspec(dllexport) int library_answer(void)
{
    return initialized + library_count;
}
