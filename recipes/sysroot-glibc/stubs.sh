# Zig knows which symbol of glibc came with which version. One trivial link makes it write that as assembly, per library,
# and compile glibc's start files. The libraries it links itself record its cache's path, so build.sh links them again.
bin=/usr/lib/llvm-22/bin
cp /in/source/zig zig
chmod +x zig
export ZIG_LIB_DIR=/in/source/lib ZIG_GLOBAL_CACHE_DIR=/work/global ZIG_LOCAL_CACHE_DIR=/work/local
echo 'int main(void) { return 0; }' > trivial.c
./zig cc -target "$ZIG_ARCH-linux-gnu.$GLIBC_FLOOR" -fno-sanitize=undefined trivial.c -o trivial \
  -lm -ldl -lpthread -lrt -lutil -lresolv

for file in global/o/*/*.s global/o/*/all.map global/o/*/crt1.o; do cp "$file" "$OUT"; done
mkdir "$OUT/nonshared"
(cd "$OUT/nonshared" && "$bin/llvm-ar" x /work/global/o/*/libc_nonshared.a)
# Debug information names the cache, and nobody steps through the start files.
for object in "$OUT"/*.o "$OUT"/nonshared/*.o; do "$bin/llvm-objcopy" --strip-debug "$object"; done
