"""Measures one interpreter against another, interleaved, in one container.

Times are reported as ratios A/B: below 1, A is faster. Measure when nothing else runs; whatever is said to be
"within noise" has not been shown to differ. A run that was broken off goes on when it is started again.

  ci/bench dist/cpython-….tar.gz               all suites, against Debian's python3.13, 15 pairs or more
  ci/bench DIST --quick                        some minutes, to see whether something is badly off
  ci/bench DIST1 DIST2 --suite micro,startup   two of ours
  ci/bench debian debian --suite micro         how much noise there is
  ci/bench --here python3.12 python3.13 --suite startup     without a container, as they are on this machine
  ci/bench --report target/bench/results/NAME  the table once more
  ci/bench single DIST                         executables in one file: `ci/bench single --help`
  ci/bench fetch DIST…                         getting what is published: `ci/bench fetch --help`
  ci/bench wine WINDOWS-DIST                   executables for Windows: `ci/bench wine --help`

Needs root or user namespaces, `pbs` built in this checkout (or PBS_BENCH_PBS), and pip for pyperformance.
"""

import argparse
import os
import signal
import sys

import container
import fetched
import report
import runs
import wine
from problem import Problem
from single import command as single

SUITES = ["startup", "imports", "micro", "pyperformance"]


def options():
    parser = argparse.ArgumentParser(
        prog="ci/bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("a", nargs="?", metavar="A", help="archive, unpacked directory, or `debian`")
    parser.add_argument("b", nargs="?", metavar="B", default="debian", help="what A is held against [default: debian]")
    parser.add_argument("--suite", metavar="NAME,…", default=",".join(SUITES), help=f"of: {', '.join(SUITES)}")
    parser.add_argument("--only", metavar="WORD,…", default="", help="only what has one of these words in its name")
    parser.add_argument("--pairs", type=int, metavar="N", help="pairs of each [default: by suite, at least 15]")
    parser.add_argument("--quick", action="store_true", help="few pairs, a subset of pyperformance")
    parser.add_argument("--no-counts", action="store_true", help="times only: no system calls, no instructions")
    parser.add_argument("--cpus", metavar="N,…", default="", help="cores to pin to, one stream on each [default: the last one]")
    parser.add_argument("--here", action="store_true", help="no container; A and B are programs, as `python3`")
    parser.add_argument("--out", metavar="DIR", help="where results are kept [default: target/bench/results/…]")
    parser.add_argument("--fresh", action="store_true", help="forget the results that are there")
    parser.add_argument("--json", metavar="FILE", help="write all raw values and the summary")
    parser.add_argument("--report", metavar="DIR", help="only print the table of these results")
    return parser


def main(arguments):
    if arguments and arguments[0] == "single":
        single.main(arguments[1:])
        return
    if arguments and arguments[0] == "fetch":
        fetched.main(arguments[1:])
        return
    if arguments and arguments[0] == "wine":
        wine.main(arguments[1:])
        return
    given = options().parse_args(arguments)
    if given.report:
        results = given.report
        if not os.path.exists(os.path.join(results, "run.json")):
            raise Problem(f"`{results}` has no results", "name a directory that `ci/bench` wrote, in target/bench/results")
    else:
        wanted = check(given)
        results = runs.run(given, wanted)
    text, data = report.make(results)
    print(text, end="")
    if given.json:
        report.write_json(given.json, data)


def check(given):
    """What is wrong with the words is said before anything is unpacked."""
    if given.a is None:
        raise Problem("no interpreter is named", "ci/bench DIST, with an archive that `pbs build` printed")
    wanted = [name for name in given.suite.split(",") if name]
    for name in wanted:
        if name not in SUITES:
            raise Problem(f"there is no suite `{name}`", f"there is: {', '.join(SUITES)}")
    if given.pairs is not None and given.pairs < 2:
        raise Problem(f"`--pairs {given.pairs}` is too few to say anything of spread", "give 2 or more; 15 for a result")
    cpus = runs.cpus(given.cpus)
    absent = sorted(set(cpus) - os.sched_getaffinity(0))
    if absent:
        raise Problem(f"this process may not run on core {absent[0]}", f"there is: {sorted(os.sched_getaffinity(0))}")
    if given.here and "pyperformance" in wanted:
        if given.suite != options().get_default("suite"):
            raise Problem("pyperformance runs in the container only", "leave out `--here`, or name other suites")
        wanted.remove("pyperformance")
    if not given.here:
        container.check_rights()
    return wanted


def stop(*_):
    raise KeyboardInterrupt


if __name__ == "__main__":
    # As Ctrl-C: the container goes, too.
    signal.signal(signal.SIGTERM, stop)
    try:
        main(sys.argv[1:])
    except Problem as problem:
        print(f"bench: {problem}", file=sys.stderr)
        if problem.hint:
            print(f"  hint: {problem.hint}", file=sys.stderr)
        sys.exit(2)
    except BrokenPipeError:
        sys.exit(1)
    except OSError as error:
        print(f"bench: {error}", file=sys.stderr)
        print("  hint: PBS_BENCH_DIR names another place for the container and the results", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit("bench: interrupted; the same command goes on from here")
