# Makes what `make install` left a distribution's: /install at any place, pip, terminfo, compiled modules; and records
# facts. The interpreter just built does the work, so this runs only where its binaries run.
install=$OUT/install
series=${VERSION%.*}
cp -R /in/build/root/install "$install"
find "$install" -depth -name __pycache__ -exec rm -rf {} +

python=$install/bin/python$series
run() { "$python" -B -I "$@"; }

cp /in/recipe/*.py .
run tidy.py tidy "$install"
PYTHONPATH=. "$python" -B -P install_pip.py "$install"
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

# What only debuggers want goes into a tree by itself, where they find it by the build-id; the binaries keep their symbols.
# The same again without symbols is for those who want it small. The code is the same in all of them.
(cd "$install" && find bin lib \( -name 'python3*' -o -name '*.so' -o -name '*.so.*' \) -type f) | sort > binaries
while read -r file; do
  if ! file -b "$install/$file" | grep -q '^ELF'; then
    continue
  fi
  id=$(readelf -n "$install/$file" | sed -n 's/.*Build ID: //p')
  debug=$OUT/debug/.build-id/${id:0:2}
  mkdir -p "$debug" "$OUT/stripped/$(dirname "$file")"
  objcopy --only-keep-debug "$install/$file" "$debug/${id:2}.debug"
  strip --strip-debug "$install/$file"
  strip -o "$OUT/stripped/$file" "$install/$file"
done < binaries

# What a link on the target starts and ends with, and the stubs of the system's libraries: whoever links again needs a
# linker and nothing else.
mkdir -p "$OUT/build/link"
cp run_tests.py "$OUT/build/"
cp -R /in/sysroot/usr/lib/. "$OUT/build/link/"
builtins=$OUT/build/link/libbuiltins.a
found=$(clang --print-libgcc-file-name)
cp "$found" "$builtins"
for name in crtbegin crtend; do # libclang_rt.builtins-ARCH.a has clang_rt.crtbegin-ARCH.o beside it
  start=${found/libclang_rt.builtins/clang_rt.$name}
  cp "${start%.a}.o" "$OUT/build/link/$name.o"
done
chmod -R u+w "$OUT/build/link"
# Some functions for -ftrapv, which nothing here is compiled with, name the directory in which LLVM was built.
strip --strip-debug "$builtins"
for member in $(ar t "$builtins"); do
  if ar p "$builtins" "$member" | grep -q -a '/build/'; then
    ar d "$builtins" "$member"
  fi
done
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
run collect.py "$install" /in/build/tree /in/setup/extensions.json "$OUT/build" "$OUT/facts"
# Objects and libraries are for linking: with debug information they would be four times their size.
find "$OUT/build" "$install" \( -name '*.o' -o -name '*.a' \) -exec strip --strip-debug {} +

run tidy.py check "$install"
run tidy.py check "$OUT/build"
