/* Variables of threads, with a value at the start, in threads of the C library and of the system. */
#include <process.h>
#include <stdio.h>
#include <windows.h>

static __declspec(thread) int own = 7;
static __declspec(thread) int empty;
static volatile LONG wrong;

static unsigned __stdcall work(void *number)
{
    int mine = (int)(intptr_t)number;
    for (int i = 0; i < 1000; i++) {
        own += mine;
        empty++;
        SwitchToThread();
    }
    if (own != 7 + 1000 * mine || empty != 1000)
        InterlockedIncrement(&wrong);
    return 0;
}

int
main(void)
{
    HANDLE threads[4];
    for (int i = 0; i < 4; i++)
        threads[i] = (HANDLE)_beginthreadex(NULL, 0, work, (void *)(intptr_t)(i + 1), 0, NULL);
    WaitForMultipleObjects(4, threads, TRUE, INFINITE);
    printf("%d, %ld wrong\n", own, wrong);
    return own == 7 && wrong == 0 ? 0 : 1;
}
