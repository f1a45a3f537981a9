/* A console program: arguments, the printf family, floating point, atexit, a DLL's functions, data and DllMain. */
#include <errno.h>
#include <float.h>
#include <io.h>
#include <locale.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <wchar.h>

__declspec(dllimport) int library_answer(void);
__declspec(dllimport) extern int library_count;

static int
format(char *buffer, size_t size, const char *form, ...)
{
    va_list arguments;
    va_start(arguments, form);
    int length = vsnprintf(buffer, size, form, arguments);
    va_end(arguments);
    return length;
}

static void
at_exit(void)
{
    puts("at exit");
    fflush(stdout);
}

/* More than a page on the stack, with a cookie behind it. */
static int __attribute__((noinline)) large(const char *text)
{
    char buffer[20000];
    memset(buffer, 0, sizeof buffer);
    strncpy(buffer, text, sizeof buffer - 1);
    return (int)strlen(buffer);
}

int
wmain(int count, wchar_t **arguments, wchar_t **environment)
{
    char text[64];
    if (count < 1 || arguments[count] != NULL || environment == NULL)
        return 1;
    if (format(text, sizeof text, "%d %lld %zu %.3f %s", -1, 1LL << 40, sizeof text, 0.5, "x") != 27 ||
        strcmp(text, "-1 1099511627776 64 0.500 x") != 0)
        return printf("vsnprintf: %s\n", text), 2;
    if (_snprintf(text, 4, "%s", "longer") != -1 || snprintf(text, 4, "%s", "longer") != 6)
        return 3;
    wchar_t wide[16];
    if (swprintf(wide, 16, L"%ls", L"wide") != 4 || wcscmp(wide, L"wide") != 0)
        return 4;
    if (wcsnlen(wide, 3) != 3 || wmemchr(wide, L'd', 4) != wide + 2 || wmemcmp(wide, L"wife", 4) != -1)
        return 4;
    int number;
    if (sscanf("42", "%d", &number) != 1 || number != 42 || strtod("1e3", NULL) != 1000.0)
        return 5;
    double nan_value = strtod("nan", NULL);
    if (!isnan(nan_value) || isnan(1.0) || !isinf(HUGE_VAL) || signbit(1.0) || !signbit(-0.0) ||
        fpclassify(DBL_MIN / 2) != FP_SUBNORMAL || fabs(sin(0.5) - 0.479425538604203) > 1e-12)
        return 6;
    if (_open("no such file", 0) != -1 || errno != ENOENT)
        return 7;
    if (library_answer() != 42 || library_count != 1 || large("text") != 4)
        return 8;
    if (setlocale(LC_ALL, "C") == NULL || time(NULL) < 0 || _tzname[0] == NULL)
        return 9;
    atexit(at_exit);
    printf("%d arguments\n", count);
    return 0;
}
