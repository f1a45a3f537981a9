# As native.sh, in a Windows that is made for it. There is no screen; Mono and Gecko would be downloaded.
interpreter=$1; shift
export WINEPREFIX=$PWD/windows WINEDEBUG=-all WINEDLLOVERRIDES='mscoree,mshtml,winemenubuilder.exe=' XDG_RUNTIME_DIR=$PWD
wineboot --init
cp -R "${interpreter%/*}" python
chmod -R u+w python

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
