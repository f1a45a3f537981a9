# ThinLTO in steps, as thinlto.sh does for other systems, so that what is left are ordinary objects: every module of the
# interpreter's library to bitcode, one index over all of them, machine code for each module by itself, in parallel. To be
# sourced.
#
# The table of built-in modules stays out of it, which whoever links again replaces; so do programs and what is not in the
# library. One index serves both the library and static programs: code on Windows finds its data in the same way in both.

# As in the other thinlto.sh: the instructions of these do not share their ends.
loops='/(ceval|sre)\.obj$'

# Texts are symbols of Microsoft's ABI (`??_C@…`), and equal ones of two modules are one, as functions are that headers
# define. The index would keep a single copy of each, in whatever module that is, and the core could not be linked without
# it: each module gets its own before.
keep_own() { # object
  llvm-nm --defined-only --extern-only "$1" | awk '$(NF - 1) != "W" { print $NF }' > "$1.names"
  opt -passes=internalize "-internalize-public-api-file=$1.names" -module-summary -module-hash "$1" -o "$1.own"
  mv "$1.own" "$1"
  rm "$1.names"
}

compile_thinlto() { # flags of the compiler
  local response=/in/projects/link/pythoncore.rsp table resources objects object code
  table=$(grep -x 'build/.*/config\.obj' "$response")
  # shellcheck disable=SC2207 # names of objects are words
  resources=($(grep -x 'build/.*\.res' "$response"))
  # shellcheck disable=SC2207 # names of objects are words
  objects=($(grep -x 'build/.*\.obj' "$response" | grep -v -x "$table"))
  run_make "$* -flto=thin" "${objects[@]}"
  run_make "$*" "$table" "${resources[@]}"
  export -f keep_own
  printf '%s\n' "${objects[@]}" | xargs -P "$JOBS" -I {} bash -eu -o pipefail -c 'keep_own {}'
  # shellcheck disable=SC2086 # the flags are words
  lld-link $TARGET_LDFLAGS "@$response" /out:build/index.dll /thinlto-index-only:bitcode.txt \
    /mllvm:-import-hot-evolution-factor=0.7
  # Without -g the driver does not hand on that the command line is not for debuggers.
  # shellcheck disable=SC2206 # the flags are words
  code=(clang $TARGET_CFLAGS -Xclang -gno-codeview-command-line -ffunction-sections -fdata-sections -O3 -c -x ir {}
    -fthinlto-index={}.thinlto.bc -o {}.native)
  grep -E "$loops" bitcode.txt | xargs -P "$JOBS" -I {} "${code[@]}" -mllvm -enable-tail-merge=false
  grep -v -E "$loops" bitcode.txt | xargs -P "$JOBS" -I {} "${code[@]}"
  while read -r object; do
    mv "$object.native" "$object"
    rm "$object.thinlto.bc"
  done < bitcode.txt
}
