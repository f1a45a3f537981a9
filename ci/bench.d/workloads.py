"""Ten small programs, run by the interpreters that are measured: `python workloads.py NAME REPEATS`.

Prints the CPU seconds of each repeat, one a line. A workload takes some 0.2 to 0.5 s; it makes its data before
the clock starts, returns something that depends on all it did, and needs nothing but the standard library.
"""

import json
import pickle
import random
import re
import sys
import time
from itertools import permutations


def nbody():
    """Floats and lists of lists: planets pull at each other."""
    chance = random.Random(1)
    bodies = [[[chance.uniform(-9, 9) for _ in range(3)], [0.0, 0.0, 0.0], chance.uniform(0.1, 5)] for _ in range(6)]

    def work():
        for _ in range(27_000):
            for index, (place, speed, mass) in enumerate(bodies):
                for other, other_speed, other_mass in bodies[:index]:
                    x, y, z = place[0] - other[0], place[1] - other[1], place[2] - other[2]
                    pull = 0.001 / (x * x + y * y + z * z + 0.01) ** 1.5
                    here, there = pull * other_mass, pull * mass
                    speed[0] -= x * here
                    speed[1] -= y * here
                    speed[2] -= z * here
                    other_speed[0] += x * there
                    other_speed[1] += y * there
                    other_speed[2] += z * there
            for place, speed, _ in bodies:
                for axis in range(3):
                    place[axis] += 0.001 * speed[axis]
        return bodies[0][0][0]

    return work


def fannkuch():
    """List slices and small ints: the most flips that a permutation of nine needs, over a fourteenth of them."""
    orders = [list(order) for index, order in enumerate(permutations(range(9))) if index % 14 == 0]

    def work():
        most = 0
        for order in orders * 10:
            cards = order[:]
            flips = 0
            while cards[0]:
                top = cards[0]
                cards[: top + 1] = cards[top::-1]
                flips += 1
            if flips > most:
                most = flips
        return most

    return work


def document(seed):
    chance = random.Random(seed)
    return {
        "numbers": [chance.random() for _ in range(60)],
        "names": {f"key {index}": f"value {chance.random()}" for index in range(200)},
        "rows": [{"id": index, "none": None, "yes": True, "text": "gr\u00fc\u00df dich " * 4} for index in range(80)],
        "deep": [[[[index]]] for index in range(50)],
    }


def json_both_ways():
    data = document(2)

    def work():
        for _ in range(800):
            json.loads(json.dumps(data))

    return work


def pickle_both_ways():
    data = document(3)

    def work():
        for _ in range(2500):
            pickle.loads(pickle.dumps(data, 5))

    return work


def regex():
    text = "The quick brown fox@example.invalid jumps 2024-01-02 over http://a.b/c?d=e lazy dogs\n" * 200
    patterns = [
        re.compile(pattern)
        for pattern in (
            r"[\w.]+@[\w.]+",
            r"(\d{4})-(\d\d)-(\d\d)",
            r"https?://[^\s?]+\??(\S*)",
            r"(?:quick|lazy)\s+(\w+)",
            r"(?i)\bD\w*S\b",
        )
    ]

    def work():
        return sum(len(pattern.findall(text)) for _ in range(110) for pattern in patterns)

    return work


def dicts_and_strings():
    words = [f"word{index * 7919 % 5000}" for index in range(50000)]

    def work():
        total = 0
        for _ in range(28):
            counts = {}
            for word in words:
                counts[word] = counts.get(word, 0) + 1
            text = ",".join(sorted(counts))
            parts = [part.upper().strip() + "!" for part in text.split(",")]
            total += len("".join(parts).replace("WORD", ""))
        return total

    return work


class Account:
    def __init__(self, parent, balance):
        self.parent = parent
        self._balance = balance

    @property
    def balance(self):
        return self._balance

    def add(self, amount):
        self._balance = self.balance + amount
        return self


class Child(Account):
    def add(self, amount):
        self.parent.add(amount % 3)
        return super().add(amount)


def method_calls():
    account = Child(Account(None, 0), 0)

    def work():
        for amount in range(350_000):
            account.add(amount)
        return account.balance

    return work


def generators():
    def numbers(start, stop):
        for number in range(start, stop):
            yield number

    def tree(depth):
        if depth:
            yield from tree(depth - 1)
            yield depth
            yield from tree(depth - 1)

    def work():
        total = sum(number * number for _ in range(55) for number in numbers(0, 25_000) if number % 3)
        return total + sum(tree(16))

    return work


def exceptions():
    def fails(number):
        if number % 2:
            raise ValueError(number)
        return number

    def work():
        caught = 0
        for number in range(900_000):
            try:
                fails(number)
            except ValueError as error:
                caught += error.args[0] & 1
            finally:
                caught += 1
        return caught

    return work


def ints():
    def work():
        product = 1
        for number in range(1, 3000):
            product *= number
        state = 12345678901234567890
        count = 0
        for number in range(900_000):
            state = (state * 1103515245 + 12345) & 0xFFFFFFFFFFFFFFFF
            count += number * 3 // 7 % 5
        return product.bit_length() + state + count

    return work


WORKLOADS = {
    "nbody": nbody,
    "fannkuch": fannkuch,
    "json": json_both_ways,
    "pickle": pickle_both_ways,
    "regex": regex,
    "dicts_and_strings": dicts_and_strings,
    "method_calls": method_calls,
    "generators": generators,
    "exceptions": exceptions,
    "ints": ints,
}


def main():
    work = WORKLOADS[sys.argv[1]]()
    for _ in range(int(sys.argv[2])):
        start = time.process_time()
        work()
        print(time.process_time() - start)


if __name__ == "__main__":
    main()
