copy-source
CC=clang AR=ar RANLIB=ranlib CFLAGS="$TARGET_CPPFLAGS $TARGET_CFLAGS $LIBRARY_CFLAGS" \
  ./configure --build="$GNU_BUILD" --host="$GNU_TRIPLE" --prefix=/usr --libdir=/usr/lib \
  --disable-shared --disable-cxx --disable-doc
# Only the static library: the install target of the makefile wants more.
make -j "$JOBS" -C libmpdec libmpdec.a

mkdir -p "$OUT/lib" "$OUT/include"
cp libmpdec/libmpdec.a "$OUT/lib"
cp libmpdec/mpdecimal.h "$OUT/include"
