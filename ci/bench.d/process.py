"""One measured process: started without a shell, pinned by its parent, waited for, counted."""

import os
import select
import signal
import time


class Failed(Exception):
    """A measured process that did not end well."""


class Finished:
    def __init__(self, status, wall, usage, stdout, stderr):
        self.code = os.waitstatus_to_exitcode(status)
        self.wall = wall
        self.cpu = usage.ru_utime + usage.ru_stime
        self.faults = usage.ru_minflt
        self.stdout = stdout
        self.stderr = stderr

    def last_words(self):
        """The line that most likely says what is wrong."""
        lines = (self.stderr or self.stdout).decode(errors="replace").strip().splitlines()
        return lines[-1].strip() if lines else f"exit code {self.code}"


def run(argv, env, scratch, timeout=600.0, cwd=None):
    """Runs a program to its end, with its output in files of `scratch`; wall time is from just before it is
    started until it has been waited for."""
    out, err = (os.path.join(scratch, name) for name in ("stdout", "stderr"))
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    actions = [
        (os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, out, flags, 0o600),
        (os.POSIX_SPAWN_OPEN, 2, err, flags, 0o600),
    ]
    if cwd:
        os.chdir(cwd)
    start = time.perf_counter()
    # vfork inside: the parent's size does not count.
    pid = os.posix_spawn(argv[0], argv, env, file_actions=actions, setpgroup=0)
    try:
        status, usage = wait(pid, timeout)
    except BaseException:
        stop(pid)
        raise
    wall = time.perf_counter() - start
    if status is None:
        stop(pid)
        raise Failed(f"not finished after {timeout:.0f} s")
    with open(out, "rb") as stdout, open(err, "rb") as stderr:
        return Finished(status, wall, usage, stdout.read(), stderr.read())


def wait(pid, timeout):
    """Status and usage of a child, or nothing if it takes too long."""
    descriptor = os.pidfd_open(pid)
    try:
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        if not poll.poll(timeout * 1000):
            return None, None
        _, status, usage = os.wait4(pid, 0)
        return status, usage
    finally:
        os.close(descriptor)


def stop(pid):
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    try:
        os.waitpid(pid, 0)
    except ChildProcessError:
        pass


def checked(argv, env, scratch, **more):
    """As `run`; a process that fails is an error."""
    finished = run(argv, env, scratch, **more)
    if finished.code != 0:
        raise Failed(finished.last_words())
    return finished
