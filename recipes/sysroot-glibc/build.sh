bin=/usr/lib/llvm-22/bin
clang="$bin/clang --target=$TARGET -Wno-unused-command-line-argument -ffile-prefix-map=/in/=./ -g0"
include=$OUT/usr/include
lib=$OUT/usr/lib
mkdir -p "$include" "$lib"
ln -s usr/lib "$OUT/lib"
ln -s usr/lib "$OUT/lib64"

# Headers: the folders from the most general to the most specific, a later one overriding an earlier one.
for folder in any-linux-any "$ZIG_HEADERS-linux-any" generic-glibc "$ZIG_HEADERS-linux-gnu"; do
  cp -R "/in/source/lib/libc/include/$folder/." "$include"
  chmod -R u+w "$include"
done
# Zig's driver defines the minor version on its command line; ours is written where Zig left the mark.
sed -i "s|^/\* Zig patch: we pass .*|#define __GLIBC_MINOR__ ${GLIBC_FLOOR#*.}|" "$include/features.h"
grep -q "^#define __GLIBC_MINOR__ ${GLIBC_FLOOR#*.}\$" "$include/features.h"
# Declarations of what compat.c adds are guarded by the version that brought the function to glibc; lift those guards.
for header in sys/random.h bits/mman-shared.h unistd.h bits/statx-generic.h; do
  sed -i -E 's/^(# ?if .*__GLIBC_MINOR__ >= )(25|27|28|34)\)/\10)/' "$include/$header"
  grep -q '__GLIBC_MINOR__ >= 0)' "$include/$header"
done

# Stub libraries carry the names and versions of symbols and no code.
for pair in c:libc.so.6 m:libm.so.6 pthread:libpthread.so.0 dl:libdl.so.2 rt:librt.so.1 util:libutil.so.1 \
  resolv:libresolv.so.2 "ld:$DYNAMIC_LOADER"; do
  name=${pair%%:*} file=${pair#*:}
  $clang -c "/in/stubs/$name.s" -o "$name.o"
  "$bin/ld.lld" -shared -z notext -z now --build-id=none --undefined-version --version-script /in/stubs/all.map \
    -soname "$file" "$name.o" -o "$lib/$file"
  "$bin/llvm-strip" --strip-unneeded "$lib/$file"
done
for name in m pthread dl resolv; do
  (cd "$lib" && ln -s lib$name.so.* lib$name.so)
done
# What is in both comes from ours, so that these two are loaded by nobody who does not need more of them.
for name in rt util; do
  echo "INPUT ( libc_nonshared.a $(basename "$lib/lib$name".so.*) )" > "$lib/lib$name.so"
done

cp /in/stubs/crt1.o "$lib/crt1.o"
cp /in/stubs/crt1.o "$lib/Scrt1.o"
$clang -c /in/recipe/crti.S -o "$lib/crti.o"
$clang -c /in/recipe/crtn.S -o "$lib/crtn.o"

# One object a function, as in any C library, so that a binary carries only what it calls.
mkdir nonshared
cp /in/stubs/nonshared/*.o nonshared
for name in getrandom getentropy explicit_bzero memfd_create copy_file_range close_range statx preadv2 pwritev2 \
  shm_open shm_unlink openpty login_tty forkpty; do
  $clang --sysroot="$OUT" -std=gnu11 -O2 -fPIC -ffunction-sections -Wall -Wextra -Werror "-Dcompat_$name" \
    -c /in/recipe/compat.c -o "nonshared/$name.o"
done
(cd nonshared && "$bin/llvm-ar" rcsD "$lib/libc_nonshared.a" ./*.o)
echo "GROUP ( libc.so.6 libc_nonshared.a AS_NEEDED ( $DYNAMIC_LOADER ) )" > "$lib/libc.so"

# The proof that it links, and that nothing asks for more than the floor.
$clang --sysroot="$OUT" -fuse-ld=lld --rtlib=compiler-rt --unwindlib=none -O2 -D_FORTIFY_SOURCE=2 -Wall -Werror \
  /in/recipe/check.c -o check -Wl,--as-needed -lm -ldl -lpthread -lrt -lutil -lresolv
"$bin/llvm-readelf" --version-info check | grep -o 'GLIBC_[0-9.]*' | sort -uV | tee versions
test "$(printf 'GLIBC_%s\n' "$GLIBC_FLOOR" | cat - versions | sort -V | tail -1)" = "GLIBC_$GLIBC_FLOOR"
"$bin/llvm-readelf" --needed-libs check | tee needed
if grep -q -e libutil needed; then
  echo "check.c calls nothing of libutil but what compat.c has, and is linked with it all the same" >&2
  exit 1
fi
case $TARGET in "$(uname -m)"-*) ./check ;; esac
