"""The figures to reach, and where each is found in the results."""

import statistics

from figures import interval
from report import seconds

SINGLE, PATH = "single file", "path"


class Goal:
    """`find` gives (low, value, high, text) of results, or nothing if it was not measured."""

    def __init__(self, name, limit, shown, find):
        self.name = name
        self.limit = limit
        self.shown = shown
        self.find = find


def judge(low, high, limit):
    """An interval on both sides of the limit decides nothing."""
    if high <= limit:
        return "reached"
    return "missed" if low > limit else "undecided"


def ratio(block, metric):
    def find(results):
        found = results.ratio(block, SINGLE, PATH, metric)
        return found and (found.low, found.value, found.high, f"{found.value:.3f} [{found.low:.3f}, {found.high:.3f}]")

    return find


def time(arm, metric):
    def find(results):
        values = results.values("link", arm, metric)
        if not values:
            return None
        low, high = interval(values, 0.5)
        return low, statistics.median(values), high, f"{seconds(statistics.median(values))} [{seconds(low)}, {seconds(high)}]"

    return find


def size(variant):
    def find(results):
        found = results.about["sizes"].get(variant)
        return found and (found, found, found, f"{found / 1e6:.1f} MB")

    return find


def calls(results):
    found = results.about["calls"].get(f"imports, {SINGLE}")
    if found is None:
        return None
    total = sum(found["calls"].values())
    return total, total, total, str(total)


GOALS = [
    Goal("import of every module, single file to path, time of the imports", 0.47, "0.47", ratio("imports", "inside")),
    Goal("the same, whole process", 0.47, "0.47", ratio("imports", "wall")),
    Goal("the same with an empty page cache, time of the imports", 0.40, "0.40", ratio("imports, cold", "inside")),
    Goal("the same, whole process", 0.40, "0.40", ratio("imports, cold", "wall")),
    Goal("start of `print(\"hello\")`, single file to `python3 hello.py`", 0.65, "0.65", ratio("start", "wall")),
    Goal("peak memory of it", 1.0, "1.0", ratio("peak memory", "peak")),
    Goal("file-system calls while all of them are imported", 0, "0", calls),
    Goal("`pbs link` of everything, distribution unpacked", 1.0, "1.0 s", time("from a directory", "wall")),
    Goal("of which ours", 0.5, "0.5 s", time("from a directory", "ours")),
    Goal("`hello` with everything, stripped", 20e6, "20 MB", size("stripped")),
    Goal("the same, compressed", 20e6, "20 MB", size("stripped, compressed")),
    Goal("`hello`, minimal preset", 7e6, "7 MB", size("minimal, stripped")),
    Goal("the same, bytecode only and compressed", 7e6, "7 MB", size("minimal, stripped, bytecode only, compressed")),
]
