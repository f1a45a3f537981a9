"""Measures executables in one file against the interpreter they were linked from, and against other tools' files.

Times are reported as ratios A/B with the 95% bootstrap interval of their median: below 1, A is faster. Measure when
nothing else runs. What is built is kept; a run that was broken off goes on when it is started again.

  ci/bench single dist/cpython-…-full.tar.zst              everything, about 8 minutes after the building
  ci/bench single DIST --build                             only build: some minutes, most of them Nuitka's
  ci/bench single DIST --quick                             few rounds, to see whether something is badly off
  ci/bench single DIST --only start,imports                some parts
  ci/bench single --report target/bench/results/single-…   the tables once more

Needs `pbs` built in this checkout (or PBS_BENCH_PBS), ld.lld, and for single parts strace, GNU time, root (for an
empty page cache), pip and gcc. PBS_BENCH_DIR names another place for all that is kept.
"""

import argparse
import datetime
import json
import os
import re

import container
import process
import report as reports
import runs
from problem import Problem

from single import rounds, section
from single.built import Built
from single.suite import PARTS, Suite


def options():
    parser = argparse.ArgumentParser(
        prog="ci/bench single", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("dist", nargs="?", metavar="DIST", help="a full archive")
    parser.add_argument("--only", metavar="PART,…", default=",".join(PARTS), help=f"of: {', '.join(PARTS)}")
    parser.add_argument("--skip", metavar="PART,…", default="", help="leave these parts out")
    parser.add_argument("--build", action="store_true", help="build what will be measured, and stop")
    parser.add_argument("--quick", action="store_true", help="few rounds of each")
    parser.add_argument("--rounds", type=int, metavar="N", help="rounds of each [default: by part, 15 to 200]")
    parser.add_argument("--cpu", type=int, metavar="N", help="the core to pin to [default: the last one]")
    parser.add_argument("--out", metavar="DIR", help="where results are kept [default: target/bench/results/single-…]")
    parser.add_argument("--fresh", action="store_true", help="forget the results that are there")
    parser.add_argument("--json", metavar="FILE", help="write all raw values and the summary")
    parser.add_argument("--markdown", metavar="FILE", help="write the section for BENCHMARKS.md, which is printed, too")
    parser.add_argument("--report", metavar="DIR", help="only print the tables of these results")
    return parser


def main(arguments):
    given = options().parse_args(arguments)
    if given.report:
        results = given.report
        if not os.path.exists(os.path.join(results, "single.json")):
            raise Problem(f"`{results}` has no results", "name a directory that `ci/bench single` wrote, in target/bench/results")
    else:
        results = measure(given, check(given))
        if results is None:
            return
    text, data = section.make(results)
    reports.tell(given, text, data)


def check(given):
    """The parts that are wanted; what is wrong with the words is said before anything is built."""
    if given.dist is None:
        raise Problem("no distribution is named", "ci/bench single DIST, with a full archive that `pbs build` printed")
    named = [[name for name in text.split(",") if name] for text in (given.only, given.skip)]
    for name in named[0] + named[1]:
        if name not in PARTS:
            raise Problem(f"there is no part `{name}`", f"there is: {', '.join(PARTS)}")
    if given.rounds is not None and given.rounds < 2:
        raise Problem(f"`--rounds {given.rounds}` is too few to say anything of spread", "give 2 or more; 15 for a result")
    if given.cpu is not None and given.cpu not in os.sched_getaffinity(0):
        raise Problem(f"this process may not run on core {given.cpu}", f"there is: {sorted(os.sched_getaffinity(0))}")
    return [name for name in PARTS if name in named[0] and name not in named[1]]


def measure(given, parts):
    """Measures what is not measured yet; the directory of results, or nothing if it was only to be built."""
    rounds.allowed()
    built = Built(given.dist)
    suite = Suite(built, parts)
    if given.build:
        container.say(f"built: {built.place}")
        return None
    name = "single-" + re.sub(r"[^A-Za-z0-9.+_-]+", "-", built.interpreter.label) + ("-quick" if given.quick else "")
    results = os.path.abspath(given.out or os.path.join(container.WORK, "results", name))
    if given.fresh:
        container.remove(results)
    os.makedirs(results, exist_ok=True)
    rows = os.path.join(results, "rows.jsonl")
    with runs.only_one(results):
        begin(results, suite, given.quick)
        # What was just written lies in memory otherwise than what was read.
        container.settle(built.directory, built.place)
        if "calls" in parts:
            suite.calls()
        keep(results, suite)
        cpu = max(rounds.allowed()) if given.cpu is None else given.cpu
        try:
            for stage, blocks in suite.stages:
                rounds.measure_all(stage, blocks, given.quick, given.rounds, rows, cpu, warm_up=stage != "cold")
        except process.Failed as error:
            raise Problem(f"a measured program fails: {error}", f"results so far: {results}") from None
        finally:
            os.sched_setaffinity(0, rounds.allowed())
    return results


def begin(results, suite, quick):
    """Refuses to mix results of different things."""
    path = os.path.join(results, "single.json")
    suite.about = {
        "date": datetime.date.today().isoformat(),
        "machine": runs.machine(),
        "distribution": suite.built.interpreter.label,
        "identity": os.path.basename(suite.built.place),
        "version": suite.built.version(),
        "quick": quick,
    }
    if os.path.exists(path):
        before = json.loads(runs.read(path))
        if any(before[key] != suite.about[key] for key in ("machine", "identity", "quick")):
            raise Problem(
                f"`{results}` has results of another distribution or `pbs`, or of another machine",
                "`--fresh` forgets them, `--out DIR` keeps both",
            )
        suite.about["date"] = before["date"]
        # Parts that are not asked for this time stay.
        for key in ("sizes", "calls", "tools", "others"):
            suite.facts[key] = {**before[key], **suite.facts[key]}


def keep(results, suite):
    ratios = {block.name: block.ratios for _, blocks in suite.stages for block in blocks}
    path = os.path.join(results, "single.json")
    if os.path.exists(path):
        ratios = {**json.loads(runs.read(path))["ratios"], **ratios}
    with open(path, "w", encoding="utf-8") as file:
        json.dump({**suite.about, **suite.facts, "ratios": ratios}, file, indent=1)
