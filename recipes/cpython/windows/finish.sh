# Lays out what was linked as installations of Windows are, adds pip and compiled modules, and records facts. Nothing of it
# can run here: a Python of the worker does the work, which has the same bytecode.
install=$OUT/install
cp /in/recipe/*.py .

python3 layout.py "$install" /in/source /in/build/tree/build /in/projects/projects.json
python3 install_pip.py "$install"

# As on other systems: by content, not by time, and unchecked where nobody edits. One process in one order.
stdlib=$install/Lib
compile() { python3 -m compileall -q -f -j1 -s "$install" -p / "$@"; }
compile --invalidation-mode unchecked-hash -x '/(tests?|idle_test|site-packages|lib2to3/tests)/' "$stdlib"
compile --invalidation-mode checked-hash "$stdlib/site-packages"

# What a link starts with, and the libraries by which programs find the system's: whoever links again needs a linker and
# nothing else. A given sysroot has names in capitals, too, as links.
mkdir -p "$OUT/build/link"
find /in/sysroot -name '*.lib' ! -name '*[A-Z]*' -exec cp {} "$OUT/build/link/" \;
chmod -R u+w "$OUT/build/link"
cp run_tests.py "$OUT/build/"
bash -eu -o pipefail /in/recipe/launcher.sh "$install" "$OUT/build"
python3 collect.py "$install" /in/build/tree/build /in/projects "$OUT/build" "$OUT/facts"
