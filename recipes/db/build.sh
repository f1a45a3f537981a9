copy-source
chmod +x dist/configure dist/install-sh
mkdir -p build test/tcl
# A template of the test suite, which is not unpacked; the configure script fills it in all the same.
touch test/tcl/include.tcl
cd build
# The configure script of 2013 probes with C that is an error since C99: implicit functions and implicit int.
CC=clang AR=ar RANLIB=ranlib STRIP=strip CFLAGS="$TARGET_CPPFLAGS $TARGET_CFLAGS $LIBRARY_CFLAGS -std=gnu89 -w" \
  ../dist/configure --build="$GNU_BUILD" --host="$GNU_TRIPLE" --prefix=/usr --libdir=/usr/lib \
  --enable-dbm --enable-static --disable-shared --disable-cxx --disable-java --disable-tcl --disable-sql \
  --disable-replication --disable-cryptography --disable-heap --disable-queue --disable-partition --disable-compression \
  --disable-statistics --disable-verify --disable-mutexsupport --enable-dbm
make -j "$JOBS" libdb.a

mkdir -p "$OUT/lib" "$OUT/include"
cp libdb.a "$OUT/lib"
cp db.h "$OUT/include"
