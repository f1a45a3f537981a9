lzma=/in/source/src/liblzma
# Left out: the small variants of the checks, and the programs that wrote the tables which the sources carry.
mapfile -t sources < <(find "$lzma" /in/source/src/common -name '*.c' \
  ! -name '*_small.c' ! -name '*_tablegen.c' ! -name '*tablegen.c' ! -name '*_consts_gen.c' \
  \( -path "$lzma/*" -o -name tuklib_cpucores.c -o -name tuklib_physmem.c \) | sort)
includes=(-I/in/recipe -I/in/source/src/common)
for folder in api common check delta lz lzma rangecoder simple; do includes+=("-I$lzma/$folder"); done

# shellcheck disable=SC2086,SC2016 # flags are lists of words; the inner shell expands its own variables
printf '%s\n' "${sources[@]}" | xargs -P "$JOBS" -I{} sh -c 'source=$1; shift; exec "$@" -c "$source" -o "$(basename "$source" .c).o"' sh {} \
  clang $TARGET_CPPFLAGS $TARGET_CFLAGS $LIBRARY_CFLAGS -std=gnu11 -pthread -D_GNU_SOURCE -DHAVE_CONFIG_H "${includes[@]}"
# The flat names of the objects must not have collided.
test "$(find . -name '*.o' | wc -l)" = "${#sources[@]}"

mkdir -p "$OUT/lib" "$OUT/include"
ar rcsD "$OUT/lib/liblzma.a" ./*.o
cp -R "$lzma/api/lzma.h" "$lzma/api/lzma" "$OUT/include"
