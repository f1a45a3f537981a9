/* Where a program begins, compiled once for each name that its own main function may have: START_main, START_wmain,
   START_WinMain, START_wWinMain. The linker chooses the entry by which of them there is. */
#include "startup.h"

enum { CONSOLE = 1, GUI = 2 };
/* Arguments as the command line has them: `*` is a character like others. */
enum { UNEXPANDED = 1 };

#if defined(START_main)
#define ENTRY mainCRTStartup
#define KIND CONSOLE
#define PREPARE() (_configure_narrow_argv(UNEXPANDED), _initialize_narrow_environment())
int __cdecl main(int, char **, char **);
#define RUN() main(__argc, __argv, _get_initial_narrow_environment())
#elif defined(START_wmain)
#define ENTRY wmainCRTStartup
#define KIND CONSOLE
#define PREPARE() (_configure_wide_argv(UNEXPANDED), _initialize_wide_environment())
int __cdecl wmain(int, wchar_t **, wchar_t **);
#define RUN() wmain(__argc, __wargv, _get_initial_wide_environment())
#elif defined(START_WinMain)
#define ENTRY WinMainCRTStartup
#define KIND GUI
#define PREPARE() (_configure_narrow_argv(UNEXPANDED), _initialize_narrow_environment())
#define RUN() WinMain(GetModuleHandleW(NULL), NULL, _get_narrow_winmain_command_line(), how_to_show())
#elif defined(START_wWinMain)
#define ENTRY wWinMainCRTStartup
#define KIND GUI
#define PREPARE() (_configure_wide_argv(UNEXPANDED), _initialize_wide_environment())
int WINAPI wWinMain(HINSTANCE, HINSTANCE, wchar_t *, int);
#define RUN() wWinMain(GetModuleHandleW(NULL), NULL, _get_wide_winmain_command_line(), how_to_show())
#else
#error "which main?"
#endif

#if defined(START_WinMain) || defined(START_wWinMain)
static int
how_to_show(void)
{
    STARTUPINFOW info;
    GetStartupInfoW(&info);
    return info.dwFlags & STARTF_USESHOWWINDOW ? info.wShowWindow : SW_SHOWDEFAULT;
}
#endif

static int __attribute__((noinline)) run(void)
{
    _set_app_type(KIND);
    PREPARE();
    if (_initterm_e(__xi_a, __xi_z) != 0)
        return 255;
    _initterm(__xc_a, __xc_z);
    return RUN();
}

/* Not itself protected by the cookie that it sets. A fault that nobody handles ends the program with its code, after
   the handlers that `signal` installed had their turn. */
__attribute__((no_stack_protector)) int __cdecl ENTRY(void)
{
    __security_init_cookie();
    __try {
        exit(run());
    } __except (_seh_filter_exe(GetExceptionCode(), GetExceptionInformation())) {
        _exit((int)GetExceptionCode());
    }
}
