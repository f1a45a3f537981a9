copy-source
# Certificates come from the system's store, by Python's ssl; the folders are those of OpenSSL's own builds for Windows,
# which only an administrator may write to, and a configuration file is looked for there.
# no-module builds the legacy provider into libcrypto, where that file can switch it on.
options=(no-shared no-tests no-apps no-docs no-module no-pinshared enable-legacy)
# Windows 8, as CPython's own PC/pyconfig.h says; for the XP that is taken if nothing is said, random numbers came from an older
# interface. wspiapi.h, whose guard is set, has functions of sockets for Windows 2000.
CC=clang AR=ar RANLIB=ranlib RC=true CFLAGS="$TARGET_CFLAGS $LIBRARY_CFLAGS" \
  CPPFLAGS="$TARGET_CPPFLAGS -D_WIN32_WINNT=0x0602 -D_WSPIAPI_H_" \
  perl Configure "$OPENSSL_TARGET" --prefix=/usr --libdir=lib "${options[@]}"
# Configure takes no path with a drive for absolute where it runs on another system; the makefile asks nothing.
programs="C:/Program Files"
make -j "$JOBS" OPENSSLDIR="$programs/Common Files/SSL" ENGINESDIR="$programs/OpenSSL/lib/engines-3" \
  MODULESDIR="$programs/OpenSSL/lib/ossl-modules" build_libs

mkdir -p "$OUT/lib"
for name in ssl crypto; do cp "lib$name.a" "$OUT/lib/lib$name.lib"; done
cp -R include "$OUT/include"
find "$OUT/include" ! -name '*.h' -type f -delete
rm -r "$OUT/include/crypto" "$OUT/include/internal"
