"""Runs CPython's own tests where they are embedded: `test` is no directory there, so its modules are asked for."""

import _imp
import importlib.util
import pkgutil
import sys

from test.libregrtest import findtests as finder
from test.libregrtest import main as regrtest


def findtests(*, testdir=None, exclude=(), split_test_dirs=finder.SPLITTESTDIRS, base_mod=""):
    # Asked for and not imported: a package may say there that its tests do not apply.
    package = importlib.util.find_spec("test" + (f".{base_mod.removeprefix('test.')}" if base_mod else ""))
    found = []
    for module in pkgutil.iter_modules(package.submodule_search_locations):
        name = f"{base_mod}.{module.name}" if base_mod else module.name
        if not module.name.startswith("test_") or module.name in exclude:
            continue
        if name in split_test_dirs:
            found.extend(findtests(exclude=exclude, split_test_dirs=split_test_dirs, base_mod=f"test.{name}"))
        else:
            found.append(name)
    return sorted(found)


is_frozen = _imp.is_frozen


def is_frozen_here(name):
    """Not where an embedded module has come first: tests that import importlib anew take such modules for frozen ones."""
    spec = getattr(sys.modules.get(name), "__spec__", None)
    return is_frozen(name) and (spec is None or spec.loader is None or "embedded" not in repr(spec.loader))


_imp.is_frozen = is_frozen_here
finder.findtests = regrtest.findtests = findtests
regrtest.main()
