"""Lines of embedded sources for those who ask by path: warnings, debuggers, doctest; imported with linecache."""

import linecache
from _frozen_importlib_external import decode_source

import _pbs_bundle

_update = linecache.updatecache


def updatecache(filename, module_globals=None):
    """Reads a file into the cache, as linecache's own function does, and files of the executable, too."""
    lines = _update(filename, module_globals)
    if lines or not filename:
        return lines
    try:
        data = _pbs_bundle.read(filename)
        lines = decode_source(data).splitlines(keepends=True)
    except (OSError, SyntaxError, UnicodeDecodeError):
        return []
    if lines and not lines[-1].endswith("\n"):
        lines[-1] += "\n"
    # Without a time: what is embedded does not change.
    linecache.cache[filename] = (len(data), None, lines, filename)
    return lines


def install(module):
    module.updatecache = updatecache
