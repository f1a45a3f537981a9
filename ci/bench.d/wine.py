"""Measures a single-file executable for Windows against the installation it is linked from, both under Wine.

A process of the installed interpreter starts the two in turn, so that Wine's server is there already, and takes the
times inside. Ratios are A/B with the 95% bootstrap interval of their median: below 1, A is faster.

  ci/bench wine dist/cpython-…-full.tar.zst      some minutes
  ci/bench wine DIST --quick                     few rounds, to see whether something is badly off
  ci/bench wine DIST --markdown FILE             write the section for BENCHMARKS.md, which is printed, too

Needs `pbs` built in this checkout (or PBS_BENCH_PBS), lld, tar and zstd, and Wine's root in target/wine (or PBS_WINE_ROOT):
`pbs image unpack wine target/wine`.
"""

import argparse
import datetime
import json
import os
import shutil
import subprocess
import tempfile
import zlib

import container
import report as reports
import runs
from figures import Ratio
from problem import Problem
from single.section import shown, spread, table

SINGLE, INSTALLED = "one file", "installed"
TITLES = {"start": "`-I -c pass`", "imports": "the whole library imported"}
# Half of Wine's DLLs are left out of the root, and user32.dll is linked with this one of Debian's.
ZLIB = "usr/x86_64-w64-mingw32/lib/zlib1.dll"


def options():
    parser = argparse.ArgumentParser(
        prog="ci/bench wine", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("dist", nargs="?", metavar="DIST", help="a full archive for Windows")
    parser.add_argument("--quick", action="store_true", help="few rounds of each")
    parser.add_argument("--json", metavar="FILE", help="write all raw values")
    parser.add_argument("--markdown", metavar="FILE", help="write the section for BENCHMARKS.md, which is printed, too")
    return parser


def main(arguments):
    given = options().parse_args(arguments)
    root = check(given)
    with tempfile.TemporaryDirectory(prefix="pbs-bench-wine-", dir="/tmp") as place:
        rows, sizes = measure(given, root, place)
    text = section(given.dist, rows, sizes)
    reports.tell(given, text, {"rows": rows, "sizes": sizes})


def check(given):
    """What is wrong with the words is said before anything is unpacked; Wine's root."""
    if given.dist is None:
        raise Problem("no archive is named", "ci/bench wine DIST, with a full archive that `pbs build` printed")
    if not os.path.isfile(given.dist):
        raise Problem(f"there is no archive `{given.dist}`", "`pbs build` prints the paths of archives")
    if "-windows-" not in os.path.basename(given.dist) or "-full." not in os.path.basename(given.dist):
        raise Problem(f"`{given.dist}` is no full archive for Windows", "`pbs build --target x86_64-pc-windows-msvc` makes one")
    root = os.environ.get("PBS_WINE_ROOT", os.path.join(container.CHECKOUT, "target", "wine"))
    if not os.path.exists(os.path.join(root, ZLIB)):
        raise Problem(f"there is no Wine in `{root}`", "`pbs image unpack wine target/wine`, or set PBS_WINE_ROOT")
    return root


def measure(given, root, place):
    container.say("unpacking, and linking one file")
    dist, single = os.path.join(place, "dist"), os.path.join(place, "single.exe")
    container.unpack(given.dist, dist)
    installation = os.path.join(dist, "python", "install")
    run([container.pbs(), "--store", os.path.join(place, "store"), "link", dist, "-o", single, "--quiet"])

    container.say("making a Windows")
    windows = os.path.join(place, "windows")
    system = os.path.join(windows, "drive_c", "windows", "system32")
    os.makedirs(system)
    shutil.copy(os.path.join(root, ZLIB), system)
    env = {**os.environ, "WINEPREFIX": windows, "PBS_WINE_ROOT": root}
    wine = os.path.join(container.CHECKOUT, "ci", "wine")
    run([wine, "wineboot", "--init"], env=env)

    container.say("measuring")
    for name in ("wine_inside.py", "modules.py"):
        shutil.copy(os.path.join(container.HERE, name), place)
    python = os.path.join(installation, "python.exe")
    rounds = (15, 6) if given.quick else (200, 30)
    inside = os.path.join(place, "wine_inside.py")
    told = run([wine, "wine", python, "-I", inside, single, *map(str, rounds)], env=env)
    run([wine, "wineserver", "--kill"], env=env, fails=True)
    rows = [json.loads(line) for line in told.splitlines() if line.startswith("{")]
    library = sum(os.lstat(os.path.join(at, name)).st_size for at, _, names in os.walk(installation) for name in names)
    return rows, {SINGLE: os.path.getsize(single), INSTALLED: library}


def run(command, env=None, fails=False):
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", env=env, stdin=subprocess.DEVNULL)
    if done.returncode and not fails:
        said = (done.stderr or done.stdout).strip().splitlines()
        raise Problem(f"`{' '.join(command[:3])}` fails: {said[-1] if said else f'exit code {done.returncode}'}")
    return done.stdout


def section(dist, rows, sizes):
    lines = []
    for block, title in TITLES.items():
        of = [row for row in rows if row["block"] == block]
        values = {arm: [row["values"][arm] for row in of] for arm in (SINGLE, INSTALLED)}
        ratio = Ratio(list(zip(values[SINGLE], values[INSTALLED])), seed=zlib.crc32(block.encode()))
        modules = f", {of[0]['modules']} modules" if "modules" in of[0] else ""
        lines.append([title + modules, spread(values[SINGLE]), spread(values[INSTALLED]), f"{shown(ratio)}, {ratio.pairs} rounds"])
    heading = [
        f"## Single-file executables for Windows, under Wine, {datetime.date.today().isoformat()}",
        "",
        f"`ci/bench wine {os.path.basename(dist)}`: started in turn, in a random order, by a process inside; {runs.machine()}, "
        f"load average {os.getloadavg()[0]:.1f}. Times are medians with the middle half in brackets, the ratio is the median of "
        f"those within rounds with its 95% bootstrap interval. The file has {sizes[SINGLE] / 1e6:.1f} MB, the installation "
        f"{sizes[INSTALLED] / 1e6:.1f} MB.",
        "",
    ]
    return "\n".join(heading + table(["what", SINGLE, INSTALLED, "ratio (seed: 0.73)"], lines)) + "\n"
