sources=(libuuid/src/{clear,compare,copy,gen_uuid,isnull,pack,parse,predefined,unpack,unparse,uuid_time} lib/{md5,randutils,sha1})
# shellcheck disable=SC2086,SC2016 # flags are lists of words; the inner shell expands its own variables
printf '%s\n' "${sources[@]}" | xargs -P "$JOBS" -I{} sh -c 'source=$1; shift; exec "$@" -c "/in/source/$source.c" -o "$(basename "$source").o"' sh {} \
  clang $TARGET_CPPFLAGS $TARGET_CFLAGS $LIBRARY_CFLAGS -D_GNU_SOURCE -include /in/recipe/config.h \
  -I/in/source/include -I/in/source/libuuid/src

mkdir -p "$OUT/lib" "$OUT/include/uuid"
ar rcsD "$OUT/lib/libuuid.a" ./*.o
cp /in/source/libuuid/src/uuid.h "$OUT/include/uuid"
