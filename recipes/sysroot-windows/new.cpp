// Allocation for C++ without a C++ library; see the header.
#include <new>
#include <stdlib.h>

namespace std {
const nothrow_t nothrow;
}

void *__cdecl
operator new(size_t size)
{
    return malloc(size);
}

void *__cdecl
operator new[](size_t size)
{
    return malloc(size);
}

void *__cdecl
operator new(size_t size, const std::nothrow_t &) noexcept
{
    return malloc(size);
}

void *__cdecl
operator new[](size_t size, const std::nothrow_t &) noexcept
{
    return malloc(size);
}

void __cdecl
operator delete(void *memory) noexcept
{
    free(memory);
}

void __cdecl
operator delete[](void *memory) noexcept
{
    free(memory);
}

void __cdecl
operator delete(void *memory, size_t) noexcept
{
    free(memory);
}

void __cdecl
operator delete[](void *memory, size_t) noexcept
{
    free(memory);
}
