/* <util.h> of macOS: pseudo terminals (openpty(3)). */
#ifndef PBS_UTIL_H
#define PBS_UTIL_H

#include <sys/cdefs.h>
#include <sys/ioctl.h>
#include <sys/types.h>
#include <termios.h>

__BEGIN_DECLS
int openpty(int *, int *, char *, struct termios *, struct winsize *);
int login_tty(int);
pid_t forkpty(int *, char *, struct termios *, struct winsize *);
__END_DECLS

#endif
