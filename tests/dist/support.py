"""What the tests of a built distribution share."""

import os
import shutil
import subprocess
import sys
import unittest
from pathlib import Path

#: The install tree that is tested: the directory above `bin/`.
INSTALL = Path(sys.base_prefix)

#: The series as CPython names its directories: `python3.13`, `python3.13d`.
SERIES = f"python{sys.version_info[0]}.{sys.version_info[1]}"


def needs(name, met):
    """Skips a test whose need is not met, or fails it where PBS_TEST_REQUIRE names the need."""
    required = os.environ.get("PBS_TEST_REQUIRE", "").split(",")
    if met or name in required:
        return lambda test: test
    return unittest.skip(f"SKIP {name}")


needs_cc = needs("cc", shutil.which("cc") is not None)
needs_registries = needs("registries", os.environ.get("PBS_TEST_REGISTRIES") == "1")


def run(*command, env=None, cwd=None, stdin=None, timeout=300):
    """Runs a command without Python's variables in its environment and returns its standard output."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(
        [str(word) for word in command],
        env=clean | (env or {}),
        cwd=cwd,
        input=stdin,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    if done.returncode != 0:
        raise AssertionError(f"{command} ended with {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done.stdout


def python(*arguments, **options):
    """Runs the interpreter under test in a process of its own, isolated from the environment."""
    return run(sys.executable, "-I", *arguments, **options)
