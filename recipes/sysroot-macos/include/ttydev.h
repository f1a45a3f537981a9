/* <sys/ttydev.h> of macOS: old names of line speeds, for programs that define USE_OLD_TTY. None here does; <sgtty.h> and
   <sys/ioctl_compat.h> ask for the file all the same. */
