"""`pbs link`, timed, and how much of it is the linker's."""

import os
import shutil

import process

from single.built import app

# Named as lld, as `pbs` tells linkers by their name. bash has a clock of its own, so nothing more is started.
WRAPPER = """#!{bash}
start=$EPOCHREALTIME
"{linker}" "$@"
code=$?
echo "$start $EPOCHREALTIME" >"{told}"
exit $code
"""


def linker():
    """The linker that is wrapped, or nothing."""
    return shutil.which("ld.lld")


def wrap(place):
    """A linker that tells how long it took in the file beside it."""
    os.makedirs(place, exist_ok=True)
    path, told = os.path.join(place, "ld.lld"), os.path.join(place, "told")
    with open(path, "w", encoding="utf-8") as file:
        file.write(WRAPPER.format(bash=shutil.which("bash"), linker=linker(), told=told))
    os.chmod(path, 0o755)
    return path, told


def seconds(told):
    with open(told, encoding="utf-8") as file:
        start, end = file.read().split()
    return float(end) - float(start)


def link(built, dist, words=(), store=None, forget=False):
    """One link of `hello`; with `forget`, into a store that is empty."""

    def measure(scratch):
        wrapper, told = wrap(os.path.join(scratch, "linker"))
        kept = os.path.join(scratch, "store") if forget else built.store
        output = os.path.join(scratch, "linked")
        command = [built.pbs, "--store", kept, "link", dist, "--script", app("hello"), "-o", output, "--quiet",
                   "--linker", wrapper, *words]
        try:
            finished = process.checked(command, ENV, scratch, cwd=scratch)
        finally:
            if forget:
                shutil.rmtree(kept, ignore_errors=True)
        linking = seconds(told)
        os.remove(output)
        return {"wall": finished.wall, "linker": linking, "ours": finished.wall - linking}

    return measure


ENV = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "HOME": os.environ.get("HOME", "/tmp"), "LANG": "C.UTF-8"}
