copy-source
chmod +x configure
CC=clang AR=ar RANLIB=ranlib CFLAGS="$TARGET_CPPFLAGS $TARGET_CFLAGS $LIBRARY_CFLAGS" \
  ./configure --build="$GNU_BUILD" --host="$GNU_TRIPLE" --prefix=/usr --libdir=/usr/lib \
  --disable-shared --disable-docs --disable-multi-os-directory --disable-dependency-tracking
# With --host the makefiles are in a folder of that name. Neither tests nor manual pages are wanted.
if [ -d "$GNU_TRIPLE" ]; then cd "$GNU_TRIPLE"; fi
make -j "$JOBS" libffi.la

mkdir -p "$OUT/lib" "$OUT/include"
cp .libs/libffi.a "$OUT/lib"
cp include/ffi.h include/ffitarget.h "$OUT/include"
