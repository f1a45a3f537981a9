lib=/in/source/lib
# What brings random bytes is a file per interface in newer releases, and part of the parser in older ones.
sources=(xmlparse xmlrole xmltok)
if [ -e "$lib/random_rand_s.c" ]; then sources+=(random_rand_s); fi
# shellcheck disable=SC2086 # flags are lists of words
printf '%s\n' "${sources[@]}" | xargs -P "$JOBS" -I{} \
  clang $TARGET_CPPFLAGS $TARGET_CFLAGS $LIBRARY_CFLAGS -DHAVE_EXPAT_CONFIG_H -DXML_STATIC -I/in/recipe -c "$lib/{}.c" -o {}.obj

mkdir -p "$OUT/lib" "$OUT/include"
llvm-lib "/out:$OUT/lib/libexpat.lib" "${sources[@]/%/.obj}"
cp "$lib/expat.h" "$lib/expat_external.h" "$OUT/include"
# Consumers include it for the feature macros that decide which functions are declared.
cp /in/recipe/expat_config.h "$OUT/include"
