"""What pkgutil sees of the executable's packages; imported when it first looks."""

import os

import _pbs_bundle


def iter_modules(directory, prefix=""):
    """Pairs of a name and whether it is a package, as pkgutil wants them."""
    found = {}
    for name, is_directory in _pbs_bundle.list(directory) or ():
        if is_directory:
            children = dict(_pbs_bundle.list(os.path.join(directory, name)) or ())
            if "." not in name and any(child.partition(".")[0] == "__init__" for child in children):
                found[name] = True
        else:
            stem, dot, suffix = name.partition(".")
            if dot and stem != "__init__" and (suffix == "py" or suffix.endswith(("so", "pyd"))):
                found.setdefault(stem, False)
    for name in sorted(found):
        yield prefix + name, found[name]
