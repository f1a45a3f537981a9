"""Lists what the headers declare that is newer than the oldest macOS on which a program may run.

usage: clang … -Xclang -ast-dump | newer.py SYMBOLS > newer.txt

A line is a symbol and the first macOS that has it. Read are the declarations as the compiler understood them: functions
and variables with an availability, and the symbol that is behind a name (`__asm("_name$VARIANT")`). SYMBOLS are those of
the stub libraries, one a line: what no library has is not listed.
"""

import re
import sys

DECLARATION = re.compile(r"^[|`]-(?:Function|Var)Decl .*? (?:implicit )?(?:used )?(\w+) '")
ATTRIBUTE = re.compile(r"^(?:\| |  )[|`]-(AvailabilityAttr|AsmLabelAttr) (.*)")
INTRODUCED = re.compile(r" macos (\d+(?:\.\d+)*)")


def read(lines):
    """Symbol -> version, of every declaration that has one."""
    found, name, label, version = {}, None, None, None

    def finish():
        if name and version:
            found[label or f"_{name}"] = version

    for line in lines:
        if line.startswith(("|-", "`-")):
            finish()
            declared = DECLARATION.match(line)
            name, label, version = declared[1] if declared else None, None, None
        elif name and (attribute := ATTRIBUTE.match(line)):
            kind, text = attribute.groups()
            if kind == "AsmLabelAttr":
                label = re.search(r'"\x01?(?:\\001)?([^"]+)"', text)[1]
            elif introduced := INTRODUCED.search(text):
                version = introduced[1]
    finish()
    return found


def main(symbols):
    known = set(open(symbols).read().split())
    found = read(sys.stdin)
    listed = {symbol: version for symbol, version in found.items() if symbol in known and version != "0"}
    if len(listed) < 100:
        sys.exit(f"newer: only {len(listed)} of {len(found)} declarations; is the compiler's output another one now?")
    for symbol, version in sorted(listed.items()):
        print(symbol, version)


if __name__ == "__main__":
    main(sys.argv[1])
