"""Run under Wine by the installed interpreter: starts it and the single file in turn, and prints what each took.

wine_inside.py SINGLE ROUNDS-OF-STARTS ROUNDS-OF-IMPORTS
"""

import json
import os
import random
import subprocess
import sys
import time

sys.path.append(os.path.dirname(os.path.abspath(__file__)))
from modules import NOT_ONES

PROBE = """
import sys
for name in sys.argv[1:]:
    try:
        __import__(name)
    except BaseException:
        continue
    print("module", name)
"""


def run(program, *arguments):
    """What it took and what it printed."""
    start = time.perf_counter()
    done = subprocess.run([program, "-I", *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True)
    wall = time.perf_counter() - start
    if done.returncode:
        sys.exit(f"{program}: {done.stderr.strip()[-300:] or f'exit code {done.returncode}'}")
    return wall, done.stdout


def importable(arms):
    """What all of them can import."""
    names = [name for name in sorted(sys.stdlib_module_names - NOT_ONES) if not name.startswith(("_test", "_xx", "__"))]
    for program in arms.values():
        _, told = run(program, "-c", PROBE, *names)
        names = [line.split()[1] for line in told.splitlines() if line.startswith("module ")]
    return names


def measure(block, arms, arguments, rounds, **more):
    for program in arms.values():
        run(program, *arguments)
    for number in range(rounds):
        order = list(arms)
        random.Random(f"{block} {number}").shuffle(order)
        values = {arm: run(arms[arm], *arguments)[0] for arm in order}
        print(json.dumps({"block": block, "round": number, "values": values, **more}), flush=True)


def main(single, starts, imports):
    arms = {"one file": single, "installed": sys.executable}
    names = importable(arms)
    measure("start", arms, ["-c", "pass"], int(starts))
    measure("imports", arms, ["-c", "import " + ", ".join(names)], int(imports), modules=len(names))


if __name__ == "__main__":
    main(*sys.argv[1:])
