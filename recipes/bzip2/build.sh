sources=(blocksort bzlib compress crctable decompress huffman randtable)
# shellcheck disable=SC2086 # flags are lists of words
printf '%s\n' "${sources[@]}" | xargs -P "$JOBS" -I{} \
  clang $TARGET_CPPFLAGS $TARGET_CFLAGS $LIBRARY_CFLAGS -D_FILE_OFFSET_BITS=64 -c /in/source/{}.c -o {}.o

mkdir -p "$OUT/lib" "$OUT/include"
ar rcsD "$OUT/lib/libbz2.a" "${sources[@]/%/.o}"
cp /in/source/bzlib.h "$OUT/include"
