// The little of C++'s <new> that comdef.h wants: there is no C++ library here, and no exceptions. What allocates calls
// malloc, and what cannot allocate gives nothing.
#pragma once

#include <stddef.h>

namespace std {
struct nothrow_t {};
extern const nothrow_t nothrow;
typedef void(__cdecl *new_handler)();
} // namespace std

void *__cdecl operator new(size_t size, const std::nothrow_t &) noexcept;
void *__cdecl operator new[](size_t size, const std::nothrow_t &) noexcept;

#ifndef __PLACEMENT_NEW_INLINE
#define __PLACEMENT_NEW_INLINE
inline void *__cdecl
operator new(size_t, void *place) noexcept
{
    return place;
}
inline void __cdecl
operator delete(void *, void *) noexcept
{
}
#endif
