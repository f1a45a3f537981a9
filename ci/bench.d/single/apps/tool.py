"""A middle-sized program: what a command line, a database, TLS and an event loop bring in, and a little work."""

import argparse
import asyncio
import json
import sqlite3
import ssl


async def double(number):
    await asyncio.sleep(0)
    return 2 * number


async def doubles(count):
    return await asyncio.gather(*(double(number) for number in range(count)))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=100)
    numbers = asyncio.run(doubles(parser.parse_args().count))
    base = sqlite3.connect(":memory:")
    base.execute("create table numbers (value integer)")
    base.executemany("insert into numbers values (?)", [(number,) for number in numbers])
    (total,) = base.execute("select sum(value) from numbers").fetchone()
    base.close()
    tls = ssl.create_default_context().minimum_version.name
    print(json.dumps({"total": total, "tls": tls}))


if __name__ == "__main__":
    main()
