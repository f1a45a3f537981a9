# Compiles CPython by its own project files and links it. $OUT/tree keeps what the finish step reads: objects, what was
# linked of them, generated headers, and the description of all of it.
copy-source

# Modules are frozen by a Python of the worker, which must write the same bytecode.
worker=$(python3 -c 'import sys; print("%d.%d" % sys.version_info[:2])')
if [ "$worker" != "${VERSION%.*}" ]; then
  echo "the worker root has Python $worker, and only that series can be built for Windows so far"
  exit 1
fi

# Faults are caught where __try stands around them (mmap), which clang only keeps track of if it is told. The rest is as on
# other systems. CPython hands pointers to int on where Windows wants those to long, which are as large.
flags=(-fasync-exceptions -fno-strict-aliasing -fwrapv -ffunction-sections -fdata-sections -Wno-incompatible-pointer-types)
# shellcheck disable=SC2206 # the flags are words
flags+=($TARGET_CFLAGS $TARGET_CPPFLAGS $PYTHON_CFLAGS)

# Not LINK: the linker takes options from a variable of that name, and make hands its own on.
make -j"$JOBS" -f /in/projects/Makefile compile link \
  "CC=clang ${flags[*]}" "CXX=clang++ ${flags[*]}" "RC=bash -eu -o pipefail /in/recipe/rc.sh" "LINKER=lld-link $TARGET_LDFLAGS" \
  PYTHON=python3 > make.log 2>&1 || { grep -B2 -A12 -E 'error:|Error ' make.log | tail -100; exit 1; }
grep -E -A4 'warning:' make.log | tail -50 || true

mkdir -p "$OUT/tree"
cp -R build "$OUT/tree/"
