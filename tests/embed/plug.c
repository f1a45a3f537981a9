/* Python in a shared library, and with -DLOADER the program that opens it. */
#ifdef LOADER

#include <dlfcn.h>
#include <stdio.h>

int
main(int argc, char **argv)
{
    void *library = dlopen(argv[1], RTLD_NOW);
    int (*plug)(void) = library == NULL ? NULL : (int (*)(void))dlsym(library, "plug");
    if (plug == NULL) {
        fprintf(stderr, "%s\n", dlerror());
        return 20;
    }
    return plug();
}

#else

#include "pbs.h"

int
plug(void)
{
    if (pbs_start(0, 0) != 0) {
        return 21;
    }
    int code = pbs_exec("import sqlite3, ssl, threading, zlib\n"
                        "thread = threading.Thread(target=print, args=('in a thread',))\n"
                        "thread.start()\n"
                        "thread.join()\n");
    return code + pbs_finish();
}

#endif
