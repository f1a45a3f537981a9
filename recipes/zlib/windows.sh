# As build.sh has it, without what only POSIX systems have: the functions for files are left out of nothing else's way.
sources=(adler32 compress crc32 deflate gzclose gzlib gzread gzwrite infback inffast inflate inftrees trees uncompr zutil)
# shellcheck disable=SC2086 # flags are lists of words
printf '%s\n' "${sources[@]}" | xargs -P "$JOBS" -I{} \
  clang $TARGET_CPPFLAGS $TARGET_CFLAGS $LIBRARY_CFLAGS -DHAVE_STDARG_H -c /in/source/{}.c -o {}.obj

mkdir -p "$OUT/lib" "$OUT/include"
llvm-lib "/out:$OUT/lib/zlib.lib" "${sources[@]/%/.obj}"
cp /in/source/zlib.h /in/source/zconf.h "$OUT/include"
