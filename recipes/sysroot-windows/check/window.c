/* A program without a console. */
#include <windows.h>

int WINAPI
wWinMain(HINSTANCE module, HINSTANCE before, wchar_t *command, int show)
{
    (void)show;
    return module != NULL && before == NULL && command != NULL && GetSystemMetrics(SM_CXSCREEN) >= 0 ? 0 : 1;
}
