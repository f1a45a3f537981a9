/* A fault of an instruction in the middle of a function, a fault in a call, and `__finally`: what CPython's mmap,
   _ctypes and faulthandler need. */
#include <setjmp.h>
#include <stdio.h>
#include <windows.h>

static volatile int *nowhere;
static int finished;

static int __attribute__((noinline)) in_a_call(void)
{
    __try {
        return *nowhere;
    } __finally {
        finished++;
    }
}

int
main(void)
{
    int caught = 0;
    __try {
        *nowhere = 1;
    } __except (GetExceptionCode() == EXCEPTION_ACCESS_VIOLATION) {
        caught++;
    }
    __try {
        in_a_call();
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        caught++;
    }
    __try {
        RaiseException(0xE0000001, 0, 0, NULL);
    } __except (GetExceptionCode() == 0xE0000001 ? EXCEPTION_EXECUTE_HANDLER : EXCEPTION_CONTINUE_SEARCH) {
        caught++;
    }
    jmp_buf place;
    volatile int jumps = 0;
    if (setjmp(place) == 0) {
        jumps++;
        longjmp(place, 1);
    }
    printf("%d caught, %d finished, %d jumped\n", caught, finished, jumps);
    return caught == 3 && finished == 1 && jumps == 1 ? 0 : 1;
}
