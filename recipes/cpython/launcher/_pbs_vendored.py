"""Modules of the executable under other names than their own; imported when the first is found.

A program may put a directory on sys.path itself, a folder of vendored packages, say: `app._vendor.attr` is then `attr`.
"""

import _imp
from _frozen_importlib import ModuleSpec
from _frozen_importlib_external import SourceLoader, _path_join

import _pbs_bundle

_finder = _pbs_bundle.finder


class Loader:
    """Loads a module that the executable knows by another name."""

    def __init__(self, inner):
        self._inner = inner

    def create_module(self, spec):
        return _finder.create_module(_finder.find_spec(self._inner))

    def exec_module(self, module):
        code = self.get_code(module.__name__)
        if code is None:
            _imp.exec_dynamic(module)
        else:
            exec(code, module.__dict__)

    def get_code(self, name):
        return _finder.get_code(self._inner)

    def get_source(self, name):
        return _finder.get_source(self._inner)

    def get_filename(self, name):
        return _finder.get_filename(self._inner)

    def is_package(self, name):
        return _finder.is_package(self._inner)

    def get_data(self, path):
        return _finder.get_data(path)

    def get_resource_reader(self, name):
        return _finder.get_resource_reader(self._inner)


class FileLoader(SourceLoader):
    """Loads a module from a file that is embedded as it is: its directory cannot be a package's."""

    def __init__(self, path):
        self._path = path

    def get_filename(self, name):
        return self._path

    def get_data(self, path):
        return _finder.get_data(path)

    def get_resource_reader(self, name):
        from importlib.readers import FileReader
        from _pbs_resources import Path

        reader = FileReader(self)
        reader.path = Path(self._path).parent
        return reader if self.is_package(name) else None


def _namespace(name, directory):
    spec = ModuleSpec(name, None, is_package=True)
    spec.submodule_search_locations.append(directory)
    return spec


def module_spec(name, inner):
    """The spec of the module `inner` as `name`."""
    there = _finder.find_spec(inner)
    if not there.has_location:
        return _namespace(name, there.submodule_search_locations[0])
    spec = ModuleSpec(name, Loader(inner), origin=there.origin)
    spec.submodule_search_locations = there.submodule_search_locations
    spec.has_location = True
    spec.cached = there.cached
    return spec


def file_spec(name, stem):
    """The spec of what stands at a path without its suffix; None if that is no module."""
    for path, locations in ((_path_join(stem, "__init__.py"), [stem]), (stem + ".py", None)):
        try:
            _pbs_bundle.read(path)
        except OSError:
            continue
        spec = ModuleSpec(name, FileLoader(path), origin=path)
        spec.submodule_search_locations = locations
        spec.has_location = True
        return spec
    return _namespace(name, stem) if _pbs_bundle.list(stem) is not None else None
