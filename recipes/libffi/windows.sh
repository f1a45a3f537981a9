# What the configure script would find out and write into the two headers is known here; its probes would want GNU's linker.
version() { sed -n "s/^$1=\"\{0,1\}\([0-9.]*\)\"\{0,1\}$/\1/p" /in/source/configure.ac; }
mkdir -p "$OUT/lib" "$OUT/include"
# Importing from a DLL is the default with Microsoft's compiler; this library is none.
sed -e "s/@VERSION@/$VERSION/" -e 's/@TARGET@/X86_WIN64/' -e 's/@HAVE_LONG_DOUBLE@/0/' -e 's/@FFI_EXEC_TRAMPOLINE_TABLE@/0/' \
  -e "s/@FFI_VERSION_STRING@/$(version FFI_VERSION_STRING)/" -e "s/@FFI_VERSION_NUMBER@/$(version FFI_VERSION_NUMBER)/" \
  -e '1i #ifndef FFI_STATIC_BUILD\n#define FFI_STATIC_BUILD\n#endif' /in/source/include/ffi.h.in > "$OUT/include/ffi.h"
if grep '@[A-Z_]*@' "$OUT/include/ffi.h"; then exit 1; fi
grep -q '^#define FFI_VERSION_NUMBER [0-9]' "$OUT/include/ffi.h"
cp /in/source/src/x86/ffitarget.h "$OUT/include"

sources=(prep_cif types raw_api java_raw_api closures tramp x86/ffiw64)
# dlmalloc has int where the system has long, which Microsoft's compiler does not mind.
flags=(-DHAVE_CONFIG_H -DFFI_BUILDING -Wno-incompatible-pointer-types -I/in/recipe -I"$OUT/include" -I/in/source/include -I/in/source/src/x86)
# shellcheck disable=SC2086,SC2016 # flags are lists of words; the inner shell expands its own variables
printf '%s\n' "${sources[@]}" | xargs -P "$JOBS" -I{} sh -c 'source=$1; shift; exec "$@" -c "/in/source/src/$source.c" -o "$(basename "$source").obj"' sh {} \
  clang $TARGET_CPPFLAGS $TARGET_CFLAGS $LIBRARY_CFLAGS "${flags[@]}"
clang "${flags[@]}" -c /in/source/src/x86/win64.S -o win64.obj
llvm-lib "/out:$OUT/lib/libffi.lib" ./*.obj
