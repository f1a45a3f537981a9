"""The results of a run as they stand on disk: one JSON object a line, appended as it is measured."""

import json
import os


def read_rows(path):
    """Every row that is whole; none where nothing was measured yet."""
    if not os.path.exists(path):
        return
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            try:
                yield json.loads(line)
            except ValueError:
                continue  # The last line of a run that was killed.
