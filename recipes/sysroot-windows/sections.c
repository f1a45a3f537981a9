/* The ends of the tables of initializers: C's, which may fail, and C++'s. */
#include "startup.h"

#pragma section(".CRT$XIA", long, read)
#pragma section(".CRT$XIZ", long, read)
#pragma section(".CRT$XCA", long, read)
#pragma section(".CRT$XCZ", long, read)

__declspec(allocate(".CRT$XIA")) initializer __xi_a[] = {NULL};
__declspec(allocate(".CRT$XIZ")) initializer __xi_z[] = {NULL};
__declspec(allocate(".CRT$XCA")) constructor __xc_a[] = {NULL};
__declspec(allocate(".CRT$XCZ")) constructor __xc_z[] = {NULL};

/* Whoever links the start-up code wants these, without naming them. */
#pragma comment(lib, "vcruntime.lib")
#pragma comment(lib, "ucrt.lib")
#pragma comment(lib, "kernel32.lib")
