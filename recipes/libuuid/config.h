/* What util-linux's configure script would find on the systems we build for. HAVE_UUIDD stays undefined: an interpreter
   that is carried from machine to machine does not talk to a daemon that happens to run there. */
#define HAVE_DIRFD 1
#define HAVE_DECL_DIRFD 1
#define HAVE_ERR 1
#define HAVE_ERRX 1
#define HAVE_ERR_H 1
#define HAVE_GETRANDOM 1
#define HAVE_JRAND48 1
#define HAVE_LIBPTHREAD 1
#define HAVE_LOFF_T 1
#define HAVE_NANOSLEEP 1
#define HAVE_NETINET_IN_H 1
#define HAVE_NET_IF_H 1
#define HAVE_PROGRAM_INVOCATION_SHORT_NAME 1
#define HAVE_STDLIB_H 1
#define HAVE_STRUCT_STAT_ST_MTIM_TV_NSEC 1
#define HAVE_SYS_FILE_H 1
#define HAVE_SYS_IOCTL_H 1
#define HAVE_SYS_SOCKET_H 1
#define HAVE_SYS_SYSCALL_H 1
#define HAVE_SYS_SYSMACROS_H 1
#define HAVE_SYS_TIME_H 1
#define HAVE_SYS_UN_H 1
#define HAVE_TLS 1
#define HAVE_UNISTD_H 1
#define HAVE_USLEEP 1
#define HAVE_WARN 1
#define HAVE_WARNX 1
/* Where the clock of time-based UUIDs is kept, shared with the distribution's own libuuid. */
#define _PATH_LOCALSTATEDIR "/var"
