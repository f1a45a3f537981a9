"""From the words of the command line to a directory of results."""

import datetime
import fcntl
import json
import os
import platform
import re
import shutil
import subprocess
import sys

import container
import fresh
from container import HERE, WORK
from problem import Problem

# What of the packages' versions a report names.
PYPERFORMANCE = re.compile(r"^(pyperformance|pyperf)==(\S+)", re.MULTILINE)


class Place:
    """The container's directories on this side."""

    def __init__(self, root, site):
        self.root = root
        self.site = site


def cpus(text):
    try:
        return [int(word) for word in text.split(",") if word]
    except ValueError:
        raise Problem(f"`--cpus {text}` is no list of cores", "such as `--cpus 1` or `--cpus 0,1`") from None


def run(given, wanted):
    """Measures what is not measured yet; the directory of results."""
    if given.here:
        sides = {"a": on_this_machine(given.a), "b": on_this_machine(given.b)}
    else:
        sides = {"a": container.interpreter(given.a), "b": container.interpreter(given.b)}
    results = os.path.abspath(given.out or os.path.join(WORK, "results", default_name(sides, given)))
    if given.fresh:
        container.remove(results)
    os.makedirs(results, exist_ok=True)
    alone = only_one(results)
    remember(results, sides, given)
    job = {
        "suites": wanted,
        "pairs": given.pairs,
        "quick": given.quick,
        "counts": not given.no_counts,
        "only": [word for word in given.only.split(",") if word],
        "cpus": cpus(given.cpus),
        "container": not given.here,
    }
    with alone:
        code = here(job, sides, results) if given.here else inside(job, sides, results)
    if code:
        raise Problem(f"the measurement ended with exit code {code}", f"what it says above; results so far: {results}")
    return results


def only_one(results):
    """Holds the results for as long as the file is open."""
    lock = open(os.path.join(results, ".lock"), "w", encoding="utf-8")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        raise Problem(f"another run writes to `{results}`", "wait for it, or keep these results elsewhere: `--out DIR`") from None
    return lock


def on_this_machine(word):
    path = shutil.which(word)
    if path is None:
        raise Problem(f"there is no program `{word}`", "with `--here`, name interpreters of this machine, as `python3`")
    # A shim of a version manager would be measured with what it starts.
    asked = subprocess.run([path, "-I", "-c", "import sys; print(sys.executable)"], capture_output=True, text=True)
    if asked.returncode:
        raise Problem(f"`{word}` is no Python interpreter")
    path = asked.stdout.strip()
    return container.Interpreter(path, container.digest_of(path), None, path)


def default_name(sides, given):
    names = [re.sub(r"[^A-Za-z0-9.+_-]+", "-", os.path.basename(side.label)) for side in sides.values()]
    name = names[0] if names[0] == names[1] else f"{names[0]}-against-{names[1]}"
    return name + ("-quick" if given.quick else "")


def remember(results, sides, given):
    """Writes what is measured; refuses to mix it with what was measured of others."""
    path = os.path.join(results, "run.json")
    run = {
        "date": datetime.date.today().isoformat(),
        "machine": machine(),
        "sides": {name: {"label": side.label, "identity": side.identity} for name, side in sides.items()},
        "quick": given.quick,
        "container": not given.here,
        "pairs_a_copy": None if given.here else fresh.PAIRS,
        "pyperformance": dict(PYPERFORMANCE.findall(read(os.path.join(HERE, "requirements.txt")))),
    }
    if os.path.exists(path):
        before = json.loads(read(path))
        same = all(before.get(key) == run[key] for key in ("sides", "quick", "container", "pairs_a_copy", "machine"))
        if not same:
            raise Problem(
                f"`{results}` has results of other interpreters, of another machine, or measured in another way",
                "`--fresh` forgets them, `--out DIR` keeps both",
            )
        run["date"] = before["date"]
    with open(path, "w", encoding="utf-8") as file:
        json.dump(run, file, indent=1)


def machine():
    model = re.search(r"^model name\s*: (.*)$", read("/proc/cpuinfo"), re.MULTILINE)
    return f"{model[1] if model else platform.machine()}, {os.cpu_count()} cores, Linux {platform.release()}"


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def write_job(results, job):
    with open(os.path.join(results, "job.json"), "w", encoding="utf-8") as file:
        json.dump(job, file, indent=1)


def here(job, sides, results):
    job["sides"] = {name: {"python": side.inside, "label": side.label} for name, side in sides.items()}
    write_job(results, {**job, "results": results, "site": None})
    return subprocess.run([sys.executable, os.path.join(HERE, "measure.py"), os.path.join(results, "job.json")]).returncode


def inside(job, sides, results):
    root = container.root()
    site = container.site(version_of(container.DEBIAN)) if "pyperformance" in job["suites"] else None
    place = Place(root, site)
    mounts = {name: side.mount for name, side in sides.items()}
    job["sides"] = {name: {"python": side.path(name), "label": side.label} for name, side in sides.items()}
    write_job(results, {**job, "results": "/bench/results", "site": site and "/bench/site"})
    compile_all(place, mounts, sides, results)
    libraries = [container.library(side, root) for side in sides.values()]
    if all(libraries):
        with open(os.path.join(results, "differing.json"), "w", encoding="utf-8") as file:
            json.dump(container.differing(*libraries), file, indent=1)
    container.settle(os.path.join(root, "usr"), *(side.mount for side in sides.values() if side.mount))
    command = [container.DEBIAN, "/bench/code/measure.py", "/bench/results/job.json"]
    return container.enter("ro", place, mounts, results, command)


def version_of(path):
    return os.path.basename(path).removeprefix("python")


def compile_all(place, mounts, sides, results):
    """Debian's packages carry no bytecode: their scripts make it when they are installed. A distribution that
    ships none gets it, too: what is measured is the interpreter, not the compiler."""
    for name, side in sides.items():
        libraries = ["/usr/lib/python3", "/usr/lib/python3.13"]
        if side.mount is not None:
            libraries = [f"/opt/{name}/{os.path.dirname(os.path.dirname(side.inside))}/lib"]
        if place.site:
            libraries.append("/bench/site")
        stamps = [os.path.join(side.mount or place.root, ".bytecode")] + ([f"{place.site}/.bytecode"] if place.site else [])
        if all(os.path.exists(stamp) for stamp in stamps):
            continue
        container.say(f"compiling what has no bytecode yet: {side.label}")
        command = ["-u", "PYTHONDONTWRITEBYTECODE", side.path(name), "-I", "/bench/code/prepare.py", *libraries]
        if container.enter("rw", place, mounts, results, ["/usr/bin/env", *command]):
            raise Problem(f"{side.label} cannot compile its own library", "does it run on this machine at all?")
        for stamp in stamps:
            with open(stamp, "w", encoding="utf-8"):
                pass
