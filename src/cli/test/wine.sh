# As native.sh, in a Windows that is made for it. There is no screen; Mono and Gecko would be downloaded.
interpreter=$1; shift
export WINEPREFIX=$PWD/windows WINEDEBUG=-all WINEDLLOVERRIDES='mscoree,mshtml,winemenubuilder.exe='
# Debian's Wine 10 frees what it did not allocate where this is set.
unset TMPDIR
# It reads the names of Unix's time zones, and makes `UT` of `UTC`.
unset TZ
# user32.dll is linked with a DLL of Debian's; without it the programs that make a Windows fail, and so does that.
mkdir -p "$WINEPREFIX/drive_c/windows/system32"
cp /usr/x86_64-w64-mingw32/lib/zlib1.dll "$WINEPREFIX/drive_c/windows/system32/"
wineboot --init
cp -R "${interpreter%/*}" python
chmod -R u+w python

# Wine says that it made a link, and makes none: as if nobody were allowed to, as on most machines with Windows. A longer
# current directory than Windows allows by default overwrites memory there, and whatever thread is started next stands still.
cat > python/Lib/site-packages/sitecustomize.py <<'END'
import os


def symlink(src, dst, target_is_directory=False, *, dir_fd=None):
    raise OSError(22, "A required privilege is not held by the client", src, 1314, dst)


def chdir(path, change=os.chdir):
    if len(os.path.abspath(path)) > 258:
        raise FileNotFoundError(2, "The filename or extension is too long", path, 206)
    change(path)


os.symlink = symlink
os.chdir = chdir
END

# The tests measure the machine's load by performance counters, which Wine has not: as if they were forbidden.
cat >> python/Lib/test/libregrtest/win_utils.py <<'END'


class WindowsLoadTracker:
    def __init__(self):
        raise PermissionError
END
status=0
wine "python/${interpreter##*/}" -m test -W --timeout 600 "$@" || status=$?
wineserver --kill || true
exit "$status"
