# Wrappers are scripts, not links, because a link from this tree to the worker root would leave the tree.
llvm=/usr/lib/llvm-$VERSION/bin
mkdir -p "$OUT/bin" "$OUT/etc"

# A configuration file instead of arguments: clang never warns about flags that come from one.
# compiler-rt supplies the builtins and crtbegin, so nothing of GCC is linked; no unwinder, as nothing here is C++.
# The two prefix maps keep the fixed paths of the sandbox out of __FILE__, assertions and debug information.
cat > "$OUT/etc/target.cfg" <<END
--target=$TARGET
--sysroot=/in/sysroot
-fuse-ld=lld
--rtlib=compiler-rt
--unwindlib=none
-Wno-unused-command-line-argument
-ffile-prefix-map=/work/=./
-ffile-prefix-map=/work=.
-ffile-prefix-map=/in/=./
-fdebug-compilation-dir=.
-Wl,--build-id=none
END

wrap() {
  printf '#!/bin/sh\nexec %s "$@"\n' "$2" > "$OUT/bin/$1"
  chmod +x "$OUT/bin/$1"
}
for name in cc clang gcc; do wrap "$name" "$llvm/clang --config=/in/toolchain/etc/target.cfg"; done
for name in c++ clang++ g++; do wrap "$name" "$llvm/clang++ --config=/in/toolchain/etc/target.cfg"; done
wrap cpp "$llvm/clang --config=/in/toolchain/etc/target.cfg -E"
wrap ld "$llvm/ld.lld"
for name in ar ranlib nm strip objcopy objdump readelf size strings addr2line; do
  wrap "$name" "$llvm/llvm-$name"
done
# For programs that run here while building, whatever the target: the worker's own C library, linked as it likes.
wrap build-cc "$llvm/clang --target=x86_64-linux-gnu -fuse-ld=lld"

install -m 755 /in/recipe/copy-source "$OUT/bin/copy-source"
