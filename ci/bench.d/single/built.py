"""What is measured, made once: the distribution unpacked, and programs linked from it in one file."""

import glob
import os
import subprocess

import container
from problem import Problem

APPS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "apps")

# What becomes of the same `hello`: how it is called, and the words for `pbs link`.
SIZES = {
    "whole": [],
    "stripped": ["--strip"],
    "stripped, bytecode only": ["--strip", "--keep", "bytecode"],
    "stripped, compressed": ["--strip", "--compress"],
    "stripped, bytecode only, compressed": ["--strip", "--keep", "bytecode", "--compress"],
    "minimal": ["--preset", "minimal"],
    "minimal, stripped": ["--preset", "minimal", "--strip"],
    "minimal, stripped, bytecode only": ["--preset", "minimal", "--strip", "--keep", "bytecode"],
    "minimal, stripped, bytecode only, compressed": [
        "--preset", "minimal", "--strip", "--keep", "bytecode", "--compress",
    ],
}


def app(name):
    return os.path.join(APPS, f"{name}.py")


class Built:
    """Paths of all that was made, and of the distribution it was made from."""

    def __init__(self, archive):
        if not os.path.isfile(archive):
            raise Problem(f"there is no archive `{archive}`", "`pbs build` prints the path of a full archive")
        self.archive = os.path.abspath(archive)
        self.pbs = container.pbs()
        self.interpreter = container.interpreter(archive)
        self.directory = self.interpreter.mount
        self.python = os.path.realpath(os.path.join(self.directory, self.interpreter.inside))
        if not os.path.exists(os.path.join(self.directory, "python", "PYTHON.json")):
            raise Problem(f"`{archive}` has no manifest in it", "a single file is linked from a full archive, `…-full.tar.zst`")
        # A store of its own: what is there already is known.
        self.store = os.path.join(container.WORK, "single", "store")
        identity = f"{self.interpreter.identity}-{container.digest_of(self.pbs, *sorted(glob.glob(os.path.join(APPS, '*.py'))))}"
        self.place = os.path.join(container.WORK, "single", identity)

    def link(self, name, script, words):
        """A program of `apps/` in one file."""

        def make(part):
            container.say(f"linking {name}")
            self.run_link(self.directory, script, part, words)

        return container.made(os.path.join(self.place, name.replace(", ", "-").replace(" ", "-")), make)

    def command(self, dist, script, output, words):
        return [self.pbs, "--store", self.store, "link", dist, "--script", app(script), "-o", output, "--quiet", *words]

    def run_link(self, dist, script, output, words):
        done = subprocess.run(self.command(dist, script, output, words), capture_output=True, text=True)
        if done.returncode:
            said = (done.stderr or done.stdout).strip()
            raise Problem(f"`pbs link` fails ({' '.join(words) or 'no options'}): {said}", "is `pbs` of the same commit as the distribution?")

    def hello(self, variant):
        return self.link(f"hello, {variant}", "hello", SIZES[variant])

    def version(self):
        asked = [self.python, "-I", "-c", "import platform; print(platform.python_version(), platform.python_compiler())"]
        return subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()
