"""Makes an installation independent of the place it was built in and of the compiler that built it.

usage: tidy.py INSTALL

Rewrites what names build directories or our compiler's wrappers: the sysconfig data, the Makefile and python-config
beside it, pkg-config files, and the first lines of scripts. Fails if any trace of a build directory is left.
"""

import os
import pathlib
import pprint
import re
import shlex
import sys

# A build directory where a path may begin. `/install` and `/usr/bin/install` are none.
BUILD_DIRECTORY = r"(?<![\w.~-])/(?:in|work|out|tmp)(?=/|$|[\s'\":])"
LEAK = re.compile(rb"(?<![\w./~-])/(?:in/(?:recipe|source|sysroot|toolchain|setup|build|%s)|work|out)(?=[/\0\s'\":])")
TOOLS = {"clang": "cc", "clang++": "c++"}
# Understood by clang only, or meaningless outside our build.
DROPPED = re.compile(r"-Wno-unused-command-line-argument|-f(?:file|debug|macro)-prefix-map=.*|-no-pie")
# Before macOS 12.3 `readlink` has no -f.
SCRIPT = """#!/bin/sh
""\":"
self=$0
while [ -L "$self" ]; do
  to=$(readlink "$self")
  case $to in /*) self=$to ;; *) self=$(dirname -- "$self")/$to ;; esac
done
exec "$(dirname -- "$self")/{python}" "$0" "$@"
":""\"
"""


def tidy_words(text):
    """A flag list without the flags that name a build directory, and with the tools' usual names."""
    words = []
    for word in re.split(r"(\s+)", text):
        if re.search(BUILD_DIRECTORY, word) or re.search(r"^-[ILR]/(in|work|out)/", word) or DROPPED.fullmatch(word):
            continue
        words.append(TOOLS.get(word, word))
    return "".join(words)


def tidy_value(name, value):
    if not isinstance(value, str):
        return value
    if name == "CONFIG_ARGS":
        kept = [
            a
            for a in shlex.split(value)
            if not re.search(r"(?:^|[=\s]|-[IL])/(?:in|work|out)\b|^(?:CC|CXX|\w+_NODIST)=", a)
        ]
        return tidy_words(" ".join(shlex.quote(a) for a in kept))
    value = re.sub(r"\s+", " ", tidy_words(value)).strip()
    # Found on the worker; elsewhere they are wherever PATH says.
    return re.sub(r"(?<![\w./-])/usr/(?:lib/llvm-\d+/)?bin/(?=[\w-]+\b)", "", value)


def tidy_sysconfig(path, tail):
    space = {}
    exec(path.read_text(), space)
    # WASM_ASSETS_DIR has an `install` of its own; none of the WASM variables means anything here.
    variables = {n: tidy_value(n, v) for n, v in space["build_time_vars"].items() if not n.startswith("WASM_")}
    for name, value in variables.items():
        if isinstance(value, str) and re.search(
            r"[\w.]/install|/install[\w.-]", re.sub(r"(^|\s)-[ILR]/", r"\1/", value)
        ):
            sys.exit(f"sysconfig: {name} has a /install that is not the prefix: {value}")
    # The first two lines are what uv's installer looks for.
    path.write_text(
        "# system configuration generated and used by the sysconfig module\n"
        f"build_time_vars = {pprint.pformat(variables, width=119)}\n\n\n{tail}"
    )


def tidy_makefile(path):
    lines = []
    for line in path.read_text().split("\n"):
        found = re.match(r"(\w+)(\s*=\s*)(.*)", line)
        if found:
            line = found[1] + found[2] + tidy_value(found[1], found[3])
        lines.append(line)
    path.write_text("\n".join(lines))


def tidy_text(path):
    path.write_text("\n".join(tidy_words(line) for line in path.read_text().split("\n")))


def tidy_script(path, python):
    """Runs the interpreter in the script's own directory. A shell reads the lines between the quotes, Python does not."""
    first, rest = path.read_text().split("\n", 1)
    if "python" in first:
        path.write_text(SCRIPT.format(python=python) + rest)


def link(path, target):
    path.unlink(missing_ok=True)
    path.symlink_to(target)


def main(install):
    binaries, library = install / "bin", install / "lib"
    series = "%d.%d" % sys.version_info[:2]
    name = f"python{series}{sys.abiflags}"
    stdlib = library / f"python{series}"
    config = next(stdlib.glob("config-*"))

    # make install makes hard links, which an archive would hold twice.
    if sys.abiflags:
        link(binaries / f"python{series}", name)
    link(binaries / "python3", f"python{series}")
    link(binaries / "python", "python3")

    archive = f"lib{name}.a"
    (config / archive).replace(library / archive)
    link(config / archive, f"../../{archive}")
    (config / "python.o").unlink(missing_ok=True)

    tail = (pathlib.Path(__file__).parent / "sysconfig_tail.py").read_text()
    for path in stdlib.glob("_sysconfigdata_*.py"):
        tidy_sysconfig(path, tail)
    tidy_makefile(config / "Makefile")
    for path in [*(library / "pkgconfig").iterdir(), *binaries.glob("python*-config")]:
        if not path.is_symlink():
            tidy_text(path)
    for path in [*binaries.iterdir(), config / "python-config.py"]:
        if path.is_file() and not path.is_symlink() and path.read_bytes().startswith(b"#!/install/"):
            tidy_script(path, name)
    for path in (library / "pkgconfig").iterdir():
        if not path.is_symlink():
            path.write_text(re.sub(r"(?m)^prefix=/install$", "prefix=${pcfiledir}/../..", path.read_text()))


def check(install):
    packages = "|".join(sorted(os.listdir("/in"))).encode()
    leak = re.compile(LEAK.pattern % packages)
    leaks = []
    for path in sorted(install.rglob("*")):
        if path.is_file() and not path.is_symlink():
            for found in leak.finditer(path.read_bytes()):
                start = max(0, found.start() - 40)
                leaks.append(f"{path.relative_to(install)}: ...{found.string[start : found.end() + 40]!r}")
    if leaks:
        sys.exit("build directories in what is shipped:\n  " + "\n  ".join(leaks[:40]))


if __name__ == "__main__":
    directory = pathlib.Path(sys.argv[2])
    {"tidy": main, "check": check}[sys.argv[1]](directory)
