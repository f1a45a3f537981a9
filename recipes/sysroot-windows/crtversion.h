/* What `msvcrt.CRT_ASSEMBLY_VERSION` of CPython says: the interface of the C runtime, of no build of Microsoft's. */
#pragma once
#define _VC_CRT_MAJOR_VERSION 14
#define _VC_CRT_MINOR_VERSION 0
#define _VC_CRT_BUILD_VERSION 0
#define _VC_CRT_RBUILD_VERSION 0
