lib=/in/source/lib
mapfile -t sources < <(find "$lib/common" "$lib/compress" "$lib/decompress" "$lib/dictBuilder" -name '*.c' -o -name '*.S' | sort)
# Frames of the formats before 1.0 (2016) are not decoded. The empty macros keep the symbols out of what is exported.
flags=(-DXXH_NAMESPACE=ZSTD_ -DZSTD_MULTITHREAD -DZSTD_LEGACY_SUPPORT=0
  -DZSTDLIB_VISIBLE= -DZSTDERRORLIB_VISIBLE= -DZDICTLIB_VISIBLE=)

# shellcheck disable=SC2086,SC2016 # flags are lists of words; the inner shell expands its own variables
printf '%s\n' "${sources[@]}" | xargs -P "$JOBS" -I{} sh -c 'source=$1; shift; exec "$@" -c "$source" -o "$(basename "$source").o"' sh {} \
  clang $TARGET_CPPFLAGS $TARGET_CFLAGS $LIBRARY_CFLAGS -pthread "${flags[@]}"
test "$(find . -name '*.o' | wc -l)" = "${#sources[@]}"

mkdir -p "$OUT/lib" "$OUT/include"
ar rcsD "$OUT/lib/libzstd.a" ./*.o
cp "$lib/zstd.h" "$lib/zstd_errors.h" "$lib/zdict.h" "$OUT/include"
