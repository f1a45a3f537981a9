"""From rows to a table that can be pasted into BENCHMARKS.md, and to JSON."""

import json
import os
import statistics
import zlib

from figures import MeanRatio, Ratio
from rows import read_rows
from suites import LEFT_OUT

# Metric → heading and how a value is shown.
METRICS = {
    "wall": ("wall time", lambda value: seconds(value)),
    "cpu": ("CPU time", lambda value: seconds(value)),
    "time": ("time", lambda value: seconds(value)),
    "importtime": ("`-X importtime`", lambda value: seconds(value)),
    "faults": ("minor page faults", lambda value: f"{value:,.0f}"),
    "calls": ("system calls", lambda value: f"{value:,.0f}"),
    "instructions": ("instructions", lambda value: f"{value / 1e6:,.1f} M"),
}

# Counts that hardly vary: a ratio without an interval says all.
COUNTS = {"faults", "calls", "instructions"}

FEWEST = 15


def seconds(value):
    for unit, size in (("s", 1), ("ms", 1e-3), ("µs", 1e-6)):
        if value >= size:
            return f"{value / size:.3g} {unit}"
    return f"{value / 1e-9:.3g} ns"


def load(results):
    def kept(name, otherwise=None):
        path = os.path.join(results, name)
        if not os.path.exists(path):
            return otherwise
        with open(path, encoding="utf-8") as file:
            return json.load(file)

    rows, failed, loads = {}, {}, []
    path = os.path.join(results, "rows.jsonl")
    for row in read_rows(path):
        if "failed" in row:
            failed[row["suite"], row["item"]] = row["failed"]
            continue
        loads.append(row["load"])
        for metric in row["a"]:
            key = row["suite"], row["item"], metric
            rows.setdefault(key, []).append((row["a"][metric], row["b"][metric]))
    failures = {f"{suite}: {item}": why for (suite, item), why in failed.items()}
    for name in ("pyperformance.json", "pyperformance-quick.json"):
        failures.update({f"pyperformance: {item}": why for item, why in kept(name, {}).get("failed", {}).items()})
    return {
        "run": kept("run.json"),
        "interpreters": kept("interpreters.json", {}),
        "modules": kept("modules.json"),
        "differing": kept("differing.json", []),
        "failed": failures,
        "loads": loads,
        "rows": rows,
    }


def ratio_of(key, pairs):
    """Of each process the middle of its values; of all processes, for the ratio of minima, the least."""
    middle = [(statistics.median(a), statistics.median(b)) for a, b in pairs]
    # The same seed each time: a table that is made twice is the same table.
    ratio = Ratio(middle, seed=zlib.crc32("/".join(key).encode()))
    ratio.of_minima = min(min(a) for a, _ in pairs) / min(min(b) for _, b in pairs)
    return ratio


def make(results):
    """The table as text, and all that is known as data."""
    data = load(results)
    ratios = {key: ratio_of(key, pairs) for key, pairs in data["rows"].items()}
    lines = heading(data)
    summary = []
    for suite in ("startup", "imports", "micro", "pyperformance"):
        chosen = {key: ratio for key, ratio in ratios.items() if key[0] == suite}
        if chosen:
            lines += table(suite, chosen, summary)
    if not ratios:
        lines += ["Nothing was measured.", ""]
    lines += remarks(data, ratios)
    raw = [{"suite": s, "item": i, "metric": m, "pairs": pairs} for (s, i, m), pairs in data["rows"].items()]
    return "\n".join(lines) + "\n", {**data, "rows": raw, "summary": summary}


def heading(data):
    run = data["run"]
    lines = []
    for name, role in (("a", "A"), ("b", "B")):
        about = data["interpreters"].get(name, {})
        lines.append(f"{role}: {run['sides'][name]['label']}, Python {about.get('version', '?')}, {about.get('compiler', '?')}. ")
    where = "in one container (docker/bench)" if run["container"] else "on the machine itself"
    if run.get("pairs_a_copy"):
        where += f", copied anew for every {run['pairs_a_copy']} pairs"
    lines.append(
        f"{run['date']}, {run['machine']}; {where}, interleaved, pinned to one core. "
        "Ratios are A/B: below 1, A is faster. In brackets the 95% bootstrap interval of the median of paired ratios."
    )
    return lines + [""]


def table(suite, ratios, summary):
    lines = [f"### {suite}", "", "| what | pairs | A | B | A/B | A/B of minima | A is |", "|---|---|---|---|---|---|---|"]
    for (_, item, metric), ratio in ratios.items():
        title, shown = METRICS[metric]
        what = item if suite in ("micro", "pyperformance") else f"`{item}`, {title}" if "python" in item else f"{item}, {title}"
        interval, judged = f" [{ratio.low:.3f}, {ratio.high:.3f}]", ratio.verdict
        if metric in COUNTS:
            interval, judged = "", "" if abs(ratio.value - 1) < 0.005 else "less" if ratio.value < 1 else "more"
        lines.append(
            f"| {what} | {ratio.pairs} | {shown(ratio.a)} | {shown(ratio.b)} | {ratio.value:.3f}{interval} "
            f"| {ratio.of_minima:.3f} | {judged} |"
        )
        summary.append(as_data(suite, item, metric, ratio))
    if suite in ("micro", "pyperformance"):
        mean = MeanRatio(list(ratios.values()))
        lines.append(
            f"| **geometric mean of {mean.count}** | {mean.pairs} | | | **{mean.value:.3f}** "
            f"[{mean.low:.3f}, {mean.high:.3f}] | {mean.of_minima:.3f} | **{mean.verdict}** |"
        )
        summary.append(as_data(suite, "geometric mean", None, mean))
    return lines + [""]


def as_data(suite, item, metric, ratio):
    return {
        "suite": suite, "item": item, "metric": metric, "pairs": ratio.pairs, "ratio": ratio.value,
        "low": ratio.low, "high": ratio.high, "of_minima": ratio.of_minima, "verdict": ratio.verdict,
    }


def remarks(data, ratios):
    """What a reader must know before believing the table."""
    lines = []
    timed = [ratio for (_, _, metric), ratio in ratios.items() if metric not in COUNTS]
    decided = [ratio.verdict for ratio in timed if ratio.verdict != "too few pairs"]
    if decided:
        unsure = decided.count("within noise")
        lines.append(
            f"- {unsure} of {len(decided)} times do not differ by more than the noise of this measurement; of equals, "
            "one in twenty would be called different."
        )
    few = sum(1 for ratio in timed if ratio.pairs < FEWEST)
    if few:
        lines.append(f"- **Not a result:** {few} of {len(timed)} times have fewer than {FEWEST} pairs.")
    loads = data["loads"]
    if loads and statistics.median(loads) > 1.5:
        lines.append(
            f"- **The machine was busy:** a load of {min(loads):.1f} to {max(loads):.1f}, where one measured process "
            "makes 1. Times and their ratios may be off by more than the intervals say; counts are not."
        )
    versions = {about.get("version") for about in data["interpreters"].values()}
    if len(versions) > 1:
        lines.append("- A and B are different versions of Python.")
    names = [name for name in data["differing"] if not name.startswith("_sysconfigdata")]
    if names:
        lines.append(
            f"- The source of the standard library differs in {len(names)} files (Debian patches its own): "
            f"{', '.join(names)}. A ratio far from the others may be due to that and not to how it is compiled."
        )
    package = data["run"]["pyperformance"]
    if any(suite == "pyperformance" for suite, _, _ in ratios):
        named = ", ".join(f"{name} {version}" for name, version in sorted(package.items()))
        lines.append(f"- {named}; without network; its packages are the same files for both.")
        lines += [f"- Left out: pyperformance: {name}: {why}" for name, why in LEFT_OUT.items()]
    modules = data["modules"]
    if modules and any(suite == "imports" for suite, _, _ in ratios):
        alone = {name: len(names) for name, names in modules["only"].items()}
        lines.append(f"- {len(modules['imported'])} modules import in both; {alone['a']} more in A, {alone['b']} more in B.")
    lines += [f"- Left out, as it fails: {name}: {why}" for name, why in sorted(data["failed"].items())]
    return lines + [""]


def write_json(path, data):
    with open(path, "w", encoding="utf-8") as file:
        json.dump(data, file, indent=1)


def tell(given, text, data):
    """Prints a section, and writes it and all raw values where that is asked for."""
    print(text, end="")
    if given.json:
        write_json(given.json, data)
    if given.markdown:
        with open(given.markdown, "w", encoding="utf-8") as file:
            file.write(text)
