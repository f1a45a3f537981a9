copy-source
# Its configure script asks for ncurses by that name only; ours is the wide-character library.
mkdir names
ln -s /in/ncurses/lib/libncursesw.a names/libncurses.a
CC=clang AR=ar RANLIB=ranlib CFLAGS="$TARGET_CFLAGS $LIBRARY_CFLAGS" LDFLAGS=-L/work/names \
  CPPFLAGS="$TARGET_CPPFLAGS -I/in/ncurses/include -I/in/ncurses/include/ncursesw" \
  ./configure --build="$GNU_BUILD" --host="$GNU_TRIPLE" --prefix=/usr --libdir=/usr/lib \
  --disable-shared --disable-examples --disable-dependency-tracking
make -j "$JOBS" -C src
make -C src DESTDIR=/work/installed install

mkdir -p "$OUT/lib" "$OUT/include/readline"
cp /work/installed/usr/lib/libedit.a "$OUT/lib"
cp -R /work/installed/usr/include/. "$OUT/include"
# For programs that ask for readline's own header names.
ln -s ../editline/readline.h "$OUT/include/readline/readline.h"
ln -s ../editline/readline.h "$OUT/include/readline/history.h"
