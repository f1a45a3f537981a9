# Compiles the interpreter that counts how often each piece of code runs. It is for the training alone.
# shellcheck source=configure.sh
. /in/recipe/configure.sh
copy-source
cp /in/setup/Setup.local Modules/Setup.local
# Counts of what runs while it is built belong to nobody.
export LLVM_PROFILE_FILE=/tmp/discarded-%m.profraw
(configure)
make_helpers

# Values, such as sizes and called functions, are counted too. What does not fit into the counters is told on standard
# error, which tests read, so there are more of them than the default of two for each place.
arguments+=(
  'CFLAGS_NODIST=-g0 -fprofile-generate -mllvm -vp-counters-per-site=8'
  'LDFLAGS_NODIST=-fprofile-generate'
)
make -j"$JOBS" "${arguments[@]}" "${made[@]}" > make.log 2>&1 || { tail -50 make.log; exit 1; }
# Which module a function belongs to: the profile knows names and sources only.
cat Modules/Setup.bootstrap Modules/Setup.stdlib Modules/Setup.local > "$OUT/rules"
make_variable MODOBJS | tr ' ' '\n' | sort -u | xargs nm -A --defined-only --extern-only > "$OUT/symbols"
make install DESTDIR="$OUT/root" "${arguments[@]}" "${made[@]}" > install.log 2>&1 || { tail -50 install.log; exit 1; }
find "$OUT/root" -depth -name __pycache__ -exec rm -rf {} +
