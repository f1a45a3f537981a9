"""What is asked of the kernel for want of programs in the container: mounts and networks."""

import ctypes
import fcntl
import os
import socket
import struct

MS_BIND, MNT_DETACH, CLONE_NEWNET = 4096, 2, 0x40000000
# From linux/sockios.h and linux/if.h.
SIOCSIFFLAGS, IFF_UP, IFF_RUNNING = 0x8914, 0x1, 0x40


def system(call, *arguments):
    if getattr(ctypes.CDLL(None, use_errno=True), call)(*arguments):
        error = ctypes.get_errno()
        raise OSError(error, f"{call}: {os.strerror(error)}")


def bind(source, target):
    system("mount", os.fsencode(source), os.fsencode(target), None, MS_BIND, None)


def release(target):
    # Later, if it is running: there may be another core.
    system("umount2", os.fsencode(target), MNT_DETACH)


def leave_network():
    """A network of this thread's own, and of the processes it starts."""
    system("unshare", CLONE_NEWNET)
    bring_up_loopback()


def bring_up_loopback():
    """A new network namespace has `lo`, but down; some benchmarks talk to themselves."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", IFF_UP | IFF_RUNNING))
