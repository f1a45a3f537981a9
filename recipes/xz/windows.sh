# The sources are those of build.sh; config.h is, too, up to what the system brings.
lzma=/in/source/src/liblzma
mapfile -t sources < <(find "$lzma" /in/source/src/common -name '*.c' \
  ! -name '*_small.c' ! -name '*_tablegen.c' ! -name '*tablegen.c' ! -name '*_consts_gen.c' \
  \( -path "$lzma/*" -o -name tuklib_cpucores.c -o -name tuklib_physmem.c \) | sort)
includes=(-I. -I/in/source/src/common)
for folder in api common check delta lz lzma rangecoder simple; do includes+=("-I$lzma/$folder"); done
# Threads of Windows Vista and newer instead of POSIX's; the system itself says how many cores and how much memory there is.
sed -E -e '/MYTHREAD_POSIX/s/POSIX/VISTA/' -e '/HAVE_(PTHREAD|CLOCK)_|TUKLIB_(CPUCORES|PHYSMEM)_/d' /in/recipe/config.h > config.h
test "$(grep -c -e MYTHREAD_VISTA config.h)" = 1

# shellcheck disable=SC2086,SC2016 # flags are lists of words; the inner shell expands its own variables
printf '%s\n' "${sources[@]}" | xargs -P "$JOBS" -I{} sh -c 'source=$1; shift; exec "$@" -c "$source" -o "$(basename "$source" .c).obj"' sh {} \
  clang $TARGET_CPPFLAGS $TARGET_CFLAGS $LIBRARY_CFLAGS -std=gnu11 -DHAVE_CONFIG_H -DLZMA_API_STATIC "${includes[@]}"
# The flat names of the objects must not have collided.
test "$(find . -name '*.obj' | wc -l)" = "${#sources[@]}"

mkdir -p "$OUT/lib" "$OUT/include"
llvm-lib "/out:$OUT/lib/liblzma.lib" ./*.obj
cp -R "$lzma/api/lzma.h" "$lzma/api/lzma" "$OUT/include"
