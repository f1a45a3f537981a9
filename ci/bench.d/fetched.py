"""Measures `pbs fetch` against curl and tar, each from an empty directory, from nginx on the loopback interface.

Times are reported as ratios A/B with the 95% bootstrap interval of their median: below 1, A is faster. Both read the
same file from the same server, right after one another, the first of them changing by chance.

  ci/bench fetch dist/cpython-….tar.gz           some minutes; several archives may be named
  ci/bench fetch DIST --quick                    few rounds, to see whether something is badly off
  ci/bench fetch DIST --markdown FILE            write the table for BENCHMARKS.md, which is printed, too

Needs nginx, curl, tar, GNU time, zstd for archives that end so, and `pbs` built in this checkout (or PBS_BENCH_PBS).
"""

import argparse
import contextlib
import datetime
import os
import shutil
import socket
import statistics
import subprocess
import tempfile
import time
import zlib

import container
import process
import report as reports
import runs
from figures import Ratio
from problem import Problem
from rows import read_rows
from single import rounds
from single.arms import Arm, Block
from single.section import shown, spread, table

OURS, THEIRS, CACHED = "pbs fetch", "curl and tar", "pbs fetch, cached"
PEAK = "peak memory"

NGINX = """daemon off;
master_process off;
pid nginx.pid;
events {{ worker_connections 64; }}
http {{
    access_log off;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    sendfile on;
    server {{ listen 127.0.0.1:{port}; root {root}; }}
}}
"""


def options():
    parser = argparse.ArgumentParser(
        prog="ci/bench fetch", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("dist", nargs="*", metavar="DIST", help="an archive that `pbs build` printed")
    parser.add_argument("--quick", action="store_true", help="few rounds of each")
    parser.add_argument("--rounds", type=int, metavar="N", help="rounds of each [default: 30]")
    parser.add_argument("--json", metavar="FILE", help="write all raw values")
    parser.add_argument("--markdown", metavar="FILE", help="write the section for BENCHMARKS.md, which is printed, too")
    return parser


def main(arguments):
    given = options().parse_args(arguments)
    check(given)
    with tempfile.TemporaryDirectory(prefix="pbs-bench-fetch-") as place:
        text, rows = measure(given, place)
    reports.tell(given, text, {"rows": rows})


def check(given):
    if not given.dist:
        raise Problem("no archive is named", "ci/bench fetch DIST, with an archive that `pbs build` printed")
    for path in given.dist:
        if not os.path.isfile(path):
            raise Problem(f"there is no archive `{path}`", "`pbs build` prints the paths of archives")
    if given.rounds is not None and given.rounds < 2:
        raise Problem(f"`--rounds {given.rounds}` is too few to say anything of spread", "give 2 or more; 15 for a result")
    for program, package in (("curl", "curl"), ("tar", "tar"), ("time", "time"), ("nginx", "nginx")):
        found(program, package)
    if any(path.endswith(".zst") for path in given.dist):
        found("zstd", "zstd")


def found(program, package):
    """The path of a program; Debian puts servers where only root looks."""
    path = shutil.which(program, path=os.environ.get("PATH", "") + ":/usr/sbin")
    if path is None:
        raise Problem(f"there is no `{program}`", f"apt-get install {package}")
    return path


def measure(given, place):
    pbs = os.path.abspath(container.pbs())
    base, key = publish(pbs, given.dist, place)
    with serving(os.path.join(place, "public"), base, place):
        rows = os.path.join(place, "rows.jsonl")
        blocks = [block for path in given.dist for block in of_archive(pbs, path, base, key, place)]
        try:
            rounds.measure_all("fetch", blocks, given.quick, given.rounds, rows, None)
        except process.Failed as error:
            raise Problem(f"a measured program fails: {error}") from None
        measured = list(read_rows(rows))
    return section(given.dist, measured, versions(pbs)), measured


def publish(pbs, archives, place):
    """A directory as people publish it; its address and the key that signs it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        base = f"http://127.0.0.1:{free.getsockname()[1]}"
    secret = os.path.join(place, "bench.key")
    store = ["--store", os.path.join(place, "publisher"), "--quiet"]
    told = run([pbs, *store, "publish", "key", "new", secret])
    run([pbs, *store, "publish", *archives, "--to", os.path.join(place, "public"), "--key", secret, "--url", base])
    return base, told.split()[-1]


def run(command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise Problem(f"`{' '.join(command[:4])}` fails: {done.stderr.strip()}")
    return done.stdout


@contextlib.contextmanager
def serving(root, base, place):
    prefix = os.path.join(place, "nginx")
    os.mkdir(prefix)
    port = int(base.rsplit(":", 1)[1])
    with open(os.path.join(prefix, "nginx.conf"), "w", encoding="utf-8") as file:
        file.write(NGINX.format(port=port, root=root))
    log = os.path.join(prefix, "error.log")
    command = [found("nginx", "nginx"), "-p", prefix, "-e", log, "-c", os.path.join(prefix, "nginx.conf")]
    # What is measured is started by us, too: it and the server share the cores, as in a small CI machine.
    server = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(200):
            if server.poll() is not None:
                raise Problem(f"nginx does not start: {runs.read(log).strip()}")
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                break
            time.sleep(0.02)
        yield
    finally:
        server.terminate()
        server.wait()


def of_archive(pbs, path, base, key, place):
    """What is measured of an archive: times, and peak memory apart, as a program is started by another for that."""
    name = os.path.basename(path)
    url = f"{base}/archives/{name.replace('+', '%2B')}"
    warm = os.path.join(place, f"warm-{name}")

    def words(store):
        flavor = next(word for word in ("install_only_stripped", "install_only", "full") if f"-{word}." in name)
        return [pbs, "--store", store, "--quiet", "fetch", "--from", base, "--key", key, "--flavor", flavor]

    run(words(warm))
    script = f'{found("curl", "curl")} -fsS -o archive "$0" && {found("tar", "tar")} -xf archive'
    fresh = {
        OURS: lambda directory: words(os.path.join(directory, "store")),
        THEIRS: lambda _: ["/bin/sh", "-c", script, url],
        CACHED: lambda _: words(warm),
    }
    timed = [Arm(arm, anew(argv, wall)) for arm, argv in fresh.items()]
    peaks = [Arm(arm, anew(fresh[arm], memory(found("time", "time")))) for arm in (OURS, CACHED)]
    return [
        Block(name, timed, (30, 5), [(OURS, THEIRS)], pinned=False),
        Block(f"{name}: {PEAK}", peaks, (5, 2), [], pinned=False),
    ]


ENV = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "LANG": "C.UTF-8"}


def anew(argv, measured):
    """In an empty directory each time; what is left there goes when the time is taken."""

    def measure(scratch):
        directory = tempfile.mkdtemp(dir=scratch)
        try:
            return measured(argv(directory), scratch, directory)
        finally:
            os.chdir(scratch)
            shutil.rmtree(directory)

    return measure


def wall(argv, scratch, directory):
    finished = process.checked(argv, ENV, scratch, cwd=directory)
    return {"wall": finished.wall, "cpu": finished.cpu}


def memory(gnu_time):
    def measured(argv, scratch, directory):
        told = os.path.join(scratch, "peak")
        process.checked([gnu_time, "-f", "%M", "-o", told, *argv], ENV, scratch, cwd=directory)
        return {"peak": int(runs.read(told).split()[-1]) * 1024}

    return measured


def versions(pbs):
    commands = ([pbs, "--version"], [found("curl", "curl"), "--version"], [found("tar", "tar"), "--version"])
    told = [run(command).split("\n")[0].split(" (x86")[0] for command in commands]
    server = subprocess.run([found("nginx", "nginx"), "-v"], capture_output=True, text=True).stderr
    return ", ".join([*told, server.strip().removeprefix("nginx version: ")])


def section(archives, rows, programs):
    def values(block, arm, metric):
        return [row["values"][arm][metric] for row in rows if row["block"] == block]

    lines = []
    for path in archives:
        name = os.path.basename(path)
        ratio, work = (
            Ratio(list(zip(values(name, OURS, metric), values(name, THEIRS, metric))), seed=zlib.crc32(name.encode()))
            for metric in ("wall", "cpu")
        )
        peak = max(values(f"{name}: {PEAK}", OURS, "peak"))
        lines.append([
            f"{name} ({os.path.getsize(path) / 1e6:.1f} MB)",
            spread(values(name, OURS, "wall")),
            spread(values(name, THEIRS, "wall")),
            f"{shown(ratio)}, {ratio.pairs} rounds",
            shown(work),
            spread(values(name, CACHED, "wall")),
            f"{peak / 1e6:.0f} MB",
        ])
    load = statistics.median(row["load"] for row in rows)
    heading = [
        f"## `pbs fetch`, {datetime.date.today().isoformat()}",
        "",
        f"`ci/bench fetch DIST…`: from nginx on the loopback interface to an empty directory and an empty store, {OURS} "
        f"and {THEIRS} right after one another in a random order; {runs.machine()}, load average {load:.1f}; {programs}. "
        "Times are medians with the middle half in brackets, the ratio is the median of those within rounds with its 95% "
        "bootstrap interval.",
        "",
    ]
    headings = [
        "archive", OURS, THEIRS, "ratio (goal: ≤ 1.3)", "of CPU time", "cached (goal: ≤ 0.2 s)",
        "peak memory (goal: ≤ 100 MB)",
    ]
    return "\n".join(heading + table(headings, lines)) + "\n"
