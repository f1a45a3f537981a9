"""Imports the modules that its argument names, joined by commas, and prints how long that took.

The names come as a word, not as a file, and the lines printed before and after are seen by strace, too: no call
in between is anybody's but the imports'.
"""

import sys
import time

names = sys.argv[1].split(",")
print("begin", flush=True)
start = time.perf_counter()
for name in names:
    __import__(name)
seconds = time.perf_counter() - start
print("end", seconds, flush=True)
