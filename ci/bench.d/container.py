"""The container: a root of Debian's packages, the benchmarks' packages, and interpreters to mount into it.

All of it is made once, below `target/bench/`, and named after what it was made from.
"""

import filecmp
import glob
import hashlib
import os
import shutil
import subprocess
import sys

from problem import Problem

HERE = os.path.dirname(os.path.abspath(__file__))
CHECKOUT = os.path.dirname(os.path.dirname(HERE))
WORK = os.environ.get("PBS_BENCH_DIR") or os.path.join(CHECKOUT, "target", "bench")
DEBIAN = "/usr/bin/python3.13"


def say(text):
    print(text, file=sys.stderr, flush=True)


def digest_of(*paths):
    hasher = hashlib.sha256()
    for path in paths:
        with open(path, "rb") as file:
            while chunk := file.read(1 << 20):
                hasher.update(chunk)
    return hasher.hexdigest()[:16]


def check_rights():
    for tool in ("unshare", "mount", "chroot"):
        if not (shutil.which(tool) or os.path.exists(f"/usr/sbin/{tool}")):
            raise Problem(f"there is no `{tool}`", "apt-get install util-linux coreutils, or measure with `--here`")
    map_root = [] if os.geteuid() == 0 else ["--map-root-user"]
    try_out = ["unshare", "--mount", "--net", "--pid", "--fork", *map_root, "true"]
    tried = subprocess.run(try_out, capture_output=True, text=True)
    if tried.returncode:
        raise Problem(
            f"no container can be made: {tried.stderr.strip()}",
            "be root, or allow user namespaces; `--here` measures without one",
        )


def made(path, make):
    """`path`, made in a directory beside it and renamed when it is whole."""
    if not os.path.exists(path):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        part = f"{path}.part"
        remove(part)
        try:
            make(part)
        except BaseException:
            remove(part)
            raise
        os.rename(part, path)
    return path


def remove(path):
    if os.path.lexists(path):
        subprocess.run(["rm", "-rf", "--one-file-system", path], check=True)


def pbs():
    """Our own program: the newest that is built here."""
    named = os.environ.get("PBS_BENCH_PBS")
    if named:
        return named
    built = [os.path.join(CHECKOUT, "target", profile, "pbs") for profile in ("release", "debug")]
    built = [path for path in built if os.path.exists(path)]
    if not built:
        raise Problem("`pbs` is not built, and it unpacks the container", "cargo build --release, or set PBS_BENCH_PBS")
    return max(built, key=os.path.getmtime)


def root():
    """Debian's python3.13 and the packages it needs."""
    image = os.path.join(CHECKOUT, "docker", "bench")
    name = digest_of(os.path.join(image, "image.yaml"), os.path.join(image, "image.lock"))

    def make(part):
        say("unpacking Debian's packages (docker/bench/image.lock)")
        done = subprocess.run([pbs(), "--recipes", CHECKOUT, "image", "unpack", "bench", part], stdout=subprocess.DEVNULL)
        if done.returncode:
            raise Problem("the container cannot be unpacked", "what `pbs image unpack` says above")

    return made(os.path.join(WORK, "root", name), make)


def site(version):
    """pyperformance and what its benchmarks import, one directory for both interpreters."""
    wheels, sources = (os.path.join(HERE, name) for name in ("requirements.txt", "requirements-sources.txt"))
    name = f"{version}-{digest_of(wheels, sources)}"

    def make(part):
        say("installing pyperformance's packages with pip")
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--root-user-action=ignore", "--no-deps", "--no-compile", "--target", part]
        tags = ["cp" + version.replace(".", ""), "abi3", "none"]
        platforms = ["manylinux_2_28_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64", "any"]
        binary = ["--only-binary=:all:", "--implementation", "cp", "--python-version", version]
        binary += [word for tag in tags for word in ("--abi", tag)]
        binary += [word for platform in platforms for word in ("--platform", platform)]
        call([*pip, *binary, "--require-hashes", "-r", wheels])
        call([*pip, "--no-binary=:all:", "--require-hashes", "-r", sources])
        # Built by and for this machine's own Python, and optional.
        for folder, _, files in os.walk(os.path.join(part, "sqlalchemy")):
            for file in files:
                if file.endswith(".so"):
                    os.remove(os.path.join(folder, file))
        # What the benchmark 2to3 would install for itself: it was in the standard library until 3.12.
        vendored = os.path.join(part, "pyperformance/data-files/benchmarks/bm_2to3/vendor/src/lib2to3")
        shutil.copytree(vendored, os.path.join(part, "lib2to3"))

    def call(command):
        done = subprocess.run(command, env={**os.environ, "DISABLE_SQLALCHEMY_CEXT": "1"})
        if done.returncode:
            raise Problem(
                "pyperformance's packages cannot be installed",
                "what pip says above; `--suite startup,imports,micro` needs none",
            )

    return made(os.path.join(WORK, "site", name), make)


class Interpreter:
    """A distribution that stands unpacked: `mount` goes to a side's directory in the container."""

    def __init__(self, label, identity, mount, inside):
        self.label = label
        self.identity = identity
        self.mount = mount
        self.inside = inside

    def path(self, side):
        return self.inside if self.mount is None else f"/opt/{side}/{self.inside}"


def interpreter(word):
    """What a word of the command line means."""
    if word == "debian":
        lock = os.path.join(CHECKOUT, "docker", "bench", "image.lock")
        return Interpreter(f"Debian {debian_version(lock)}", f"debian {digest_of(lock)}", None, DEBIAN)
    if os.path.isdir(word):
        program = find(word)
        if program is None:
            raise Problem(f"`{word}` has no `bin/python3`", "name the directory that an archive was unpacked to")
        identity = digest_of(os.path.realpath(os.path.join(word, program)))
        # Copied, as bytecode may have to be added.
        name = hashlib.sha256(f"{os.path.abspath(word)} {identity}".encode()).hexdigest()[:16]
        place = made(os.path.join(WORK, "interpreters", name), lambda part: copy(word, part))
        return Interpreter(os.path.basename(os.path.abspath(word)), identity, place, program)
    if os.path.isfile(word):
        identity = digest_of(word)
        place = made(os.path.join(WORK, "interpreters", identity), lambda part: unpack(word, part))
        program = find(place)
        if program is None:
            raise Problem(f"`{word}` has no `bin/python3` in it", "name an archive that `pbs build` printed")
        return Interpreter(os.path.basename(word), identity, place, program)
    hint = "`pbs build` makes one and prints its path; `debian` is Debian's own"
    if shutil.which(word):
        hint = "for a program of this machine there is `--here`"
    raise Problem(f"there is no distribution `{word}`", hint)


def find(directory):
    for program in ("python/install/bin/python3", "python/bin/python3", "install/bin/python3", "bin/python3"):
        if os.path.exists(os.path.join(directory, program)):
            return program
    return None


def copy(source, part):
    if subprocess.run(["cp", "-a", "--reflink=auto", source, part]).returncode:
        raise Problem(f"`{source}` cannot be copied to {part}")


def unpack(archive, part):
    os.mkdir(part)
    done = subprocess.run(["tar", "-xf", archive, "-C", part], capture_output=True, text=True)
    if done.returncode:
        raise Problem(
            f"`{archive}` cannot be unpacked: {(done.stderr.strip().splitlines() or ['tar failed'])[-1]}",
            "is it an archive of `pbs build`? A `.tar.zst` needs the program zstd",
        )


def debian_version(lock):
    with open(lock, encoding="utf-8") as lines:
        text = lines.read()
    _, found, rest = text.partition("- package: python3.13\n")
    return "python3.13 " + rest.split('version: "', 1)[1].split('"', 1)[0] if found else "python3.13"


def settle(*directories):
    """Writes files out and forgets them: pages that were just written lie differently in memory than pages that
    were read, which alone changes the page faults of a start by one in twenty."""
    os.sync()
    for directory in directories:
        for folder, _, files in os.walk(directory):
            for name in files:
                path = os.path.join(folder, name)
                if os.path.isfile(path) and not os.path.islink(path):
                    with open(path, "rb") as file:
                        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def library(interpreter, root):
    """Where the standard library of an interpreter stands, seen from outside."""
    base = interpreter.mount or root
    prefix = os.path.dirname(os.path.dirname(interpreter.inside.lstrip("/")))
    found = sorted(glob.glob(os.path.join(base, prefix, "lib", "python3.*", "os.py")))
    return os.path.dirname(found[-1]) if found else None


def differing(one, other):
    """The modules of two standard libraries that are there in both, but not the same source."""
    names = []
    for folder, folders, files in os.walk(one):
        folders[:] = sorted(set(folders) - {"__pycache__", "site-packages", "test"})
        for name in sorted(files):
            path = os.path.relpath(os.path.join(folder, name), one)
            there = os.path.join(other, path)
            if name.endswith(".py") and os.path.isfile(there):
                if not filecmp.cmp(os.path.join(one, path), there, shallow=False):
                    names.append(path)
    return names


def enter(mode, place, mounts, results, command):
    """Runs a command in the container; its exit code."""
    site_directory = place.site or os.path.join(WORK, "nothing")
    os.makedirs(site_directory, exist_ok=True)
    words = [place.root, mounts.get("a") or "", mounts.get("b") or "", HERE, site_directory, results]
    return subprocess.run(["sh", os.path.join(HERE, "enter.sh"), mode, *words, "--", *command]).returncode
