# The layout is the one that `xwin` gives Microsoft's own files, so that a directory of those can stand here instead:
#   crt/include, sdk/include/{ucrt,shared,um}, crt/lib/x86_64, sdk/lib/{ucrt,um}/x86_64
# How this differs from mingw-w64: the patches; below, which headers are left out or have a second name; and that
# msvcrt.lib is this folder's start-up code and not mingw-w64's, so that objects made here need nothing but the UCRT and
# vcruntime140.dll, as if Microsoft's compiler had made them.
bin=/usr/lib/llvm-22/bin
headers=/in/source/mingw-w64-headers
runtime=/in/source/mingw-w64-crt
mkdir -p "$OUT"/crt/{include,lib/x86_64} "$OUT"/sdk/include/{ucrt,shared,um} "$OUT"/sdk/lib/{ucrt,um}/x86_64
crt=$OUT/crt/lib/x86_64 ucrt=$OUT/sdk/lib/ucrt/x86_64 um=$OUT/sdk/lib/um/x86_64

cp -R "$headers/crt/." "$OUT/sdk/include/ucrt"
cp -R "$headers/include/." "$OUT/sdk/include/um"
chmod -R u+w "$OUT/sdk/include"
cp /in/recipe/crtversion.h "$OUT/crt/include"
cp /in/recipe/new.hpp "$OUT/crt/include/new"
# What mingw-w64's configure script would fill in: the UCRT, Windows 10, no headers for drivers.
(
  cd "$OUT/sdk/include/ucrt"
  sed 's/@DEFAULT_MSVCRT_VERSION@/0xE00/; s/@DEFAULT_WIN32_WINNT@/0x0A00/' _mingw.h.in > _mingw.h
  sed 's/@MINGW_HAS_DDK_H@/0/' sdks/_mingw_ddk.h.in > sdks/_mingw_ddk.h
  if grep -l '@[A-Z_]*@' _mingw.h sdks/_mingw_ddk.h; then exit 1; fi
  # Clang has its own, and reads another of the name behind it.
  rm _mingw.h.in sdks/_mingw_ddk.h.in intrin.h
)
# Names as programs write them where files of Windows are found whatever the case.
(
  cd "$OUT/sdk/include/um"
  for name in Iphlpapi ProcessSnapshot Rpc ShlObj Shlobj Unknwn Wbemidl Windows WinSock2; do ln -s "${name,,}.h" "$name.h"; done
)

clang=("$bin/clang" "--target=$TARGET" -nostdlibinc -fms-runtime-lib=dll -mno-incremental-linker-compatible
  -ffile-prefix-map=/in/=./ -Wno-unused-command-line-argument -g0 -O2)
for folder in crt/include sdk/include/ucrt sdk/include/shared sdk/include/um; do
  clang+=(-Xclang -internal-isystem -Xclang "$OUT/$folder")
done

# Import libraries. The list of the first folder that has one counts, as in mingw-w64's makefile; `@N` is the size of the
# arguments on 32-bit systems.
import_library() {
  local name=$1 list=$2 out=$3 file
  for file in "$runtime"/lib64/"$list".def.in "$runtime"/lib64/"$list".def "$runtime"/lib-common/"$list".def.in \
    "$runtime"/lib-common/"$list".def; do
    if [ -e "$file" ]; then break; fi
  done
  "$bin/clang" -E -P -x assembler-with-cpp -DDEF_X64 -D__x86_64__ -I"$runtime/def-include" -I"$runtime/lib-common" "$file" \
    | sed -E 's/^([A-Za-z_][A-Za-z0-9_]*)@[0-9]+/\1/' > "$name.def"
  case $name in
    # As data stand there functions that mingw-w64's own library has, too, so that its own are taken; here is none.
    api-ms-win-crt-*) sed -i -E 's/^([A-Za-z_0-9]+) +DATA.*/\1/; s/^_tzset$/_tzset\ntzset == _tzset/' "$name.def" ;;
    # The list is of the library's edition for the Store, which has the same exports.
    vcruntime) sed -i 's/^LIBRARY .*/LIBRARY "VCRUNTIME140.dll"/' "$name.def" ;;
  esac
  "$bin/llvm-dlltool" -k -m i386:x86-64 -d "$name.def" -l "$out"
}
sed -E '/^ *(#|$)/d' /in/recipe/libraries.txt | while read -r library list; do
  import_library "$library" "${list:-$library}" "$um/$library.lib"
done
import_library vcruntime vcruntime140_app "$crt/vcruntime.lib"
parts=()
for file in "$runtime"/lib-common/api-ms-win-crt-*.def*; do
  name=$(basename "$file") name=${name%%.*}
  # The private part has what vcruntime140.dll has, too: for who links without that.
  if [ "$name" = api-ms-win-crt-private-l1-1-0 ]; then
    import_library "$name" "$name" "$ucrt/ucrt-private.lib"
    continue
  fi
  import_library "$name" "$name" "$name.lib"
  parts+=("$name.lib")
done
"$bin/llvm-lib" /nologo "/out:$ucrt/ucrt.lib" "${parts[@]}"

# The start-up code: what a program does not use of it stays out.
mkdir msvcrt
compile() { "${clang[@]}" -ffunction-sections -Wall -Wextra -Werror -I/in/recipe -c "$@"; }
for name in start_dll dllmain sections tls cookie atexit fltused wmem; do compile "/in/recipe/$name.c" -o "msvcrt/$name.obj"; done
for name in new comsupp; do compile -fno-exceptions -Wno-unknown-pragmas "/in/recipe/$name.cpp" -o "msvcrt/$name.obj"; done
for name in main wmain WinMain wWinMain; do compile /in/recipe/start_exe.c "-DSTART_$name" -o "msvcrt/start_$name.obj"; done
for name in chkstk setjmp loadconfig; do compile "/in/recipe/$name.S" -o "msvcrt/$name.obj"; done
# The printf family is inline in Microsoft's headers, and in functions of their own in mingw-w64's.
for file in "$runtime"/stdio/ucrt_*.c; do
  compile -w "$file" -o "msvcrt/$(basename "$file" .c).obj"
done
"$bin/llvm-lib" /nologo "/out:$crt/msvcrt.lib" msvcrt/*.obj
# The names without underscores are in ucrt.lib; whoever asks for the library of that name shall find one.
"$bin/llvm-lib" /nologo "/out:$crt/oldnames.lib" msvcrt/fltused.obj

# Identifiers of interfaces, and what <ws2tcpip.h> declares that no DLL has.
for name in uuid wbemuuid; do
  compile -w -fdata-sections "$runtime/libsrc/$name.c" -o "$name.obj"
done
"$bin/llvm-lib" /nologo "/out:$um/wbemuuid.lib" wbemuuid.obj
"$bin/llvm-lib" /nologo "/out:$um/uuid.lib" uuid.obj
for name in ws2_32 ws2tcpip/gai_strerrorA ws2tcpip/gai_strerrorW; do
  compile -w "$runtime/libsrc/$name.c" -o "$(basename "$name").obj"
done
"$bin/llvm-lib" /nologo "/out:ws2_32.lib" "$um/ws2_32.lib" ws2_32.obj gai_strerrorA.obj gai_strerrorW.obj
mv ws2_32.lib "$um/ws2_32.lib"

# Programs that use what CPython uses, compiled as CPython will be and linked with nothing said twice. They stay in check/,
# to be run where there is a Windows or a Wine.
mkdir "$OUT/check"
link=("$bin/lld-link" /nologo /Brepro /opt:ref /highentropyva "/libpath:$crt" "/libpath:$ucrt" "/libpath:$um")
for name in console faults library sockets threads window; do
  "${clang[@]}" -fasync-exceptions -fstack-protector-strong -Wall -Wextra -Werror -c "/in/recipe/$name.c" -o "$name.obj"
done
"${clang[@]}" -Wall -Wextra -Werror -Wno-unknown-pragmas -c /in/recipe/objects.cpp -o objects.obj
"${link[@]}" "/out:$OUT/check/objects.exe" /subsystem:console objects.obj ole32.lib oleaut32.lib wbemuuid.lib
"${link[@]}" /dll "/out:$OUT/check/library.dll" /implib:library.lib library.obj
"${link[@]}" "/out:$OUT/check/console.exe" /subsystem:console console.obj library.lib
"${link[@]}" "/out:$OUT/check/faults.exe" /subsystem:console faults.obj
"${link[@]}" "/out:$OUT/check/alone.exe" /subsystem:console /nodefaultlib:vcruntime.lib faults.obj ucrt-private.lib
"${link[@]}" "/out:$OUT/check/sockets.exe" /subsystem:console sockets.obj ws2_32.lib
"${link[@]}" "/out:$OUT/check/threads.exe" /subsystem:console threads.obj
"${link[@]}" "/out:$OUT/check/window.exe" /subsystem:windows window.obj user32.lib
