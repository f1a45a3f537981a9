# Wrappers are scripts, not links, because a link from this tree to the worker root would leave the tree.
llvm=/usr/lib/llvm-$VERSION/bin
mkdir -p "$OUT/bin" "$OUT/etc"

# A configuration file instead of arguments: clang never warns about flags that come from one.
# The headers come behind clang's own, whose <intrin.h> is the one that fits; nothing of the worker's is seen.
# The time in objects is 0, and no path of the sandbox is in __FILE__, assertions or debug information.
# 19.44 is the version of Microsoft's compiler whose behaviour is imitated (Visual Studio 2022, 17.14), and its DLL runtime
# is linked (/MD).
{
  cat <<END
--target=$TARGET
-fms-compatibility-version=19.44
-fms-runtime-lib=dll
-nostdlibinc
END
  for folder in crt/include sdk/include/ucrt sdk/include/shared sdk/include/um sdk/include/winrt; do
    printf -- '-Xclang -internal-isystem -Xclang /in/sysroot/%s\n' "$folder"
  done
  cat <<END
-mno-incremental-linker-compatible
-fuse-ld=lld
-Wno-unused-command-line-argument
-ffile-prefix-map=/work/=./
-ffile-prefix-map=/work=.
-ffile-prefix-map=/in/=./
-fdebug-compilation-dir=.
-gno-codeview-command-line
END
} > "$OUT/etc/target.cfg"
# What both ways to link are given: time stamps that are a digest of the content, where libraries are, and not the static
# runtime that clang's driver names whatever it was told.
printf '%s\n' /nologo /Brepro /nodefaultlib:libcmt /libpath:/in/sysroot/crt/lib/x86_64 /libpath:/in/sysroot/sdk/lib/ucrt/x86_64 \
  /libpath:/in/sysroot/sdk/lib/um/x86_64 > "$OUT/etc/link.rsp"
echo '-Wl,@/in/toolchain/etc/link.rsp' >> "$OUT/etc/target.cfg"

wrap() {
  printf '#!/bin/sh\nexec %s "$@"\n' "$2" > "$OUT/bin/$1"
  chmod +x "$OUT/bin/$1"
}
for name in cc clang gcc; do wrap "$name" "$llvm/clang --config=/in/toolchain/etc/target.cfg"; done
for name in c++ clang++ g++; do wrap "$name" "$llvm/clang++ --config=/in/toolchain/etc/target.cfg"; done
wrap cpp "$llvm/clang --config=/in/toolchain/etc/target.cfg -E"
for name in lld-link link; do wrap "$name" "$llvm/lld-link @/in/toolchain/etc/link.rsp"; done
for name in llvm-lib lib; do wrap "$name" "$llvm/llvm-lib /nologo"; done
# It has clang preprocess, without the configuration file.
for name in llvm-rc rc; do
  wrap "$name" "$llvm/llvm-rc$(printf ' /I /in/sysroot/%s' sdk/include/ucrt sdk/include/shared sdk/include/um)"
done
for name in llvm-ml64 ml64; do wrap "$name" "$llvm/llvm-ml64 -m64"; done
for name in dlltool mt cvtres readobj pdbutil; do wrap "llvm-$name" "$llvm/llvm-$name"; done
for name in ar ranlib nm strip objcopy objdump size strings; do
  wrap "$name" "$llvm/llvm-$name"
done
# For programs that run here while building, whatever the target: the worker's own C library, linked as it likes.
wrap build-cc "$llvm/clang --target=x86_64-linux-gnu -fuse-ld=lld"

install -m 755 /in/recipe/copy-source "$OUT/bin/copy-source"
