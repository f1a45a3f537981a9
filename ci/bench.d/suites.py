"""What is measured. A suite gives items; an item measures one side once and gives named lists of values."""

import json
import os
import re
import shutil
import sys
import time

import process

HERE = os.path.dirname(os.path.abspath(__file__))


class Side:
    """An interpreter: `a` is the one that is asked about, `b` the one it is held against."""

    def __init__(self, name, python, label):
        self.name = name
        self.python = python
        self.label = label


class Place:
    """Where processes run, and what all of them share."""

    def __init__(self, results, site, quick, counts=True):
        self.results = results
        self.site = site
        self.quick = quick
        self.counts = counts
        self.env = {
            "PATH": "/usr/bin:/bin",
            "HOME": "/tmp",
            "LANG": "C.UTF-8",
            "PYTHONHASHSEED": "0",
            "PYTHONDONTWRITEBYTECODE": "1",
        }

    def kept(self, name, make):
        """The content of a JSON file of the results, made if it is not there."""
        path = os.path.join(self.results, name)
        if os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                return json.load(file)
        value = make()
        with open(path + ".part", "w", encoding="utf-8") as file:
            json.dump(value, file, indent=1)
        os.replace(path + ".part", path)
        return value


class Item:
    """One thing that is measured. `pairs` limits how often, for what hardly varies or takes long."""

    def __init__(self, suite, name, measure, pairs=None):
        self.suite = suite
        self.name = name
        self.measure = measure
        self.pairs = pairs


def say(text):
    print(text, file=sys.stderr, flush=True)


# Start-up and imports: whole processes.


def whole_process(place, arguments, timeout=120.0):
    def measure(side, scratch):
        finished = process.checked([side.python, *arguments], place.env, scratch, timeout=timeout, cwd="/tmp")
        return {"wall": [finished.wall], "cpu": [finished.cpu], "faults": [finished.faults]}

    return measure


def import_times(place, arguments):
    def measure(side, scratch):
        finished = process.checked([side.python, "-X", "importtime", *arguments], place.env, scratch, cwd="/tmp")
        own = re.findall(rb"^import time: +(\d+) \|", finished.stderr, re.MULTILINE)
        if not own:
            raise process.Failed("-X importtime printed nothing")
        return {"importtime": [sum(map(int, own)) / 1e6]}

    return measure


def system_calls(place, strace, arguments):
    def measure(side, scratch):
        counts = os.path.join(scratch, "calls")
        command = [strace, "-f", "-c", "-o", counts, side.python, *arguments]
        process.checked(command, place.env, scratch, cwd="/tmp")
        with open(counts, encoding="utf-8") as lines:
            total = lines.read().strip().splitlines()[-1].split()
        # "100.00  0.01  4  315  41 total": seconds and errors may be missing, calls is the fourth.
        return {"calls": [int(total[3])]}

    return measure


def instructions(place, valgrind, arguments):
    def measure(side, scratch):
        command = [valgrind, "--tool=callgrind", "--callgrind-out-file=/dev/null", side.python, *arguments]
        finished = process.checked(command, place.env, scratch, timeout=900.0, cwd="/tmp")
        counted = re.search(rb"Collected : (\d+)", finished.stderr)
        if not counted:
            raise process.Failed("callgrind printed no sum")
        return {"instructions": [int(counted[1])]}

    return measure


def counted(place, suite, name, arguments):
    """What tools count about one command line. They slow it down, so its time is measured elsewhere."""
    items = [Item(suite, name, import_times(place, arguments), pairs=20)]
    tools = [("strace", system_calls), ("valgrind", instructions)] if place.counts else []
    for tool, make in tools:
        path = shutil.which(tool)
        if path is None:
            say(f"no {tool} here: {make.__name__.replace('_', ' ')} are not counted")
        elif not (place.quick and suite == "imports"):
            items.append(Item(suite, name, make(place, path, arguments), pairs=3 if suite == "startup" else 1))
    return items


def startup(place, sides):
    items = []
    for arguments in (["-c", "pass"], ["-I", "-c", "pass"], ["-I", "-S", "-c", "pass"]):
        name = " ".join(["python", *arguments])
        items.append(Item("startup", name, whole_process(place, arguments)))
        items += counted(place, "startup", name, arguments)
    return items


def imports(place, sides):
    script = os.path.join(HERE, "modules.py")
    listed = os.path.join(place.results, "modules.txt")

    def ask(side, *arguments):
        command = [side.python, "-I", script, *arguments]
        return process.checked(command, place.env, "/tmp", cwd="/tmp").stdout.decode().split()

    def find():
        found = [set(ask(side, "find")) for side in sides]
        both = sorted(set.intersection(*found))
        while True:
            write_lines(listed, both)
            failing = set().union(*(ask(side, "check", listed) for side in sides))
            if not failing:
                return {"imported": both, "only": {s.name: sorted(f - set(both)) for s, f in zip(sides, found)}}
            both = [name for name in both if name not in failing]

    found = place.kept("modules.json", find)
    write_lines(listed, found["imported"])
    arguments = ["-I", script, "import", listed]
    name = f"import of {len(found['imported'])} modules"
    return [
        Item("imports", name, whole_process(place, arguments, timeout=300.0)),
        *counted(place, "imports", name, arguments),
    ]


def write_lines(path, lines):
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")


# Our own quick set.


def micro(place, sides):
    import workloads

    script = os.path.join(HERE, "workloads.py")

    def item(name):
        def measure(side, scratch):
            command = [side.python, script, name, "2"]
            finished = process.checked(command, place.env, scratch, timeout=120.0, cwd="/tmp")
            return {"cpu": [float(line) for line in finished.stdout.split()]}

        return Item("micro", name, measure)

    return [item(name) for name in workloads.WORKLOADS]


# pyperformance: its benchmarks, our order.

# Not tried, and why.
LEFT_OUT = {
    "hg_startup": "needs Mercurial as a program; pyperformance has taken it off its own list",
    "yaml": "not on pyperformance's own list",
}

# A tenth of the suite that goes through most of the interpreter.
QUICK = {
    "2to3", "async_generators", "chaos", "comprehensions", "deepcopy", "django_template", "json_loads", "logging",
    "nbody", "pickle_pure_python", "python_startup", "regex_compile", "richards", "sqlite_synth", "xml_etree",
}


def pyperformance(place, sides):
    if not place.site:
        raise process.Failed("pyperformance runs in the container only: leave out `--here`")
    sys.path.insert(0, place.site)
    from pyperformance._manifest import load_manifest

    sys.path.remove(place.site)
    env = dict(place.env, PYTHONPATH=place.site)
    benchmarks = {bench.name: bench for bench in load_manifest(None).benchmarks}

    def worker(bench, task, side, scratch, *options, timeout=300.0):
        """One worker process of pyperf: its values and loops; nothing if the script has no such task."""
        output = os.path.join(scratch, "pyperf.json")
        if os.path.exists(output):
            os.remove(output)
        command = [side.python, bench.runscript, *(bench.extra_opts or []), "--worker", f"--worker-task={task}",
                   "--output", output, *options]
        process.checked(command, env, scratch, timeout=timeout, cwd="/tmp")
        if not os.path.exists(output):
            return None
        with open(output, encoding="utf-8") as file:
            return json.load(file)

    def calibrate():
        """The tasks of each benchmark with loops for each, found with the other side's interpreter."""
        tasks, failed = [], {}
        for name, bench in sorted(benchmarks.items()):
            if name in LEFT_OUT or (place.quick and name not in QUICK):
                continue
            try:
                tasks += calibrated(name, bench)
            except process.Failed as error:
                failed[name] = str(error)
                say(f"pyperformance: {name} does not run: {error}")
        return {"tasks": tasks, "failed": failed, "load": os.getloadavg()[0]}

    def calibrated(name, bench):
        found = []
        for task in range(20):
            data = worker(bench, task, sides[-1], "/tmp", "--calibrate-loops", "-w", "1", "-n", "1", "--min-time", "0.1")
            if data is None:
                break
            metadata = {**data["metadata"], **data["benchmarks"][0].get("metadata", {}),
                        **data["benchmarks"][0]["runs"][0].get("metadata", {})}
            loops = metadata.get("calibrate_loops", metadata.get("loops", 1))
            last = data["benchmarks"][0]["runs"][0]["warmups"][-1][1] * loops * metadata.get("inner_loops", 1)
            values = 3 if last < 0.25 else 2 if last < 0.5 else 1
            warmups = 1 if last < 2 else 0
            # The side that is asked about must be able to, too.
            start = time.monotonic()
            worker(bench, task, sides[0], "/tmp", "-l", str(loops), "-w", "0", "-n", "1")
            around = time.monotonic() - start - last
            found.append({"benchmark": name, "task": task, "name": metadata["name"], "loops": loops,
                          "values": values, "warmups": warmups, "seconds": (values + warmups) * last + around})
            say(f"pyperformance: {metadata['name']}: {loops} loops of {last / loops:.3g} s, {values} values, "
                f"{found[-1]['seconds']:.1f} s a process")
        if not found:
            raise process.Failed("its script runs no benchmark")
        return found

    # A file for each subset: a quick run must not decide what a full one goes through.
    calibration = place.kept("pyperformance-quick.json" if place.quick else "pyperformance.json", calibrate)

    if calibration["load"] > 2.5:
        say(f"pyperformance: loops were found under a load of {calibration['load']:.1f} and are too few for a quiet "
            "machine: start again with `--fresh` when it is one")
    pair = 2 * sum(entry["seconds"] for entry in calibration["tasks"])
    say(f"pyperformance: {len(calibration['tasks'])} benchmarks, about {pair / 60:.1f} min for one pair of each")

    def item(entry):
        options = ["-l", str(entry["loops"]), "-w", str(entry["warmups"]), "-n", str(entry["values"])]

        def measure(side, scratch):
            data = worker(benchmarks[entry["benchmark"]], entry["task"], side, scratch, *options)
            return {"time": data["benchmarks"][0]["runs"][0]["values"]}

        name = entry["name"] if entry["name"] == entry["benchmark"] else f"{entry['benchmark']}: {entry['name']}"
        return Item("pyperformance", name, measure)

    return [item(entry) for entry in calibration["tasks"]]


SUITES = {"startup": startup, "imports": imports, "micro": micro, "pyperformance": pyperformance}

# Pairs by suite: all of it, and `--quick`.
PAIRS = {"startup": (200, 20), "imports": (30, 5), "micro": (15, 3), "pyperformance": (15, 3)}
