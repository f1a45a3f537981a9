sources=(blocksort bzlib compress crctable decompress huffman randtable)
# shellcheck disable=SC2086 # flags are lists of words
printf '%s\n' "${sources[@]}" | xargs -P "$JOBS" -I{} \
  clang $TARGET_CPPFLAGS $TARGET_CFLAGS $LIBRARY_CFLAGS -c /in/source/{}.c -o {}.obj

mkdir -p "$OUT/lib" "$OUT/include"
llvm-lib "/out:$OUT/lib/libbz2.lib" "${sources[@]/%/.obj}"
cp /in/source/bzlib.h "$OUT/include"
