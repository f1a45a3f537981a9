"""Which functions ran at all, by a profile in llvm-profdata's text form."""


def read_started(text):
    """Their names in the order they stand in; those of local functions without the source before them."""
    lines, names = text.split("\n"), []
    for index, line in enumerate(lines):
        if line != "# Func Hash:":
            continue
        # Name, "# Func Hash:", hash, "# Num Counters:", number, "# Counter Values:", values.
        number = int(lines[index + 3])
        if any(value != "0" for value in lines[index + 5 : index + 5 + number]):
            names.append(lines[index - 1].rpartition(";")[2])
    return names
