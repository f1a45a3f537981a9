"""What is measured of a distribution: blocks of arms, and counts that are taken once."""

import os
import shutil
import subprocess
import tempfile

import container
from problem import Problem

from single import arms, calls, cold, links, tools
from single.arms import Arm, Block
from single.built import SIZES, app

PARTS = ["start", "imports", "cold", "calls", "link", "sizes", "compare"]

SINGLE, PACKED = "single file", "single file, compressed"
PATHS = {"path": [], "path, `-I`": ["-I"], "path, `-I -S`": ["-I", "-S"]}


class Suite:
    """`stages` are measured one after the other, `facts` are counted when it is made."""

    def __init__(self, built, parts):
        self.built = built
        self.parts = parts
        self.stages = []
        self.facts = {"skipped": [], "sizes": {}, "calls": {}, "tools": {}, "others": {}}
        self.prepare()
        warm = []
        for name in ("start", "imports", "sizes", "compare"):
            if name in parts:
                warm += getattr(self, name)()
        self.stages.append(("warm", warm))
        if "link" in parts:
            self.stages.append(("link", self.link()))
        if "cold" in parts:
            self.stages.append(("cold", self.cold()))

    def skip(self, text):
        container.say(f"skipped: {text}")
        self.facts["skipped"].append(text)

    def prepare(self):
        built = self.built
        self.hello = built.hello("whole")
        self.importing = built.link("imports", "imports", [])
        self.packed = built.link("imports, compressed", "imports", ["--compress"])
        self.tool = built.link("tool", "tool", [])
        library = os.path.join(os.path.dirname(os.path.dirname(built.python)), "lib")
        compiling = [built.python, "-I", os.path.join(container.HERE, "prepare.py"), library]
        stamp = os.path.join(built.place, "bytecode")
        if not os.path.exists(stamp):
            run(compiling)
            with open(stamp, "w", encoding="utf-8"):
                pass
        self.names = self.module_names()
        self.facts["modules"] = len(self.names)

    def module_names(self):
        """Every module of the distribution's own library that imports quietly in a process of its own, in the order
        of the alphabet; asked of the path-based interpreter, and those must import here, too."""
        path = os.path.join(self.built.place, "modules.txt")

        def make(part):
            container.say("asking which modules can be imported")
            found = run([self.built.python, "-I", os.path.join(container.HERE, "modules.py"), "find"])
            with open(part, "w", encoding="utf-8") as file:
                file.write(found)

        with open(container.made(path, make), encoding="utf-8") as file:
            return sorted(file.read().split())

    def by_path(self, options, script, *words):
        return [self.built.python, *options, app(script), *words]

    def start(self):
        def of(make):
            return [Arm(SINGLE, make([self.hello]))] + [
                Arm(name, make(self.by_path(options, "hello"))) for name, options in PATHS.items()
            ]

        ratios = [(SINGLE, name) for name in PATHS]
        blocks = [Block("start", of(arms.start), (200, 10), ratios)]
        time = shutil.which("time")
        if time is None:
            self.skip("peak memory is not measured: there is no GNU time (apt-get install time)")
        else:
            blocks.append(Block("peak memory", of(lambda argv: arms.peak(argv, time)), (20, 3), ratios))
        return blocks

    def import_arms(self):
        word = ",".join(self.names)
        found = [Arm(SINGLE, arms.imports([self.importing, word])), Arm(PACKED, arms.imports([self.packed, word]))]
        return found + [
            Arm(name, arms.imports(self.by_path(PATHS[name], "imports", word))) for name in ("path", "path, `-I`")
        ]

    RATIOS = [(SINGLE, "path"), (SINGLE, "path, `-I`"), (PACKED, "path")]

    def imports(self):
        return [Block("imports", self.import_arms(), (40, 4), self.RATIOS)]

    def cold(self):
        why = cold.unable()
        if why:
            self.skip(f"nothing is measured with an empty page cache: {why}")
            return []
        hello = [Arm(SINGLE, arms.start([self.hello])), Arm("path", arms.start(self.by_path([], "hello")))]
        return [
            Block("imports, cold", self.import_arms(), (15, 2), self.RATIOS, before=cold.drop),
            Block("start, cold", hello, (15, 2), [(SINGLE, "path")], before=cold.drop),
        ]

    def sizes(self):
        variants = [Arm(name, arms.start([self.built.hello(name)])) for name in SIZES]
        self.facts["sizes"] = {name: os.path.getsize(self.built.hello(name)) for name in SIZES}
        return [Block("sizes", variants, (30, 3), [])]

    def link(self):
        if links.linker() is None or shutil.which("bash") is None:
            self.skip("`pbs link` is not timed: it takes ld.lld and bash (apt-get install lld)")
            return []
        built = self.built
        again = [
            Arm("from a directory", links.link(built, built.directory)),
            Arm("from a directory, stripped", links.link(built, built.directory, ["--strip"])),
            Arm("from the archive, in the store", links.link(built, built.archive)),
        ]
        first = [Arm("from the archive, empty store", links.link(built, built.archive, forget=True))]
        # A linker has threads: whoever waits for it does not pin it.
        return [
            Block("link", again, (20, 3), [], pinned=False),
            Block("link, first", first, (5, 2), [], pinned=False),
        ]

    def calls(self):
        """Counted once each: nothing of it varies."""
        strace = shutil.which("strace")
        if strace is None:
            return self.skip("system calls are not counted: there is no strace (apt-get install strace)")
        traced = self.built.link("traced", "traced", [])
        word = ",".join(self.names)
        facts = self.facts["calls"]
        with tempfile.TemporaryDirectory(dir="/tmp") as scratch:
            for name, imports, hello in (
                (SINGLE, [traced, word], [self.hello]),
                ("path", self.by_path([], "traced", word), self.by_path([], "hello")),
            ):
                turns = calls.by_turn(calls.trace(imports, strace, scratch))
                facts[f"imports, {name}"] = calls.counted(turns["imports"])
                facts[f"modules' own code, {name}"] = calls.counted(turns["module"])
                facts[f"start and end of `hello`, {name}"] = calls.counted(calls.trace(hello, strace, scratch))
        return None

    def compare(self):
        self.facts["tools"] = tools.versions()
        try:
            venv = tools.environment(self.built)
        except Problem as problem:
            self.skip(f"nothing is compared with other tools: {problem}")
            return []
        blocks = []
        for name, ours in (("hello", self.hello), ("tool", self.tool)):
            programs = {"pbs": [ours]}
            self.facts["others"][f"pbs {name}"] = os.path.getsize(ours)
            for tool in tools.TOOLS:
                try:
                    program = tools.build(tool, venv, self.built, name)
                except Problem as problem:
                    self.skip(str(problem))
                    continue
                programs[tool] = tools.arguments(tool, self.built, program)
                self.facts["others"][f"{tool} {name}"] = os.path.getsize(program)
            measured = [Arm(tool, arms.two_starts(argv)) for tool, argv in programs.items()]
            blocks.append(Block(f"compare {name}", measured, (15, 2), [("pbs", tool) for tool in programs if tool != "pbs"]))
        return blocks


def run(command):
    done = subprocess.run(command, env=arms.ENV, cwd="/tmp", capture_output=True, text=True)
    if done.returncode:
        raise Problem(f"`{command[0]}` fails: {(done.stderr.strip() or 'no word').splitlines()[-1]}")
    return done.stdout
