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
