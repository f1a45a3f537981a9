copy-source
# The folder of certificates and openssl.cnf is Debian's, Alpine's and Arch's; our patch finds the files of others.
# --prefix says where loadable providers would be: a neutral place, for this one is in the library's strings.
# no-module builds the legacy provider into libcrypto, where a configuration file can switch it on.
options=(no-shared no-tests no-apps no-docs no-module no-pinshared enable-legacy)
CC=clang AR=ar RANLIB=ranlib CFLAGS="$TARGET_CFLAGS $LIBRARY_CFLAGS" CPPFLAGS="$TARGET_CPPFLAGS" \
  perl Configure "$OPENSSL_TARGET" --prefix=/usr --libdir=lib --openssldir=/etc/ssl "${options[@]}"
make -j "$JOBS" build_libs
make DESTDIR=/work/installed install_dev

mkdir -p "$OUT/lib"
cp /work/installed/usr/lib/libssl.a /work/installed/usr/lib/libcrypto.a "$OUT/lib"
cp -R /work/installed/usr/include "$OUT/include"
