"""Lays out an installation as python.org's is on Windows.

usage: layout.py INSTALL SOURCE BUILD PROJECTS

Where what was linked belongs follows from what it is: programs that use the interpreter's library and libraries stand
beside each other, modules in DLLs, and programs that do not use it are what `venv` copies.
"""

import json
import pathlib
import shutil
import sys

# What the tests of distutils' successors and of import leave in a source tree.
IGNORED = shutil.ignore_patterns("__pycache__", "*.pyc", "*.pickle")


def main(install, source, build, projects):
    description = json.loads(projects.read_text())
    core = next(p["project"] for p in description["projects"] if p["makes"] == "core")
    places = {"core": ".", "library": ".", "program": ".", "shared": "DLLs"}

    shutil.copytree(source / "Lib", install / "Lib", ignore=IGNORED)
    shutil.copytree(source / "Include", install / "include", ignore=shutil.ignore_patterns("*.in", "README*"))
    if template := description["pyconfig"]:
        header = build / template[1]["build"]
    else:
        header = source / "PC/pyconfig.h"
    shutil.copyfile(header, install / "include/pyconfig.h")
    shutil.copyfile(source / "LICENSE", install / "LICENSE.txt")
    for project in description["projects"]:
        makes, output = project["makes"], project["output"]
        if makes == "builtin":
            continue
        place = install / places[makes]
        if makes == "program" and core not in project["references"]:
            place = install / "Lib/venv/scripts/nt"
        place.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(build / output, place / output)
        if makes in ("core", "library"):
            library = pathlib.Path(output).with_suffix(".lib").name
            (install / "libs").mkdir(exist_ok=True)
            shutil.copyfile(build / library, install / "libs" / library)
    # CPython finds its own directory of modules by it, and tools put theirs there.
    (install / "DLLs").mkdir(exist_ok=True)
    (install / "DLLs/README.txt").write_text("Extension modules are built into the interpreter's library.\n")


if __name__ == "__main__":
    main(*[pathlib.Path(argument) for argument in sys.argv[1:]])
