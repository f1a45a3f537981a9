# Where Debian, Fedora, Alpine and FreeBSD's ports keep their terminal descriptions.
folders=/etc/terminfo:/lib/terminfo:/usr/share/terminfo:/usr/lib/terminfo:/usr/local/share/terminfo
# These are compiled into the library as well: a bare container has a working terminal, and so has a single-file executable.
fallbacks=linux,vt100,xterm,xterm-256color,screen,screen-256color,tmux-256color,dumb
carried=alacritty,ansi,dumb,foot,linux,rxvt,screen,screen-256color,tmux,tmux-256color,vt100,vt220,xterm,xterm-256color

copy-source
# Left alone it prefers ar's U flag, which records times.
export cf_cv_ar_flags=-crD
# The worker's own tic, for the terminal descriptions are data and do not depend on the target.
CC=clang AR=ar RANLIB=ranlib CFLAGS="$TARGET_CFLAGS $LIBRARY_CFLAGS" CPPFLAGS="$TARGET_CPPFLAGS" \
  ./configure --build="$GNU_BUILD" --host="$GNU_TRIPLE" --with-build-cc=build-cc --prefix=/usr --libdir=/usr/lib \
  --enable-widec --enable-ext-colors --enable-ext-mouse --disable-stripping --disable-db-install \
  --without-ada --without-cxx --without-cxx-binding --without-debug --without-dlsym --without-gpm --without-manpages \
  --without-progs --without-shared --without-tests \
  --with-default-terminfo-dir=/usr/share/terminfo --with-terminfo-dirs="$folders" \
  --with-fallbacks="$fallbacks" --with-tic-path=/usr/bin/tic --with-infocmp-path=/usr/bin/infocmp
# Menus and forms have no user in the standard library.
for folder in include ncurses panel; do make -j "$JOBS" -C "$folder"; done
for folder in include ncurses panel; do make -C "$folder" DESTDIR=/work/installed install.libs; done
make -C include DESTDIR=/work/installed install.includes

mkdir -p "$OUT/lib" "$OUT/include" "$OUT/share"
cp /work/installed/usr/lib/libncursesw.a /work/installed/usr/lib/libpanelw.a "$OUT/lib"
# Under the folder name that its users look for.
cp -R /work/installed/usr/include "$OUT/include/ncursesw"
tic -x -e "$carried" -o "$OUT/share/terminfo" misc/terminfo.src
# Its author keeps this one; Debian's package of terminal descriptions has it.
mkdir -p "$OUT/share/terminfo/r"
cp /usr/share/terminfo/r/rxvt-unicode-256color "$OUT/share/terminfo/r"
for name in ${carried//,/ }; do
  test -e "$OUT/share/terminfo/${name:0:1}/$name"
done
