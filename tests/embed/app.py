"""What the library was linked for: once as `__main__`, once as a function; workers of multiprocessing."""

import multiprocessing
import sys


def double(number):
    return 2 * number


def main():
    return 4


if __name__ == "__main__":
    for method in ("fork", "spawn", "forkserver"):
        with multiprocessing.get_context(method).Pool(2) as pool:
            print(method, pool.map(double, [1, 2, 3]), flush=True)
    sys.exit(3)
