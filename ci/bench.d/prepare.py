"""Run by an interpreter that will be measured: compiles what has no bytecode yet, as an installer would.

`python prepare.py DIRECTORY…`: only files without a cached one; what a distribution ships stays as it is.
"""

import importlib.util
import os
import py_compile
import sys


def compile_missing(directory):
    made = kept = 0
    for folder, folders, files in os.walk(directory):
        folders.sort()
        for name in sorted(files):
            source = os.path.join(folder, name)
            if not name.endswith(".py"):
                continue
            if os.path.exists(importlib.util.cache_from_source(source)):
                kept += 1
                continue
            try:
                py_compile.compile(source, doraise=True, quiet=2)
                made += 1
            except (py_compile.PyCompileError, ValueError, SyntaxError):
                pass  # Test data that is meant to be broken.
    return made, kept


if __name__ == "__main__":
    for directory in sys.argv[1:]:
        made, kept = compile_missing(directory)
        print(f"{directory}: {made} files compiled, {kept} had bytecode")
