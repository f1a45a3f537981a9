"""Measures blocks in rounds: all arms of a block once, in a random order, right after one another."""

import json
import os
import random
import tempfile

import process
from measure import Progress
from rows import read_rows

# Arms of a stage are run so often before anything is recorded: what was just built or dropped is read in.
WARM_UP = 1


def measure_all(stage, blocks, quick, rounds, path, cpu, warm_up=True):
    """All blocks once, then all once more. What is recorded in `path` already is not measured again."""
    done = {(row["block"], row["round"]) for row in read_rows(path)}
    wanted = {block.name: rounds or block.rounds[quick] for block in blocks}
    left = [
        (number, block)
        for number in range(max(wanted.values(), default=0))
        for block in blocks
        if number < wanted[block.name] and (block.name, number) not in done
    ]
    if not left:
        return
    with tempfile.TemporaryDirectory(dir="/tmp") as scratch:
        for block in {block.name: block for _, block in left}.values() if warm_up else []:
            pin(block, cpu)
            for _ in range(WARM_UP):
                for arm in block.arms:
                    arm.measure(scratch)
        progress = Progress(stage, len(left))
        for number, block in left:
            pin(block, cpu)
            row = measure_round(block, number, scratch)
            with open(path, "a", encoding="utf-8") as file:
                file.write(json.dumps(row) + "\n")
            progress.step()


def pin(block, cpu):
    os.sched_setaffinity(0, {cpu} if block.pinned else allowed())


def allowed(found=[]):
    """The cores of this process before it was pinned."""
    if not found:
        found.append(os.sched_getaffinity(0))
    return found[0]


def measure_round(block, number, scratch):
    order = list(block.arms)
    # Not by chance of the day: a run that was broken off goes on in the order it had.
    random.Random(f"{block.name} {number}").shuffle(order)
    values = {}
    for arm in order:
        if block.before:
            block.before()
        try:
            values[arm.name] = arm.measure(scratch)
        except process.Failed as error:
            raise process.Failed(f"{block.name}: {arm.name}: {error}") from None
    return {
        "block": block.name,
        "round": number,
        "order": [arm.name for arm in order],
        "load": os.getloadavg()[0],
        "values": values,
    }
