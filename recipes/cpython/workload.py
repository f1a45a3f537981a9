"""Programs of the usual kinds, for the training.

CPython's PGO tests exercise every corner of the built-in types about equally often; real programs do a few things very
often. These say which. Run as a script it runs all of them; inputs are made, and the same each time.
"""

import ast
import asyncio
import collections
import copy
import csv
import dataclasses
import datetime
import decimal
import enum
import fractions
import functools
import hashlib
import heapq
import html
import io
import itertools
import json
import logging
import operator
import pathlib
import pickle
import random
import re
import sqlite3
import string
import struct
import textwrap
import tokenize
import typing
import xml.etree.ElementTree
import zlib

TEXT = " ".join(f"{word}{number}" for number in range(60) for word in ("alpha", "Beta_", "x.y@example.org", "2024-05-", "<b>"))
RECORDS = [
    {"id": n, "name": f"name {n}", "tags": ["a", "b", str(n)], "score": n / 7, "ok": n % 3 == 0, "none": None, "text": "é€" * 4}
    for n in range(200)
]


class Vector:
    def __init__(self, x, y, z):
        self.x, self.y, self.z = x, y, z

    def __add__(self, other):
        return Vector(self.x + other.x, self.y + other.y, self.z + other.z)

    def __mul__(self, factor):
        return Vector(self.x * factor, self.y * factor, self.z * factor)

    def dot(self, other):
        return self.x * other.x + self.y * other.y + self.z * other.z

    @property
    def length(self):
        return self.dot(self) ** 0.5

    def __eq__(self, other):
        return isinstance(other, Vector) and self.x == other.x

    def __hash__(self):
        return hash(self.x)


def floats():
    total, v, step = 0.0, Vector(1.0, 2.0, 3.0), Vector(0.1, 0.2, 0.3)
    for n in range(30000):
        v = v + step * (n % 7)
        total += v.length
        if total > 1e6:
            total -= 1e6
    grid = [[(i * j) % 11 / 3 for j in range(60)] for i in range(60)]
    for _ in range(2):
        grid = [[sum(a * b for a, b in zip(row, column)) % 1.0 for column in zip(*grid)] for row in grid]
    return total


def integers():
    def fibonacci(n):
        return n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)

    seen, x = set(), 1
    for _ in range(40000):
        x = (x * 1103515245 + 12345) & 0x7FFFFFFF
        seen.add(x % 1000)
    product = functools.reduce(operator.mul, range(1, 600))
    sieve = bytearray([1]) * 20000
    for n in range(2, 141):
        if sieve[n]:
            sieve[n * n :: n] = bytes(len(range(n * n, 20000, n)))
    pow(3, 10**40, 10**30 + 57)
    return fibonacci(19), len(str(product)), sum(sieve), divmod(product, 10**50 + 7)[1]


def permutations():
    count = 0
    for order in itertools.permutations(range(7)):
        if all(abs(a - b) != j - i for (i, a), (j, b) in itertools.combinations(enumerate(order), 2)):
            count += 1
    board = list(range(9))
    for _ in range(8000):
        board[:4] = board[3::-1]
        board.append(board.pop(0))
    return count


def strings():
    words = collections.Counter(word.lower().strip(".,") for word in TEXT.split() for _ in range(20))
    lines = [f"{word:<20}{count:>6d} {count / 3:.2f}" for word, count in words.most_common()]
    joined = "\n".join(lines)
    for _ in range(30):
        joined.replace("alpha", "omega").upper().splitlines()
        "{0} and {name!r}".format(1, name="x") + "%s %d %5.1f" % ("a", 3, 2.5)
        html.escape(TEXT), TEXT.encode().decode(), TEXT.split("e"), TEXT.find("zzz"), TEXT.title()
    textwrap.wrap(TEXT, 70)
    return string.Template("$a $b").substitute(a=1, b=2), len(joined)


def patterns():
    found = 0
    for pattern in (r"[\w.]+@[\w.]+", r"(\d{4})-(\d\d)-?", r"(?i)beta_(\d+)", r"<(\w+)>|alpha", r"\b\w+\b", r"^.*$"):
        compiled = re.compile(pattern, re.M)
        for _ in range(6):
            found += len(compiled.findall(TEXT))
        found += len(compiled.sub("-", TEXT)) + sum(m.end() for m in compiled.finditer(TEXT))
    re.purge()
    for n in range(10):
        re.compile(rf"(?P<a>x{n}+)|(?:y{{1,3}}|[a-f\d]*)\s+(?=z)")
    return found


def data():
    text = json.dumps(RECORDS)
    for _ in range(6):
        json.loads(json.dumps(json.loads(text), sort_keys=True, indent=1))
        pickle.loads(pickle.dumps(RECORDS, 5)), pickle.loads(pickle.dumps(RECORDS, 2))
    copy.deepcopy(RECORDS[:60])
    out = io.StringIO()
    writer = csv.DictWriter(out, RECORDS[0])
    writer.writeheader()
    writer.writerows(RECORDS)
    rows = list(csv.DictReader(io.StringIO(out.getvalue())))
    root = xml.etree.ElementTree.Element("r")
    for row in rows[:100]:
        xml.etree.ElementTree.SubElement(root, "row", {k: v for k, v in row.items() if k != "tags"}).text = "t"
    xml.etree.ElementTree.fromstring(xml.etree.ElementTree.tostring(root)).findall("row")
    packed = b"".join(struct.pack("<IdH", r["id"], r["score"], 3) for r in RECORDS)
    list(struct.iter_unpack("<IdH", packed))
    return zlib.crc32(zlib.decompress(zlib.compress(text.encode()))), hashlib.sha256(packed).hexdigest()


def containers():
    heap, queue, groups = [], collections.deque(maxlen=50), collections.defaultdict(list)
    rng = random.Random(7)
    for n in range(8000):
        heapq.heappush(heap, rng.random())
        queue.append(n)
        groups[n % 97].append((n, str(n)))
        if n % 3 == 0:
            heapq.heappop(heap)
    merged = {**dict(groups), "x": 1} | {"y": 2}
    pairs = sorted(((len(v), k) for k, v in groups.items()), key=lambda p: (-p[0], p[1]))
    chained = list(itertools.chain.from_iterable(groups.values()))
    inverted = {name: number for number, name in chained}
    sets = [set(range(n, n + 40)) for n in range(60)]
    union = functools.reduce(set.union, sets) - sets[0] & sets[1] ^ {1}
    rows = [list(range(20)) for _ in range(200)]
    flat = [x for row in rows for x in row if x % 2]
    flat.sort(reverse=True)
    flat.sort(key=str)
    return len(merged), pairs[0], inverted["77"], len(union), min(flat), max(flat), sum(flat[::3])


class Colour(enum.Enum):
    RED = 1
    GREEN = 2


@dataclasses.dataclass(order=True)
class Item:
    name: str
    price: float
    tags: list[str] = dataclasses.field(default_factory=list)
    colour: Colour = Colour.RED

    def total(self, *, tax=0.2, **more):
        return self.price * (1 + tax) + sum(more.values())


class Node:
    __slots__ = ("left", "right", "key")

    def __init__(self, key):
        self.key, self.left, self.right = key, None, None

    def insert(self, key):
        node = self
        while True:
            side = "left" if key < node.key else "right"
            child = getattr(node, side)
            if child is None:
                setattr(node, side, Node(key))
                return
            node = child

    def __iter__(self):
        if self.left:
            yield from self.left
        yield self.key
        if self.right:
            yield from self.right


class Handler:
    def __init__(self):
        self.calls = 0

    def __getattr__(self, name):
        if name.startswith("on_"):
            return functools.partial(self.handle, name)
        raise AttributeError(name)

    def handle(self, name, *arguments, **keywords):
        self.calls += len(arguments) + len(keywords)
        return self


def objects():
    rng = random.Random(3)
    root = Node(0.5)
    for _ in range(3000):
        root.insert(rng.random())
    ordered = list(root)
    items = [Item(f"n{n}", n * 1.5, colour=Colour(n % 2 + 1)) for n in range(1500)]
    total = sum(item.total(tax=0.1, shipping=2) for item in items if item.colour is Colour.GREEN)
    handler = Handler()
    for n in range(3000):
        handler.on_event(n, key=n)
        handler.calls -= 1
    vectors = {Vector(n, 0, 0): n for n in range(1000)}
    point = collections.namedtuple("Point", "x y")
    points = [point(n, -n)._replace(y=n) for n in range(2000)]
    return ordered == sorted(ordered), total, max(items), vectors[Vector(5, 0, 0)], points[9].x, isinstance(root, typing.Hashable)


def control():
    def numbers(limit):
        n = 0
        while n < limit:
            got = yield n
            n += got or 1

    def risky(n):
        try:
            if n % 5 == 0:
                raise ValueError(n)
            if n % 7 == 0:
                return {}["missing"]
            return [1, 2, 3][n % 4]
        except (ValueError, KeyError) as error:
            return str(error)
        except IndexError:
            return None
        finally:
            n += 1

    def classify(value):
        match value:
            case {"id": int(number), **rest} if rest:
                return number
            case [first, *_]:
                return first
            case str() | bytes():
                return 0
            case _:
                return -1

    total = sum(numbers(20000))
    for n in range(15000):
        risky(n)
    cells = []
    for n in range(2000):
        cells.append(lambda m=n, *rest, key=3, **more: (m, n, key))
    total += sum(cell(1, key=2)[0] for cell in cells)
    total += sum(classify(value) for value in [*RECORDS, [4], "x", 3.5] * 5)
    it = iter(range(5000))
    while (chunk := list(itertools.islice(it, 16))):
        total += len(chunk)
    return total


def concurrency():
    async def worker(queue, results):
        while (item := await queue.get()) is not None:
            await asyncio.sleep(0)
            results.append(item * 2)

    async def tree(depth):
        if depth:
            await asyncio.gather(*(tree(depth - 1) for _ in range(4)))

    async def main():
        queue, results = asyncio.Queue(10), []
        workers = [asyncio.create_task(worker(queue, results)) for _ in range(4)]
        for n in range(800):
            await queue.put(n)
        for _ in workers:
            await queue.put(None)
        await asyncio.gather(*workers)
        await tree(4)
        return sum(results)

    return asyncio.run(main())


def numbers():
    decimal.getcontext().prec = 40
    total = decimal.Decimal(0)
    for n in range(1, 3000):
        total += (decimal.Decimal(n) / 7).quantize(decimal.Decimal("0.01"))
    ratio = sum((fractions.Fraction(1, n) for n in range(1, 60)), fractions.Fraction(0))
    day = datetime.datetime(2024, 1, 31, 12, 30)
    for n in range(600):
        day += datetime.timedelta(hours=7, minutes=n)
        datetime.datetime.fromisoformat(day.isoformat()), day.strftime("%Y-%m-%d %H:%M")
    return total, ratio, day


def storage():
    base = sqlite3.connect(":memory:")
    base.execute("create table t (id integer primary key, name text, score real)")
    base.executemany("insert into t values (?, ?, ?)", ((r["id"], r["name"], r["score"]) for r in RECORDS))
    rows = base.execute("select name, sum(score) from t where id % 3 = ? group by name order by 2 desc", (1,)).fetchall()
    logger = logging.getLogger("workload")
    logger.propagate = False
    stream = logging.StreamHandler(io.StringIO())
    stream.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    logger.addHandler(stream)
    for n in range(600):
        logger.warning("row %d of %s", n, rows[0])
        logger.debug("not shown %d", n)
    paths = [pathlib.PurePosixPath("/usr") / "lib" / f"x{n}.py" for n in range(600)]
    return {path.with_suffix(".pyc").relative_to("/usr").parts for path in paths}


def language():
    source = pathlib.Path(__file__).read_text()
    for _ in range(2):
        tree = ast.parse(source)
        compile(tree, "workload", "exec")
        sum(1 for _ in ast.walk(tree))
    ast.unparse(tree)
    list(tokenize.generate_tokens(io.StringIO(source).readline))
    space = {}
    exec("def f(x):\n    return [y * 2 for y in x if y]\n", space)
    return space["f"](range(1000))[-1], eval("sum(range(100))")


PROGRAMS = {
    function.__name__: function
    for function in (
        floats, integers, permutations, strings, patterns, data, containers, objects, control, concurrency, numbers,
        storage, language,
    )
}


if __name__ == "__main__":
    for program in PROGRAMS.values():
        for _ in range(10):
            program()
