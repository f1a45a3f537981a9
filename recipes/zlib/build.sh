# Upstream's configure script would only find out what is known here: POSIX headers, and a compiler with visibility.
sources=(adler32 compress crc32 deflate gzclose gzlib gzread gzwrite infback inffast inflate inftrees trees uncompr zutil)
# shellcheck disable=SC2086 # flags are lists of words
printf '%s\n' "${sources[@]}" | xargs -P "$JOBS" -I{} \
  clang $TARGET_CPPFLAGS $TARGET_CFLAGS $LIBRARY_CFLAGS -DHAVE_HIDDEN -DHAVE_UNISTD_H -DHAVE_STDARG_H -D_LARGEFILE64_SOURCE=1 \
  -c /in/source/{}.c -o {}.o

mkdir -p "$OUT/lib" "$OUT/include"
ar rcsD "$OUT/lib/libz.a" "${sources[@]/%/.o}"
cp /in/source/zlib.h "$OUT/include"
# The installed header answers the two questions itself, as upstream's configure script makes it do.
sed -E 's/^#if(def)? (HAVE_UNISTD_H|HAVE_STDARG_H)(-0)? .*/#if 1/' /in/source/zconf.h > "$OUT/include/zconf.h"
test "$(grep -c '^#if 1$' "$OUT/include/zconf.h")" = 2
