"""As `imports.py`, and tells in between whose turn it is: the import system's, or the code's of a module.

What a module does when it runs (OpenSSL reads its configuration, `sysconfig` looks where it stands) is nobody's cost
but its own; for strace a line is written whenever the turn changes.
"""

import posix
import sys

turns = []


def tell():
    posix.write(1, b"@" + turns[-1] + b"\n")


def see(frame, event, argument):
    """Finding and loading starts in importlib; a module's own code is a frame called `<module>`, or the creation or
    execution of an extension module."""
    if event in ("call", "return"):
        name = frame.f_code.co_name
        whose = b"imports" if name == "_find_and_load" else b"module" if name == "<module>" else None
        ends = event == "return"
    else:
        own = getattr(argument, "__module__", None) == "_imp" and argument.__name__ in OWN
        whose, ends = b"module" if own else None, event != "c_call"
    if whose:
        if ends:
            turns.pop()
        else:
            turns.append(whose)
        tell()


OWN = {"create_builtin", "exec_builtin", "create_dynamic", "exec_dynamic"}
names = sys.argv[1].split(",")
print("begin", flush=True)
turns.append(b"imports")
tell()
sys.setprofile(see)
for name in names:
    __import__(name)
sys.setprofile(None)
print("end", 0, flush=True)
