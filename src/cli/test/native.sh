# Copies the installation, as some tests write beside the standard library, and runs the tests on the copy. `-W` prints
# what a failing module says, and names subtests, which the JUnit file does not.
interpreter=$1; shift
cp -R "${interpreter%/bin/*}" python
chmod -R u+w python
exec "python/bin/${interpreter##*/}" -m test -W "$@"
