"""Run by the interpreters that are measured: which modules of the standard library can be imported, and do it.

`modules.py find` prints the names that import here without a word, each in a process of its own;
`modules.py check FILE` imports the names in FILE in one process and prints those that fail;
`modules.py import FILE` only imports them: this is what is timed.
"""

import sys

# What opens windows or browsers, is a program or a test rather than a library, or patches what is there.
NOT_ONES = {"antigravity", "idlelib", "lib2to3", "test", "this", "tkinter", "turtle", "turtledemo", "xxlimited",
            "xxlimited_35"}

# What is audited when a process is started.
STARTING = {"os.fork", "os.forkpty", "os.posix_spawn", "os.system", "subprocess.Popen"}


def candidates():
    import importlib.util
    import pkgutil

    def below(name, places):
        yield name
        for module in pkgutil.iter_modules(places):
            if module.name in ("__main__", "test", "tests", "_bundled", "idle_test"):
                continue
            inner = f"{name}.{module.name}"
            if module.ispkg:
                yield from below(inner, [f"{place}/{module.name}" for place in places])
            else:
                yield inner

    for name in sorted(sys.stdlib_module_names - NOT_ONES):
        if name.startswith(("_test", "_xx", "__phello__")):
            continue
        try:
            spec = importlib.util.find_spec(name)
        except (ImportError, ValueError):
            spec = None
        if spec is None and name not in sys.builtin_module_names:
            continue
        yield from below(name, list(getattr(spec, "submodule_search_locations", None) or []))


def imports_quietly(name):
    """Whether a module imports in a child that prints nothing, starts no thread or process and stays where it is."""
    import os
    import signal

    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            signal.alarm(20)
            for descriptor in (1, 2):
                os.dup2(writer, descriptor)
            here = os.getcwd()
            started = []
            sys.addaudithook(lambda event, _: event in STARTING and started.append(event))
            __import__(name)
            threads = sys.modules["threading"].active_count() if "threading" in sys.modules else 1
            code = 0 if threads == 1 and not started and os.getcwd() == here else 2
            sys.stdout.flush()
        except BaseException:
            code = 3
        finally:
            os._exit(code)
    os.close(writer)
    with open(reader, "rb") as pipe:
        said = pipe.read()
    _, status = os.waitpid(child, 0)
    return status == 0 and not said


def names(path):
    with open(path, encoding="utf-8") as lines:
        return lines.read().split()


def main(action, *arguments):
    if action == "find":
        print("\n".join(name for name in candidates() if imports_quietly(name)))
    elif action == "check":
        failed = []
        for name in names(*arguments):
            try:
                __import__(name)
            except BaseException:
                failed.append(name)
        print("\n".join(failed))
    else:
        for name in names(*arguments):
            __import__(name)


if __name__ == "__main__":
    main(*sys.argv[1:])
