"""Runs a script as the interpreter that was built would, which does not run here.

usage: as_built.py INSTALL TREE SCRIPT ARGUMENT...

What a script asks of `sys`, `sysconfig` and `importlib.machinery` is answered from what was built: its headers, its
sysconfig data, its table of modules. This Python is of the same series, so its library has the same answers to the rest.
"""

import importlib.machinery
import os
import pathlib
import re
import runpy
import subprocess
import sys
import types

LEVELS = {"ALPHA": (0xA, "alpha"), "BETA": (0xB, "beta"), "GAMMA": (0xC, "candidate"), "FINAL": (0xF, "final")}


def read_version(header):
    """`sys.version_info` and `sys.hexversion`, from patchlevel.h."""
    words = dict(re.findall(r"#define\s+PY_(\w+)\s+(\S+)", header.read_text()))
    level, name = LEVELS[words["RELEASE_LEVEL"].removeprefix("PY_RELEASE_LEVEL_")]
    numbers = [int(words[f"{part}_VERSION"]) for part in ("MAJOR", "MINOR", "MICRO")]
    serial = int(words["RELEASE_SERIAL"])
    hexversion = numbers[0] << 24 | numbers[1] << 16 | numbers[2] << 8 | level << 4 | serial
    return (*numbers, name, serial), hexversion


def read_table(source):
    """The names of the modules that are built in."""
    table = source.read_text().partition("_PyImport_Inittab[]")[2]
    return tuple(sorted(re.findall(r'\{"(\w+)",', table)))


def compiler():
    """What Python/getcompiler.c makes of clang's own words for its version."""
    command = ["clang", "-E", "-P", "-x", "c", "-"]
    text = subprocess.run(command, check=True, capture_output=True, text=True, input="__clang_version__\n").stdout
    return f"[Clang {text.strip().strip(chr(34))}]"


def pretend(install, tree):
    data = next(install.glob("lib/python*/_sysconfigdata_*.py"))
    stdlib = data.parent
    version, hexversion = read_version(next(install.glob("include/python*/patchlevel.h")))
    variables = {}
    exec(data.read_text(), {"__name__": data.stem}, variables)
    built = variables["build_time_vars"]
    names = ("major", "minor", "micro", "releaselevel", "serial")
    info = type("version_info", (tuple,), {name: property(lambda self, i=i: self[i]) for i, name in enumerate(names)})
    sys.version_info = info(version)
    sys.hexversion = hexversion
    sys.version = f"{'.'.join(map(str, version[:3]))} (main) {compiler()}"
    sys.platform = built["MACHDEP"]
    sys.abiflags = built.get("ABIFLAGS", "")
    sys.implementation = types.SimpleNamespace(
        **{**vars(sys.implementation), "hexversion": hexversion, "version": sys.version_info, "_multiarch": built["MACHDEP"]}
    )
    sys.builtin_module_names = read_table(tree / "Modules/config.c")
    for name in ("prefix", "exec_prefix", "base_prefix", "base_exec_prefix"):
        setattr(sys, name, str(install))
    sys.executable = str(install / f"bin/python{built['VERSION']}")
    machinery = importlib.machinery
    machinery.EXTENSION_SUFFIXES[:] = [built["EXT_SUFFIX"], ".abi3.so", ".so"]
    os.environ["_PYTHON_SYSCONFIGDATA_NAME"] = data.stem
    os.environ["MACOSX_DEPLOYMENT_TARGET"] = str(built["MACOSX_DEPLOYMENT_TARGET"])
    os.environ["_PYTHON_HOST_PLATFORM"] = f"macosx-{built['MACOSX_DEPLOYMENT_TARGET']}-{os.environ['APPLE_ARCH']}"
    # The library's own sysconfig, for what it says depends on its place.
    for name in [name for name in sys.modules if name.partition(".")[0] in ("sysconfig", "_osx_support")]:
        del sys.modules[name]
    sys.path.insert(0, str(stdlib))


def main(install, tree, script, arguments):
    pretend(install, tree)
    sys.argv = [script, *arguments]
    sys.path.insert(0, str(pathlib.Path(script).resolve().parent))
    runpy.run_path(script, run_name="__main__")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3], sys.argv[4:])
