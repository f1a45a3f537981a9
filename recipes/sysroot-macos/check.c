/* What CPython and its packages use of macOS, linked as they will be; nothing runs it here. */
#include <CommonCrypto/CommonRandom.h>
#include <SystemConfiguration/SystemConfiguration.h>
#include <dlfcn.h>
#include <math.h>
#include <ndbm.h>
#include <net/ethernet.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/kern_control.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sys_domain.h>
#include <time.h>
#include <util.h>
#include <uuid/uuid.h>

int
main(int argc, char **argv)
{
    struct timespec now = {0};
    unsigned char bytes[16];
    uuid_t uuid;
    uuid_generate_time(uuid);
    int control, terminal;
    /* Newer than any minimum: a question whether it is there leads to it. */
    if (__builtin_available(macOS 13.0, *)) {
        printf("%d\n", mkfifoat(-1, argv[0], 0));
    }
    clock_gettime(CLOCK_MONOTONIC, &now);
    CCRandomGenerateBytes(bytes, sizeof(bytes));
    CFDictionaryRef proxies = SCDynamicStoreCopyProxies(NULL);
    if (proxies && CFDictionaryGetValue(proxies, kSCPropNetProxiesHTTPEnable)) {
        CFRelease(proxies);
    }
    DBM *database = dbm_open(argv[0], 0, 0);
    if (database) {
        dbm_close(database);
    }
    openpty(&control, &terminal, NULL, NULL, NULL);
    __int128 large = (__int128)argc << 70;
    printf("%g %d %p\n", sin(argc) + (double)(large / (argc + 1)), socket(PF_SYSTEM, SOCK_DGRAM, SYSPROTO_CONTROL),
           dlsym(RTLD_DEFAULT, "main"));
    return pthread_setname_np("check");
}
