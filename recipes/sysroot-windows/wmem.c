/* What Microsoft's <wchar.h> has inline and no DLL has. */
#define __CRT__NO_INLINE
#include <string.h>
#include <wchar.h>

wchar_t *__cdecl wmemchr(const wchar_t *text, wchar_t wanted, size_t length)
{
    for (; length > 0; text++, length--) {
        if (*text == wanted)
            return (wchar_t *)text;
    }
    return NULL;
}

int __cdecl wmemcmp(const wchar_t *one, const wchar_t *other, size_t length)
{
    for (; length > 0; one++, other++, length--) {
        if (*one != *other)
            return *one < *other ? -1 : 1;
    }
    return 0;
}

wchar_t *__cdecl wmemcpy(wchar_t *__restrict to, const wchar_t *__restrict from, size_t length)
{
    return memcpy(to, from, length * sizeof *to);
}

wchar_t *__cdecl wmemmove(wchar_t *to, const wchar_t *from, size_t length)
{
    return memmove(to, from, length * sizeof *to);
}

wchar_t *__cdecl wmemset(wchar_t *to, wchar_t value, size_t length)
{
    for (size_t at = 0; at < length; at++)
        to[at] = value;
    return to;
}
