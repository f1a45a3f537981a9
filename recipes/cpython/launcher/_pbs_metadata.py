"""Metadata of distributions that are in the executable; imported when the first is asked for."""

import os
from importlib.metadata import Distribution, DistributionFinder, Prepared

import _pbs_bundle
from _pbs_resources import Path


class EmbeddedDistribution(Distribution):
    """An installed distribution whose metadata is in the executable."""

    def __init__(self, directory):
        self._directory = directory

    def read_text(self, filename):
        try:
            return _pbs_bundle.read(os.path.join(self._directory, filename)).decode("utf-8")
        except OSError:
            return None

    def locate_file(self, path):
        return Path(os.path.dirname(self._directory)).joinpath(path)

    @property
    def _normalized_name(self):
        stem = os.path.basename(self._directory).rpartition(".")[0]
        return Prepared.normalize(stem.partition("-")[0])


def find_distributions(context=None):
    if context is None:
        context = DistributionFinder.Context()
    wanted = context.name and Prepared.normalize(context.name)
    for place in context.path:
        for name, is_directory in (_pbs_bundle.list(place) if isinstance(place, str) else None) or ():
            if is_directory and name.endswith((".dist-info", ".egg-info")):
                found = EmbeddedDistribution(os.path.join(place, name))
                if wanted is None or found._normalized_name == wanted:
                    yield found
