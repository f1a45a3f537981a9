# Makes what `make install` left a distribution's: /install at any place, pip, terminfo, compiled modules; and records
# facts. What is otherwise on each system stands in its finishing.sh: who runs Python code, how debug information is taken
# off, and what a link starts with.
# shellcheck source=linux/finishing.sh
. /in/recipe/finishing.sh
install=$OUT/install
series=${VERSION%.*}
cp -R /in/build/root/install "$install"
find "$install" -depth -name __pycache__ -exec rm -rf {} +

cp /in/recipe/*.py .
as_built tidy.py tidy "$install"
as_built install_pip.py "$install"
# CPython finds its exec_prefix by this directory, and complains at every start if there is none.
echo "Extension modules are built into the interpreter. It finds sys.exec_prefix by this directory." \
  > "$install/lib/python$series/lib-dynload/README.txt"
mkdir -p "$install/share"
cp -R /in/ncurses/share/terminfo "$install/share/"

# Compiled by content, not by time, and not checked at import: what ships is not edited. Where a file may well be changed
# after all (sysconfig data by installers, packages by pip), the source is compared. One process in one order, as
# marshalled bytes depend on what the process did before; the path inside is put right when a module is imported.
stdlib=$install/lib/python$series
compile() { run -m compileall -q -f -j1 -s "$install" -p /install "$@"; }
compile --invalidation-mode unchecked-hash -x '/(tests?|idle_test|site-packages|lib2to3/tests)/|/_sysconfigdata' "$stdlib"
compile --invalidation-mode checked-hash "$stdlib/site-packages" "$stdlib"/_sysconfigdata*.py

finish_binaries

# What a link on the target starts and ends with, and the stubs of the system's libraries: whoever links again needs a
# linker and nothing else.
mkdir -p "$OUT/build/link"
cp run_tests.py "$OUT/build/"
lay_start
find "$OUT/build/link" -type f -exec chmod 644 {} +

# The launcher and the importer of single-file executables. They may be linked into anything, at any address. What stands
# in place of `encodings` is compiled by the interpreter that runs it.
launcher=$OUT/build/launcher
mkdir -p "$launcher"
run - > encodings.h << 'END'
import marshal
code = compile("import _pbs_bundle\n_pbs_bundle.start(globals())\n", "<embedded encodings>", "exec", optimize=2)
print(f"static const unsigned char encodings_code[] = {{{', '.join(map(str, marshal.dumps(code)))}}};")
END
includes=("$install"/include/python"$series"*)
for source in /in/recipe/*.c; do
  # shellcheck disable=SC2086 # the flags are words
  clang $TARGET_CFLAGS $TARGET_CPPFLAGS -std=c11 -D_GNU_SOURCE -DNDEBUG -O2 -fPIC "-ffile-prefix-map=$install=/install" -Wall -Wextra -Werror -Wno-unused-parameter \
    -Wno-missing-field-initializers -I. -I"${includes[0]}" -I/in/zlib/include -c "$source" -o "$launcher/$(basename "$source" .c).o"
done
cp /in/recipe/run.h "$launcher/pbs.h"
cp _pbs_*.py "$launcher/"
run - "$launcher" << 'END'
import pathlib, py_compile, sys
mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
for source in sorted(pathlib.Path(sys.argv[1]).glob("*.py")):
    py_compile.compile(str(source), f"{source}c", source.name, True, invalidation_mode=mode)
END
as_built collect.py "$install" /in/build/tree /in/setup/extensions.json "$OUT/build" "$OUT/facts"
# Objects and libraries are for linking: with debug information they would be four times their size.
find "$OUT/build" "$install" \( -name '*.o' -o -name '*.a' \) -exec strip --strip-debug {} +

run tidy.py check "$install"
run tidy.py check "$OUT/build"
