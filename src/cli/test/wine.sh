# As native.sh, in a Windows that is made for it. There is no screen; Mono and Gecko would be downloaded.
interpreter=$1; shift
export WINEPREFIX=$PWD/windows WINEDEBUG=-all WINEDLLOVERRIDES='mscoree,mshtml,winemenubuilder.exe='
# Debian's Wine 10 frees what it did not allocate where this is set.
unset TMPDIR
# user32.dll is linked with a DLL of Debian's; without it the programs that make a Windows fail, and so does that.
mkdir -p "$WINEPREFIX/drive_c/windows/system32"
cp /usr/x86_64-w64-mingw32/lib/zlib1.dll "$WINEPREFIX/drive_c/windows/system32/"
wineboot --init
cp -R "${interpreter%/*}" python
chmod -R u+w python

# Wine says that it made a link, and makes none: as if nobody were allowed to, as on most machines with Windows.
cat > python/Lib/site-packages/sitecustomize.py <<'END'
import os


def symlink(src, dst, target_is_directory=False, *, dir_fd=None):
    raise OSError(22, "A required privilege is not held by the client", src, 1314, dst)


os.symlink = symlink
END

# The tests measure the machine's load by performance counters, which Wine has not: as if they were forbidden.
cat > start.py <<'END'
import runpy
import sys
from test.libregrtest import win_utils


def forbidden():
    raise PermissionError


if __name__ == "__main__":
    win_utils.WindowsLoadTracker = forbidden
    sys.argv[0] = "test"
    runpy.run_module("test", run_name="__main__", alter_sys=True)
END
status=0
wine "python/${interpreter##*/}" start.py -W "$@" || status=$?
wineserver --kill || true
exit "$status"
