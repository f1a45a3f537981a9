# Wrappers are scripts, not links, because a link from this tree to the worker root would leave the tree.
llvm=/usr/lib/llvm-$VERSION/bin
mkdir -p "$OUT/bin" "$OUT/etc" "$OUT/lib"

# A configuration file instead of arguments: clang never warns about flags that come from one.
# The prefix maps keep the fixed paths of the sandbox out of __FILE__, assertions and debug information, the linker's keeps
# them out of the list of objects that debuggers read. Both architectures get a signature: arm64 runs nothing without one.
cat > "$OUT/etc/target.cfg" <<END
--target=$APPLE_ARCH-apple-macos$MACOSX_DEPLOYMENT_TARGET
-isysroot /in/sysroot
-fuse-ld=lld
-Wno-unused-command-line-argument
-ffile-prefix-map=/work/=./
-ffile-prefix-map=/work=.
-ffile-prefix-map=/in/=./
-fdebug-compilation-dir=.
-Wl,-adhoc_codesign
-Wl,-oso_prefix,/work/
-Wl,/in/toolchain/lib/libclang_rt.osx.a
END

"$llvm/clang" "--target=$APPLE_ARCH-apple-macos$MACOSX_DEPLOYMENT_TARGET" -O2 -g0 -Wall -Wextra -Werror -ffile-prefix-map=/in/=./ \
  -c /in/recipe/availability.c -o availability.o
"$llvm/llvm-ar" rcsD "$OUT/lib/libclang_rt.osx.a" availability.o

wrap() {
  printf '#!/bin/sh\nexec %s "$@"\n' "$2" > "$OUT/bin/$1"
  chmod +x "$OUT/bin/$1"
}
for name in cc clang gcc; do wrap "$name" "$llvm/clang --config=/in/toolchain/etc/target.cfg"; done
for name in c++ clang++ g++; do wrap "$name" "$llvm/clang++ --config=/in/toolchain/etc/target.cfg"; done
wrap cpp "$llvm/clang --config=/in/toolchain/etc/target.cfg -E"
wrap ld "$llvm/ld64.lld"
for name in ar ranlib nm strip objcopy objdump size strings lipo otool install-name-tool libtool-darwin; do
  wrap "$name" "$llvm/llvm-$name"
done
wrap install_name_tool "$llvm/llvm-install-name-tool"
wrap libtool "$llvm/llvm-libtool-darwin -static"
wrap dsymutil "$llvm/dsymutil"
# For programs that run here while building, whatever the target: the worker's own C library, linked as it likes.
wrap build-cc "$llvm/clang --target=x86_64-linux-gnu -fuse-ld=lld"

install -m 755 /in/recipe/copy-source "$OUT/bin/copy-source"
