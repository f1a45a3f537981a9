# The features are those that build.sh compiles, so that code moves between systems.
eval "$(sed -n '/^features=(/,/^)/p' /in/recipe/build.sh)"
# shellcheck disable=SC2086,SC2154 # flags are lists of words; build.sh sets features
clang $TARGET_CPPFLAGS $TARGET_CFLAGS $LIBRARY_CFLAGS "${features[@]}" -DHAVE_STDINT_H=1 -DHAVE_INTTYPES_H=1 \
  -c /in/source/sqlite3.c -o sqlite3.obj

mkdir -p "$OUT/lib" "$OUT/include"
llvm-lib "/out:$OUT/lib/sqlite3.lib" sqlite3.obj
cp /in/source/sqlite3.h /in/source/sqlite3ext.h "$OUT/include"
