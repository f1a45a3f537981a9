# Compiles what an interpreter needs that is one executable, and the launcher and the importer of single-file executables:
# launcher.sh INSTALL BUILD. What stands in place of `encodings` is compiled by a Python that has the same bytecode.
install=$1 build=$2
launcher=$build/launcher
mkdir -p "$launcher" "$build/link"

python3 - > encodings.h << 'END'
import marshal
code = compile("import _pbs_bundle\n_pbs_bundle.start(globals())\n", "<embedded encodings>", "exec", optimize=2)
print(f"static const unsigned char encodings_code[] = {{{', '.join(map(str, marshal.dumps(code)))}}};")
END

# Nothing of it is imported: the interpreter is in the same file.
# shellcheck disable=SC2206 # the flags are words
flags=($TARGET_CFLAGS $TARGET_CPPFLAGS -std=c11 -DNDEBUG -DPy_NO_ENABLE_SHARED -O2 "-ffile-prefix-map=$install=/install"
  -Wall -Wextra -Werror -Wno-unused-parameter -Wno-missing-field-initializers -I. "-I$install/include" -I/in/zlib/include)
compile() { clang "${flags[@]}" -c "$1" -o "$2"; }
for source in /in/recipe/*.c; do
  name=$(basename "$source" .c)
  if [ "$name" != start ]; then
    compile "$source" "$launcher/$name.obj"
  fi
done
compile /in/recipe/start.c "$build/link/start.obj"

cp /in/recipe/run.h "$launcher/pbs.h"
cp /in/recipe/_pbs_*.py "$launcher/"
python3 - "$launcher" << 'END'
import pathlib, py_compile, sys
mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
for source in sorted(pathlib.Path(sys.argv[1]).glob("*.py")):
    py_compile.compile(str(source), f"{source}c", source.name, True, invalidation_mode=mode)
END
