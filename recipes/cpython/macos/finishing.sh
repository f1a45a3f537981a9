# What finish.sh leaves to the system: macOS. To be sourced.
# shellcheck disable=SC2154 # finish.sh has `install` and `series`

# Nothing that was built runs here: a Python of the worker does the work, which has the same bytecode.
worker=$(python3 -c 'import sys; print("%d.%d" % sys.version_info[:2])')
if [ "$worker" != "${VERSION%.*}" ]; then
  echo "the worker root has Python $worker, and only that series can be built for macOS so far"
  exit 1
fi
run() { python3 -B -I "$@"; }
as_built() { run as_built.py "$install" /in/build/tree "$@"; }

run /in/recipe/compare.py /in/build/tree/pyconfig.h /in/recipe/native.txt /in/recipe/different.txt

# What only debuggers want was gathered beside the binaries, where they find it by the UUID; the binaries keep their symbols.
# The same again without those that nobody can link to is for those who want it small. The code is the same in both. What
# the linker does not do is done then: the stack of the first thread, and the signature over it.
finish_binaries() {
  local file identity
  cp -R /in/build/debug "$OUT/"
  chmod -R u+w "$OUT/debug"
  (cd "$install" && find bin lib -type f \( -name 'python3*' -o -name '*.dylib' -o -name '*.so' \)) | sort > binaries
  while read -r file; do
    if ! file -b "$install/$file" | grep -q '^Mach-O'; then
      continue
    fi
    mkdir -p "$OUT/stripped/$(dirname "$file")"
    strip -x -S -o "$OUT/stripped/$file" "$install/$file"
    strip -S "$install/$file"
    for identity in "$install/$file" "$OUT/stripped/$file"; do
      run stack.py "$identity" "$STACK_SIZE"
    done
  done < binaries
}

# Stubs of the system's libraries, what answers for __builtin_available, and what is newer than the oldest macOS.
lay_start() {
  # Where a linker looks for them below a root.
  (cd /in/sysroot && find usr/lib -maxdepth 1 -name '*.tbd' && for name in CoreFoundation SystemConfiguration; do
    find "System/Library/Frameworks/$name.framework" -maxdepth 1 -name '*.tbd'
  done) | while read -r file; do
    mkdir -p "$OUT/build/link/$(dirname "$file")"
    # Apple's SDK has links to what is not taken along, such as those of a framework to its current version.
    case $(readlink "/in/sysroot/$file") in
      */*) if [ -e "/in/sysroot/$file" ]; then cp -L "/in/sysroot/$file" "$OUT/build/link/$file"; fi ;;
      *) cp -P "/in/sysroot/$file" "$OUT/build/link/$file" ;;
    esac
  done
  if [ -e /in/sysroot/newer.txt ]; then cp /in/sysroot/newer.txt "$OUT/build/link/"; fi
  cp /in/toolchain/lib/libclang_rt.osx.a "$OUT/build/link/libbuiltins.a"
  chmod -R u+w "$OUT/build/link"
}
