"""Resources of packages that are in the executable; imported when the first is asked for."""

import io
import os
from importlib.resources.abc import Traversable, TraversableResources

import _pbs_bundle


class Path(Traversable):
    """A file or directory of the executable, which may not exist."""

    def __init__(self, path):
        self._path = path

    @property
    def name(self):
        return os.path.basename(self._path)

    def __str__(self):
        return self._path

    def __repr__(self):
        return f"{type(self).__name__}({self._path!r})"

    def __eq__(self, other):
        return isinstance(other, Path) and other._path == self._path

    def __hash__(self):
        return hash(self._path)

    @property
    def parent(self):
        return Path(os.path.dirname(self._path))

    @property
    def suffix(self):
        return os.path.splitext(self._path)[1]

    def iterdir(self):
        children = _pbs_bundle.list(self._path)
        if children is None:
            error = NotADirectoryError if self.is_file() else FileNotFoundError
            raise error(f"{self._path!r} is no directory of the executable")
        for name, _ in children:
            yield self.joinpath(name)

    def is_dir(self):
        return _pbs_bundle.list(self._path) is not None

    def is_file(self):
        try:
            _pbs_bundle.read(self._path)
        except OSError:
            return False
        return True

    def exists(self):
        return self.is_file() or self.is_dir()

    def joinpath(self, *descendants):
        path = os.path.normpath(os.path.join(self._path, *map(os.fspath, descendants)))
        return Path(path)

    def __truediv__(self, child):
        return self.joinpath(child)

    def read_bytes(self):
        if self.is_dir():
            raise IsADirectoryError(f"{self._path!r} is a directory of the executable")
        return _pbs_bundle.read(self._path)

    def read_text(self, encoding=None, errors=None):
        with self.open("r", encoding=encoding, errors=errors) as file:
            return file.read()

    def open(self, mode="r", buffering=-1, encoding=None, errors=None, newline=None):
        if mode not in ("r", "rt", "tr", "rb", "br"):
            raise ValueError(f"a file of the executable can be opened for reading only, not with {mode!r}")
        file = io.BytesIO(self.read_bytes())
        if "b" in mode:
            return file
        return io.TextIOWrapper(file, encoding=io.text_encoding(encoding), errors=errors, newline=newline)


class Resources(TraversableResources):
    def __init__(self, directory):
        self._directory = directory

    def files(self):
        return Path(self._directory)

    def open_resource(self, resource):
        return self.files().joinpath(resource).open("rb")

    def resource_path(self, resource):
        # There is no path that others could open.
        raise FileNotFoundError(resource)

    def is_resource(self, path):
        return self.files().joinpath(path).is_file()

    def contents(self):
        return (item.name for item in self.files().iterdir())


def resource_reader(directory):
    return Resources(directory)
