copy-source
chmod +x configure
CC=clang AR=ar RANLIB=ranlib CFLAGS="$TARGET_CPPFLAGS $TARGET_CFLAGS $LIBRARY_CFLAGS" \
  ./configure --build="$GNU_BUILD" --host="$GNU_TRIPLE" --prefix=/usr --libdir=/usr/lib \
  --disable-shared --disable-docs --disable-multi-os-directory --disable-dependency-tracking
# Neither tests nor manual pages are wanted. With --host everything is made in a folder of a name like that.
make -j "$JOBS" libffi.la
cd "$(dirname "$(find . -name libffi.la ! -path '*/.libs/*')")"

mkdir -p "$OUT/lib" "$OUT/include"
cp .libs/libffi.a "$OUT/lib"
cp include/ffi.h include/ffitarget.h "$OUT/include"
