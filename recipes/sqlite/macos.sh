# The features are those that build.sh compiles, so that code moves between systems.
eval "$(sed -n '/^features=(/,/^)/p' /in/recipe/build.sh)"
system=(-DHAVE_GMTIME_R=1 -DHAVE_ISNAN=1 -DHAVE_LOCALTIME_R=1 -DHAVE_USLEEP=1 -DHAVE_UTIME=1 -DHAVE_STDINT_H=1 -DHAVE_INTTYPES_H=1)
# shellcheck disable=SC2086,SC2154 # flags are lists of words; build.sh sets features
clang $TARGET_CPPFLAGS $TARGET_CFLAGS $LIBRARY_CFLAGS "${features[@]}" "${system[@]}" -c /in/source/sqlite3.c -o sqlite3.o

mkdir -p "$OUT/lib" "$OUT/include"
ar rcsD "$OUT/lib/libsqlite3.a" sqlite3.o
cp /in/source/sqlite3.h /in/source/sqlite3ext.h "$OUT/include"
