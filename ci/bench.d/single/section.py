"""From rows to the section of BENCHMARKS.md, and to JSON."""

import json
import os
import statistics
import zlib

from figures import Ratio
from report import FEWEST, seconds
from rows import read_rows

from single import goals
from single.tools import TOOLS

METRICS = {
    "wall": ("wall time", lambda value: seconds(value)),
    "inside": ("time of the imports", lambda value: seconds(value)),
    "cpu": ("CPU time", lambda value: seconds(value)),
    "faults": ("page faults", lambda value: f"{value:,.0f}"),
    "peak": ("peak memory", lambda value: f"{value / 1e6:.1f} MB"),
    "first": ("first start", lambda value: seconds(value)),
    "second": ("second start", lambda value: seconds(value)),
}

# What blocks are called in tables.
TITLES = {"start": "`print(\"hello\")`", "peak memory": "`print(\"hello\")`", "start, cold": "`print(\"hello\")`, cold"}


class Results:
    """What stands in a directory of results."""

    def __init__(self, place):
        with open(os.path.join(place, "single.json"), encoding="utf-8") as file:
            self.about = json.load(file)
        self.rows = list(read_rows(os.path.join(place, "rows.jsonl")))

    def values(self, block, arm, metric):
        return [row["values"][arm][metric] for row in self.rows if row["block"] == block and arm in row["values"]]

    def ratio(self, block, a, b, metric):
        """`a` over `b` within each round, or nothing if there is none."""
        both = [
            (row["values"][a][metric], row["values"][b][metric])
            for row in self.rows
            if row["block"] == block and metric in row["values"].get(a, {}) and metric in row["values"].get(b, {})
        ]
        return Ratio(both, seed=zlib.crc32(f"{block}/{a}/{b}/{metric}".encode())) if both else None

    def blocks(self):
        return list(dict.fromkeys(row["block"] for row in self.rows))


def make(place):
    results = Results(place)
    summary = []
    lines = heading(results)
    lines += goal_table(results)
    lines += ratio_table(results, summary)
    lines += size_table(results)
    lines += link_table(results)
    lines += compare_table(results, summary)
    lines += remarks(results)
    return "\n".join(lines) + "\n", {**results.about, "rows": results.rows, "summary": summary}


def heading(results):
    about = results.about
    return [
        f"## Single-file executables: {about['version']}, {about['date']}",
        "",
        f"`ci/bench single DIST`, {about['distribution']}; {about['machine']}. Arms of a row are run right after one "
        "another in a random order, on one core; a ratio is the median of those within rounds, single file to the "
        "other, with its 95% bootstrap interval in brackets.",
        "",
    ]


def table(headings, rows):
    """Nothing without rows."""
    if not rows:
        return []
    lines = [headings, ["---"] * len(headings), *rows]
    return ["| " + " | ".join(line) + " |" for line in lines] + [""]


def shown(ratio):
    return f"{ratio.value:.3f} [{ratio.low:.3f}, {ratio.high:.3f}]"


def goal_table(results):
    rows = []
    for goal in goals.GOALS:
        found = goal.find(results)
        if found is not None:
            low, value, high, text = found
            rows.append([goal.name, text, f"≤ {goal.shown}", goals.judge(low, high, goal.limit)])
    return table(["goal", "measured", "to reach", ""], rows)


def ratio_table(results, summary):
    rows = []
    for block, ratios in results.about["ratios"].items():
        if block.startswith("compare"):
            continue
        for a, b in ratios:
            for metric, (title, show) in METRICS.items():
                ratio = results.ratio(block, a, b, metric)
                if ratio is None or metric == "cpu":
                    continue
                modules = results.about["modules"]
                name = TITLES.get(block) or block.replace("imports", f"import of {modules} modules")
                rows.append([
                    f"{name}: {title}", a, show(ratio.a), b, show(ratio.b), str(ratio.pairs), shown(ratio), ratio.verdict if metric not in ("faults", "peak") else "",
                ])
                summary.append(as_data(block, a, b, metric, ratio))
    return table(["what", "A", "", "B", "", "rounds", "A/B", "A is"], rows)


def as_data(block, a, b, metric, ratio):
    return {"block": block, "a": a, "b": b, "metric": metric, "rounds": ratio.pairs, "ratio": ratio.value,
            "low": ratio.low, "high": ratio.high, "verdict": ratio.verdict}


def spread(values):
    """The median and the range of the middle half."""
    if len(values) < 2:
        return seconds(values[0])
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
    return f"{seconds(middle)} [{seconds(low)}, {seconds(high)}]"


def size_table(results):
    rows = []
    for name, size in results.about["sizes"].items():
        walls = results.values("sizes", name, "wall")
        rows.append([f"`hello`, {name}", f"{size:,}", spread(walls) if walls else ""])
    return table(["what", "bytes", "start: median and middle half"], rows)


def link_table(results):
    rows = []
    for block in ("link", "link, first"):
        for arm in dict.fromkeys(arm for row in results.rows if row["block"] == block for arm in sorted(row["values"])):
            parts = [results.values(block, arm, metric) for metric in ("wall", "ours", "linker")]
            rows.append([arm, str(len(parts[0])), *map(spread, parts)])
    return table(["`pbs link` of everything", "rounds", "wall time: median and middle half", "ours", "the linker's"], rows)


def compare_table(results, summary):
    rows = []
    for block, ratios in results.about["ratios"].items():
        if not block.startswith("compare"):
            continue
        name = block.removeprefix("compare ")
        for arm in ["pbs", *(b for _, b in ratios)]:
            starts = [results.values(block, arm, metric) for metric in ("first", "second", "left")]
            if not starts[0]:
                continue
            cells = [f"`{name}`, {arm} {results.about['tools'].get(arm, '')}".strip(), f"{results.about['others'][f'{arm} {name}']:,}"]
            for metric, values in zip(("first", "second"), starts):
                ratio = results.ratio(block, "pbs", arm, metric)
                cells += [seconds(statistics.median(values)), "" if arm == "pbs" else shown(ratio)]
                if arm != "pbs":
                    summary.append(as_data(block, "pbs", arm, metric, ratio))
            rows.append([*cells, f"{statistics.median(starts[2]):,.0f}"])
    return table(["the same program", "bytes", "first start", "pbs to it", "second start", "pbs to it", "left on disk"], rows)


def remarks(results):
    about, lines = results.about, []
    for name, found in about["calls"].items():
        total = sum(found["calls"].values())
        detail = ", ".join(f"{call} {count}" for call, count in sorted(found["calls"].items(), key=lambda item: -item[1])[:6])
        where = f" (of {', '.join(f'`{path}`' for path in found['paths'][:8])})" if 0 < total < 20 and found["paths"] else ""
        lines.append(f"- File-system calls, {name}: {total}{': ' + detail if total else ''}{where}.")
    if about["calls"]:
        lines.append(
            "- Calls are the import system's while it finds and loads; what a module's own code does (OpenSSL reads its "
            "configuration, readline its own, curses a terminal's, `sysconfig` looks where it stands) is counted apart."
        )
    if about["ratios"].get("imports, cold"):
        lines.append(
            "- Cold: `drop_caches` with 3 before each process, so that pages, names and inodes are forgotten as after a "
            "boot. Below a virtual machine, its host may still have them."
        )
    if about["ratios"].get("start"):
        lines.append("- Peak memory is what GNU time says; a single file is isolated and has no `site`, as with `-I -S`.")
    if about["tools"]:
        lines.append(
            "- First start: with a home, caches and a temporary directory that are new and empty; the file itself has "
            "been read before. Second start: once more with those. `tool` imports argparse, asyncio, json, sqlite3 and ssl."
        )
        lines += [f"- {tool} {about['tools'][tool]}: {note}." for tool, note in TOOLS.items()]
    if results.values("link", "from a directory", "wall"):
        lines.append("- Links are not pinned; the linker's time is taken by a wrapper of ld.lld, in bash, whose own start counts as ours.")
    counts = {block: sum(1 for row in results.rows if row["block"] == block) for block in results.blocks()}
    few = sorted(block for block, count in counts.items() if count < FEWEST and about["ratios"].get(block))
    if few or about["quick"]:
        lines.append(f"- **Not a result:** too few rounds of {', '.join(few) or 'everything'}.")
    loads = [row["load"] for row in results.rows]
    if loads and statistics.median(loads) > 1.5:
        lines.append(
            f"- **The machine was busy:** a load of {min(loads):.1f} to {max(loads):.1f}, where one measured process "
            "makes 1. Times and their ratios may be off by more than the intervals say; sizes and counts are not."
        )
    lines += [f"- Left out: {text}." for text in about["skipped"]]
    return lines + [""]
