# What the steps that compile CPython share: how it is configured, and the helpers it makes for itself. To be sourced.
# What is otherwise on each system stands in its system.sh: what of libraries only it has, options, flags of linking, and
# what every call of make is told.
# shellcheck source=linux/system.sh
. /in/recipe/system.sh

# Every library is named to configure, flags and all, so that it neither searches nor asks pkg-config.
uses() { # NAME package link-words...
  local name=$1 package=$2
  shift 2
  export "${name}_CFLAGS=-I/in/$package/include" "${name}_LIBS=-L/in/$package/lib $*"
}

configure() {
  uses BZIP2 bzip2 -lbz2
  uses LIBFFI libffi -lffi
  uses LIBLZMA xz -llzma
  uses LIBMPDEC mpdecimal -lmpdec -lm
  uses LIBSQLITE3 sqlite -lsqlite3 -lm
  uses LIBEDIT libedit -ledit -L/in/ncurses/lib -lncursesw
  uses ZLIB zlib -lz
  uses CURSES ncurses -lncursesw
  uses PANEL ncurses -lpanelw
  prepare_system

  # What configure looks for by header and -l only, and what has no variable in older series.
  CPPFLAGS='' LDFLAGS=''
  for package in expat libedit libffi mpdecimal ncurses "${searched[@]}"; do
    CPPFLAGS+=" -I/in/$package/include"
    LDFLAGS+=" -L/in/$package/lib"
  done
  CPPFLAGS+=" -I/in/ncurses/include/ncursesw"
  export CPPFLAGS LDFLAGS

  # The NODIST flags are for the interpreter itself; sysconfig does not hand them to those who build extensions.
  export CC=clang CXX=clang++ AR=ar RANLIB=ranlib READELF=readelf
  export CFLAGS_NODIST="$TARGET_CFLAGS $TARGET_CPPFLAGS $PYTHON_CFLAGS"
  export LDFLAGS_NODIST="$TARGET_LDFLAGS ${linking[*]}"
  export CONFIG_SITE=/in/recipe/config.site ARFLAGS=rcsD

  # --enable-shared because libpython is there for embedders and sysconfig should say so; the interpreter is linked from
  # the objects all the same.
  # shellcheck disable=SC2086 # the options are words
  ./configure \
    --build="$GNU_BUILD" --host="$GNU_TRIPLE" --prefix=/install \
    --enable-shared --enable-ipv6 --enable-loadable-sqlite-extensions \
    --with-openssl=/in/openssl --with-readline=editline \
    --with-system-expat --with-system-libmpdec --without-ensurepip "${options[@]}" \
    ${CONFIGURE_EXTRA-} $PYTHON_OPT_CONFIGURE
}

# Makes the programs that compile the frozen modules, and the frozen modules, quickly and without what the interpreter is
# compiled with: profiles and link-time optimisation would cost minutes and change nothing of what comes out. Every later
# make is given "${made[@]}" and takes them as they are.
made=()
make_helpers() {
  local frozen=(Python/frozen.o)
  made=(-o Programs/_freeze_module -o _bootstrap_python)
  if grep -q '^Python/deepfreeze/deepfreeze.c:' Makefile; then
    frozen+=(Python/deepfreeze/deepfreeze.o)
    made+=(-o Python/deepfreeze/deepfreeze.c)
  fi
  make -j"$JOBS" CFLAGS_NODIST=-O0 "${frozen[@]}" > helpers.log 2>&1 || { tail -50 helpers.log; exit 1; }
  find . -name '*.o' -delete
  find Python/frozen_modules -name '*.h' -exec touch {} +
}

# Prints a variable of the Makefile as make expands it.
make_variable() {
  # shellcheck disable=SC2016 # make expands it
  printf 'include Makefile\n.DEFAULT_GOAL := show\nshow: ; @echo $(%s)\n' "$1" > show.mk
  make -s -f show.mk show
}
