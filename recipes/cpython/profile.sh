# A profile that the interpreter is compiled with: whether it can be read, and how much of it fits. To be sourced.
profile=/in/profile/cpython.profdata

# Fails early, and says why, if this LLVM cannot read the profile.
check_profile() {
  if ! llvm-profdata show "$profile" > profile.txt 2>&1; then
    cat profile.txt >&2
    echo "the profile cannot be read: it is damaged or of another LLVM; \`pbs train\` records one that fits" >&2
    exit 1
  fi
  grep -E '^(Instrumentation level|Total functions|Maximum)' profile.txt
}

# Counts the functions whose shape is not the one that was profiled; too many mean that the profile is of something else.
measure_profile() { # logs of the compiler
  local total dropped
  total=$(sed -n 's/^Total functions: //p' profile.txt)
  dropped=$(cat "$@" | grep -o 'hash mismatch) [^ ]* Hash = [0-9]*' | sort -u | wc -l || true)
  echo "profile: $dropped of $total functions do not fit and were compiled without"
  printf '{"functions": %d, "dropped": %d}\n' "$total" "$dropped" > profile.json
  if [ $((dropped * 1000)) -gt $((total * PROFILE_DROPPED_PERMILLE)) ]; then
    echo "that is more than $PROFILE_DROPPED_PERMILLE in 1000: \`pbs train\` records a profile that fits" >&2
    exit 1
  fi
}

# Names what one start runs, in objects whose local functions ThinLTO may have given other names (with .llvm and a number at
# the end), for the linker to put it together: a start touches fewer pages then.
list_starts() { # directory of objects
  find "$1" -name '*.o' | sort | xargs llvm-nm --defined-only --format=posix \
    | awk 'NR == FNR { runs[$1]; next } $2 ~ /^[tT]$/ { name = $1; sub(/\.llvm\.[0-9]+$/, "", name); if (name in runs) print $1 }' \
      /in/profile/starts.txt -
}
