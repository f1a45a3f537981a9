"""Runs the pairs, in the container or here, and appends each result to `rows.jsonl` of the results.

`python measure.py JOB`: JOB is a JSON file that bench.py writes. What is in the results already is not done again.
"""

import json
import os
import queue
import signal
import sys
import tempfile
import threading
import time

import kernel
import process
import suites
from fresh import Fresh
from rows import read_rows


def main(path):
    with open(path, encoding="utf-8") as file:
        job = json.load(file)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    if job["container"]:
        kernel.bring_up_loopback()
    sides = [suites.Side(name, **job["sides"][name]) for name in ("a", "b")]
    place = suites.Place(job["results"], job["site"], job["quick"], job["counts"])
    rows = os.path.join(job["results"], "rows.jsonl")
    cpus = job["cpus"] or [max(os.sched_getaffinity(0))]
    os.sched_setaffinity(0, {cpus[0]})
    describe(job, sides, place)
    for name in job["suites"]:
        items = suites.SUITES[name](place, sides)
        wanted = [item for item in items if not job["only"] or any(word in item.name for word in job["only"])]
        if job["only"] and not wanted:
            suites.say(f"{name}: nothing is called {' or '.join(job['only'])}")
        pairs = job["pairs"] or suites.PAIRS[name][job["quick"]]
        # Without a container they are somebody's own files.
        with Fresh(sides if job["container"] else [], place) as fresh:
            measure_all(wanted, pairs, sides, rows, cpus, fresh, job["container"])


def describe(job, sides, place):
    """Asks the interpreters what they are, for the report."""
    code = (
        "import sys, platform, sysconfig, json; print(json.dumps({'version': platform.python_version(),"
        "'compiler': platform.python_compiler(), 'configured': sysconfig.get_config_var('CONFIG_ARGS'),"
        "'cflags': sysconfig.get_config_var('PY_CORE_CFLAGS')}))"
    )
    about = {}
    for side in sides:
        finished = process.checked([side.python, "-I", "-c", code], place.env, "/tmp", cwd="/tmp")
        about[side.name] = json.loads(finished.stdout)
    with open(os.path.join(job["results"], "interpreters.json"), "w", encoding="utf-8") as file:
        json.dump(about, file, indent=1)


def measure_all(items, pairs, sides, path, cpus, fresh, container):
    """All items once, then all once more: what is broken off has some pairs of everything, and a bad quarter
    of an hour hits all items a little rather than a few badly."""
    before = done_before(path)
    work = queue.Queue()
    for pair in range(pairs):
        for number, item in enumerate(items):
            if pair < (item.pairs or pairs) and (item.suite, item.name, kind(item), pair) not in before:
                work.put((pair, number, item))
    total = work.qsize()
    if not total:
        return
    progress = Progress(items[0].suite, total)
    lock = threading.Lock()
    broken, errors = set(), []

    def stream(cpu):
        os.sched_setaffinity(0, {cpu})
        # Two servers cannot have one port.
        if container and cpu != cpus[0]:
            kernel.leave_network()
        with tempfile.TemporaryDirectory(dir="/tmp") as scratch:
            while not errors:
                try:
                    pair, number, item = work.get_nowait()
                except queue.Empty:
                    return
                if number in broken:
                    continue
                with lock:
                    fresh.before(pair)
                try:
                    row = measure_pair(item, pair, sides, scratch)
                except process.Failed as error:
                    broken.add(number)
                    row = {"suite": item.suite, "item": item.name, "failed": str(error)}
                    suites.say(f"{item.suite}: {item.name}: {error}")
                with lock:
                    with open(path, "a", encoding="utf-8") as file:
                        file.write(json.dumps(row) + "\n")
                    progress.step()

    def guarded(cpu):
        try:
            stream(cpu)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=guarded, args=(cpu,)) for cpu in cpus[1:]]
    for thread in threads:
        thread.start()
    guarded(cpus[0])
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


def kind(item):
    """Tells items of one name apart: the function that measures."""
    return item.measure.__qualname__.split(".")[0]


def done_before(path):
    return {(row["suite"], row["item"], row["kind"], row["pair"]) for row in read_rows(path) if "pair" in row}


def measure_pair(item, pair, sides, scratch):
    """Both sides, one right after the other; who goes first changes from pair to pair."""
    order = sides if pair % 2 == 0 else sides[::-1]
    values = {side.name: item.measure(side, scratch) for side in order}
    return {
        "suite": item.suite,
        "item": item.name,
        "kind": kind(item),
        "pair": pair,
        "first": order[0].name,
        "load": os.getloadavg()[0],
        **values,
    }


class Progress:
    """One line, rewritten on a terminal; else one every minute."""

    def __init__(self, suite, total):
        self.suite, self.total, self.done = suite, total, 0
        self.start = self.shown = time.monotonic()

    def step(self):
        self.done += 1
        now = time.monotonic()
        terminal = sys.stderr.isatty()
        if self.done < self.total and now - self.shown < (0.2 if terminal else 60):
            return
        self.shown = now
        left = (now - self.start) / self.done * (self.total - self.done)
        text = f"{self.suite}: {self.done} of {self.total} pairs, {left / 60:.0f} min left"
        sys.stderr.write(f"\r{text} " if terminal else f"{text}\n")
        if terminal and self.done == self.total:
            sys.stderr.write("\n")
        sys.stderr.flush()


if __name__ == "__main__":
    try:
        main(sys.argv[1])
    except process.Failed as error:
        sys.exit(f"bench: {error}")
    except KeyboardInterrupt:
        sys.exit("bench: interrupted; the same command goes on from here")
