/* The value that functions put between their arrays and their return address, and what is done when it changed.
   The initial value is the one that the loader knows: it replaces it where the load configuration names the cookie. */
#include "startup.h"

#define INITIAL 0x00002B992DDFA232ull
/* The upper two bytes stay 0, so that no string function can write the whole of it. */
#define USED_BITS 0x0000FFFFFFFFFFFFull

uintptr_t __security_cookie = INITIAL;
uintptr_t __security_cookie_complement = ~INITIAL;

__attribute__((no_stack_protector)) void __cdecl __security_init_cookie(void)
{
    if (__security_cookie == INITIAL) {
        FILETIME time;
        LARGE_INTEGER counter;
        GetSystemTimeAsFileTime(&time);
        QueryPerformanceCounter(&counter);
        uintptr_t value = (uintptr_t)&counter ^ (uintptr_t)counter.QuadPart << 32 ^ (uintptr_t)counter.QuadPart ^
                          (uintptr_t)time.dwHighDateTime << 32 ^ time.dwLowDateTime ^ GetCurrentThreadId() ^
                          (uintptr_t)GetCurrentProcessId() << 16;
        value &= USED_BITS;
        __security_cookie = value == INITIAL || value == 0 ? INITIAL + 1 : value;
    }
    __security_cookie_complement = ~__security_cookie;
}

__declspec(noreturn) void __cdecl __report_gsfailure(uintptr_t found)
{
    (void)found;
    __fastfail(FAST_FAIL_STACK_COOKIE_CHECK_FAILURE);
}

__attribute__((no_stack_protector)) void __cdecl __security_check_cookie(uintptr_t found)
{
    if (found != __security_cookie)
        __report_gsfailure(found);
}
