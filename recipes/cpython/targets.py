"""Which functions a profile may make direct calls to.

A profile says where indirect calls went, and the compiler turns the frequent ones into direct calls, across modules too.
Were the core to call a function of an extension module that way, nobody could leave the module out any more. So a call
may only become a direct one to the core, to a module that every interpreter needs, or within its own module.

Nor may it become one to an instruction of the bytecode. An instruction ends with a call of the next one; frequent
followers would be compiled into it, followers of these too, and each would save and restore what all of them use.
"""

import json
import re

INSTRUCTION = "Python/ceval.c;TARGET_"


def read_homes(rules, symbols, extensions):
    """The extension modules of sources and of global functions: (source -> module, function -> module, optional modules).

    `rules` are lines as in Modules/Setup (module, sources, flags), `symbols` lines of `nm -A` on objects below Modules/.
    """
    sources, functions = {}, {}
    for line in rules.splitlines():
        words = line.split("#")[0].split()
        if words and re.fullmatch(r"\w+", words[0]):
            sources.update({f"Modules/{word}": words[0] for word in words[1:] if word.endswith(".c")})
    for line in symbols.splitlines():
        path, _, symbol = line.partition(": ")
        if module := sources.get(path.removesuffix(".o") + ".c"):
            functions[symbol.split()[-1]] = module
    optional = {entry["name"] for entry in json.loads(extensions) if not entry.get("required")}
    return sources, functions, optional


def find_home(name, sources, functions):
    """The module a function of the profile is in; nothing for the core. Local ones are `path;name`."""
    path, separator, _ = name.partition(";")
    if separator:
        return sources.get(path.removeprefix("./"))
    return functions.get(name)


def filter_targets(text, sources, functions, optional):
    """A profile in llvm-profdata's text form without the targets that must not become direct calls, and their number."""
    lines, out, dropped = text.split("\n"), [], 0
    caller = None
    index = 0
    while index < len(lines):
        line = lines[index]
        out.append(line)
        index += 1
        if lines[index : index + 1] == ["# Func Hash:"]:
            caller = find_home(line, sources, functions)
        if line != "# ValueKind = IPVK_IndirectCallTarget:":
            continue
        out += lines[index : index + 3]  # the kind, a comment, the number of sites
        sites = int(lines[index + 2])
        index += 3
        for _ in range(sites):
            count = int(lines[index])
            entries = lines[index + 1 : index + 1 + count]
            index += 1 + count
            kept = []
            for entry in entries:
                home = find_home(entry.rpartition(":")[0], sources, functions)
                if (home == caller or home not in optional) and not entry.startswith(INSTRUCTION):
                    kept.append(entry)
            dropped += count - len(kept)
            out += [str(len(kept)), *kept]
    return "\n".join(out), dropped
