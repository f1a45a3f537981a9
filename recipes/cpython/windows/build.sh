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
# Clang has them whatever it imitates, and the profile of the evaluation loop is of a loop that uses them.
flags+=(-DHAVE_COMPUTED_GOTOS=1)
if [ -e /in/profile ]; then
  # shellcheck source=../profile.sh
  . /in/recipe/profile.sh
  check_profile
  flags+=("-fprofile-use=$profile")
fi

# _wmi is C++, and there is no C++ library. Told that the language is older, its source does without the generated header
# which reads CPython's internals and by them <atomic> and <memory>: exec_query has no text of help and no keyword then.
older=(-Wno-builtin-macro-redefined -D_MSVC_LANG=201703L)

# Callers would stand beside what they call, by the profile; but lld's order for Windows is another each time.
order=/call-graph-profile-sort:no

# What is printed goes to make.log. Not LINK: the linker takes options from a variable of that name, and make hands its own on.
run_make() { # flags of the compilers, goals...
  local compiler=$1
  shift
  make -j"$JOBS" -f /in/projects/Makefile "$@" "CC=clang $compiler" "CXX=clang++ $compiler ${older[*]}" \
    "RC=bash -eu -o pipefail /in/recipe/rc.sh" "LINKER=lld-link $TARGET_LDFLAGS $order" PYTHON=python3 >> make.log 2>&1 ||
    { grep -B2 -A12 -E 'error:|Error ' make.log | tail -100; exit 1; }
}

if [ "$PYTHON_LTO" = thin ]; then
  # shellcheck source=thinlto.sh
  . /in/recipe/thinlto.sh
  compile_thinlto "${flags[*]}"
fi
run_make "${flags[*]}" compile link
grep -E -A4 'warning:' make.log | grep -v -e -Wprofile-instr | tail -50 || true
if [ -e /in/profile ]; then
  echo "what is compiled without its profile, the most frequent first:"
  grep -o 'hash mismatch) [^ ]* Hash = [0-9]* up to [0-9]*' make.log | awk '{ print $NF, $3 }' | sort -rnu > lost.txt || true
  head -25 lost.txt
  measure_profile make.log
fi

mkdir -p "$OUT/tree"
cp -R build "$OUT/tree/"
if [ -e /in/profile ]; then
  cp profile.json "$OUT/tree/"
fi
