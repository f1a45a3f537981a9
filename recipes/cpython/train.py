"""The training workload: what the instrumented interpreter that runs this is made to do.

usage: train.py OUT

Three parts, in this order: CPython's own PGO tests, all of which must pass; starting up, which is most of what short
programs do; and the programs of workload.py. A part that fails is an error: half a profile makes a slow interpreter that
nobody suspects. OUT gets profile/cpython.profdata and report.json, which says what it was made of.
"""

import json
import os
import pathlib
import subprocess
import sys
import time

from started import read_started
from targets import filter_targets, read_homes

# Every start counts the whole start-up once; a test run of a few minutes counts it once, too.
STARTS = 40


def run(*arguments):
    done = subprocess.run([sys.executable, *arguments], stdin=subprocess.DEVNULL)
    if done.returncode:
        sys.exit(f"train: {' '.join(arguments)} ended with {done.returncode}; nothing is recorded")


def pgo_tests():
    from test.libregrtest.pgo import PGO_TESTS

    without = os.environ.get("TRAINING_WITHOUT", "").split()
    if unknown := set(without) - set(PGO_TESTS):
        sys.exit(f"train: TRAINING_WITHOUT names {sorted(unknown)}, which are no PGO tests of this version")
    tests = [test for test in PGO_TESTS if test not in without]
    run("-E", "-m", "test", "--pgo", "--timeout=900", *tests)
    return f"{len(tests)} files of CPython's PGO tests, all passed" + (f"; without {without}" if without else "")


def starts():
    for _ in range(STARTS):
        run("-c", "pass")
        run("-I", "-S", "-c", "pass")
    code = "import argparse, asyncio, collections, dataclasses, datetime, email, http.client, json, logging, pathlib, re, shutil, sqlite3, ssl, subprocess, tempfile, threading, typing, unittest, urllib.request, xml.etree.ElementTree, zipfile"
    for _ in range(STARTS // 4):
        run("-c", code)
    return f"{STARTS} with and {STARTS} without site, {STARTS // 4} with the usual imports"


def start():
    counts = "start.profraw"
    os.environ["LLVM_PROFILE_FILE"] = counts
    run("-c", "pass")
    return read_started(profdata("merge", "--text", "-o", "-", counts))


def programs():
    run("workload.py")
    from workload import PROGRAMS

    return ", ".join(sorted(PROGRAMS))


def profdata(*words):
    return subprocess.run(["llvm-profdata", *words], check=True, capture_output=True, text=True).stdout


def merge(counts, profile):
    instrumented = pathlib.Path("/in/instrument")
    homes = read_homes(
        (instrumented / "rules").read_text(),
        (instrumented / "symbols").read_text(),
        pathlib.Path("/in/setup/extensions.json").read_text(),
    )
    merged = profdata("merge", "--text", "-o", "-", *sorted(counts.glob("*.profraw")))
    filtered, dropped = filter_targets(merged, *homes)
    text = pathlib.Path("filtered.proftext")
    text.write_text(filtered)
    profdata("merge", "-o", profile, text)
    facts = dict(line.split(": ", 1) for line in profdata("show", profile).splitlines() if ": " in line)
    return facts["Total functions"], dropped


def main(out):
    counts = pathlib.Path("counts").resolve()
    # Not this process: it only starts the others.
    os.environ["LLVM_PROFILE_FILE"] = f"{counts}/%4m.profraw"
    report = {"flags": f"{os.environ['TARGET_CFLAGS']} {os.environ['PYTHON_CFLAGS']}"}
    for name, part in {"tests": pgo_tests, "starts": starts, "programs": programs}.items():
        begun = time.monotonic()
        report[name] = part()
        print(f"{report[name]} ({time.monotonic() - begun:.0f} s)", flush=True)
    (out / "profile").mkdir(parents=True)
    functions, dropped = merge(counts, out / "profile" / "cpython.profdata")
    report["functions"] = functions
    started = start()
    (out / "profile" / "starts.txt").write_text("".join(f"{name}\n" for name in started))
    report["started"] = f"{len(started)} functions in a start"
    report["targets"] = f"{dropped} of indirect calls left out: modules that may be left out, instructions of the bytecode"
    print(report)
    (out / "report.json").write_text(json.dumps(report, indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
