# What finish.sh leaves to the system: Linux. To be sourced.
# shellcheck disable=SC2154 # finish.sh has `install` and `series`

# The interpreter that was built runs here, and does the work.
run() { "$install/bin/python$series" -B -I "$@"; }
as_built() { run "$@"; }

# What only debuggers want goes into a tree by itself, where they find it by the build-id; the binaries keep their symbols.
# The same again without symbols is for those who want it small. The code is the same in all of them.
finish_binaries() {
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
}

# Start files, the compiler's arithmetic and stubs of the system's libraries.
lay_start() {
  local builtins found name start member
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
}
