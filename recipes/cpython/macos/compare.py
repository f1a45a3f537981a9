"""Compares what configure found here with what it finds on a Mac.

usage: compare.py PYCONFIG NATIVE DIFFERENT

NATIVE names the macros that are defined there, DIFFERENT those that are otherwise here, a line each with the reason
(`MACRO: reason`; or `MACRO on PROCESSOR: reason`, `MACRO since VERSION OF CPYTHON: reason`, where it holds for those only). What is otherwise and has no reason fails the step, and so does a reason
for what is the same.
"""

import os
import pathlib
import re
import sys


def words(path):
    lines = (line for line in path.read_text().split("\n") if not line.startswith("#"))
    return {word for line in lines for word in line.split()}


def number(version):
    return [int(digits) for digits in re.findall(r"\d+", version)]


def reasons(path):
    lines = (line for line in path.read_text().split("\n") if line and not line.startswith("#"))
    known = {}
    for line in lines:
        about, reason = line.split(": ", 1)
        name, *limits = about.split(" ")
        limits = dict(zip(limits[::2], limits[1::2], strict=True))
        on, since = limits.pop("on", None), limits.pop("since", "0")
        if limits:
            sys.exit(f"{path}: `{about}`: a reason is limited by `on` and by `since`")
        if on in (None, os.environ["APPLE_ARCH"]) and number(os.environ["VERSION"]) >= number(since):
            known[name] = reason
    return known


def main(pyconfig, native, different):
    found = re.findall(r"^#define (HAVE_\w+) (\d+)$", pyconfig.read_text(), re.M)
    here, there = {name for name, value in found if value != "0"}, words(native)
    known = reasons(different)
    wrong = [f"{name} is defined here, and not on a Mac" for name in sorted(here - there) if name not in known]
    wrong += [f"{name} is defined on a Mac, and not here" for name in sorted(there - here) if name not in known]
    wrong += [f"{name} is the same as on a Mac: its reason can go" for name in sorted(known) if (name in here) == (name in there)]
    if wrong:
        sys.exit("configure, compared with a Mac:\n  " + "\n  ".join(wrong))


if __name__ == "__main__":
    main(*[pathlib.Path(argument) for argument in sys.argv[1:]])
