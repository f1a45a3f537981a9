"""Runs CPython's own test suite on the interpreter that runs this; arguments go to `python -m test`."""

import os
import sys

if __name__ == "__main__":
    flags = [] if any(a.startswith("-j") for a in sys.argv) else ["-j0"]
    os.execv(sys.executable, [sys.executable, "-m", "test", *flags, *sys.argv[1:]])
