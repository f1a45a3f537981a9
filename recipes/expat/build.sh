lib=/in/source/lib
# What brings random bytes is a file per interface in newer releases, and part of the parser in older ones.
sources=(xmlparse xmlrole xmltok)
for name in $RANDOM_BYTES; do
  if [ -e "$lib/$name.c" ]; then sources+=("$name"); fi
done
# shellcheck disable=SC2086 # flags are lists of words
printf '%s\n' "${sources[@]}" | xargs -P "$JOBS" -I{} \
  clang $TARGET_CPPFLAGS $TARGET_CFLAGS $LIBRARY_CFLAGS -D_GNU_SOURCE -DHAVE_EXPAT_CONFIG_H -I/in/recipe -c "$lib/{}.c" -o {}.o

mkdir -p "$OUT/lib" "$OUT/include"
ar rcsD "$OUT/lib/libexpat.a" "${sources[@]/%/.o}"
cp "$lib/expat.h" "$lib/expat_external.h" "$OUT/include"
# Consumers include it for the feature macros that decide which functions are declared.
cp /in/recipe/expat_config.h "$OUT/include"
