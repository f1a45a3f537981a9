"""An empty page cache."""

import os

CACHES = "/proc/sys/vm/drop_caches"


def unable():
    """Why the caches of this machine cannot be dropped, or nothing.

    All of them are: pages, and names and inodes, too, as after a boot. `posix_fadvise` could forget the pages of
    the files concerned, but looking names up is half of what a path-based import does.
    """
    try:
        os.close(os.open(CACHES, os.O_WRONLY))
    except OSError as error:
        return f"{CACHES} cannot be written ({error.strerror}), which takes root"
    return None


def drop():
    os.sync()
    with open(CACHES, "w", encoding="ascii") as file:
        file.write("3")
