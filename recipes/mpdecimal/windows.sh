lib=/in/source/libmpdec
sources=(basearith constants context convolute crt difradix2 fnt fourstep io mpalloc mpdecimal numbertheory sixstep transpose)
mkdir -p "$OUT/lib" "$OUT/include"
# Upstream's header for Microsoft's compiler, as its makefile installs it and as CPython knows it. It takes whoever links the C
# library's DLL for one who links its own DLL, too, and then the library has no body of what is inline.
sed '/^#elif defined(_DLL)$/,/__declspec(dllimport)$/d' "$lib/mpdecimal64vc.h" > "$OUT/include/mpdecimal.h"
if grep -q dllimport "$OUT/include/mpdecimal.h"; then exit 1; fi
cp "$OUT/include/mpdecimal.h" "$OUT/include/mpdecimal64vc.h"
# ASM: multiplication and division of 64 bits as GNU inline assembly, which clang understands whatever it imitates. MASM
# would call a function in a file of Microsoft's assembler for each.
# shellcheck disable=SC2086 # flags are lists of words
printf '%s\n' "${sources[@]}" | xargs -P "$JOBS" -I{} \
  clang $TARGET_CPPFLAGS $TARGET_CFLAGS $LIBRARY_CFLAGS -DCONFIG_64 -DASM -I"$OUT/include" -c "$lib/{}.c" -o {}.obj
llvm-lib "/out:$OUT/lib/libmpdec.lib" "${sources[@]/%/.obj}"
