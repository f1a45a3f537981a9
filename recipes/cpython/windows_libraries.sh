# One program that calls a function of each library, linked as the interpreter will be: what a library lacks, and what two
# have by the same name, shows here and not after CPython is compiled.
includes=() libraries=()
for name in bzip2 expat libffi mpdecimal openssl sqlite xz zlib; do
  includes+=("-I/in/$name/include")
  libraries+=("/in/$name"/lib/*.lib)
done
# shellcheck disable=SC2086 # flags are lists of words
clang $TARGET_CPPFLAGS $TARGET_CFLAGS -O2 -Wall -Werror -DXML_STATIC -DLZMA_API_STATIC "${includes[@]}" -c /in/recipe/windows_libraries.c \
  -o libraries.obj
# shellcheck disable=SC2086 # flags are lists of words
lld-link $TARGET_LDFLAGS /subsystem:console "/out:$OUT/libraries.exe" libraries.obj "${libraries[@]}" \
  advapi32.lib bcrypt.lib crypt32.lib user32.lib ws2_32.lib
