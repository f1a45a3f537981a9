# What the steps that compile CPython share: how it is configured, and the helpers it makes for itself. To be sourced.

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
  uses LIBUUID libuuid -luuid
  LIBUUID_CFLAGS+=/uuid # as pkg-config would say; the header's name follows from it
  uses ZLIB zlib -lz
  uses CURSES ncurses -lncursesw
  uses PANEL ncurses -lpanelw

  # What configure looks for by header and -l only, and what has no variable in older series.
  CPPFLAGS='' LDFLAGS=''
  for package in db expat libedit libffi mpdecimal ncurses; do
    CPPFLAGS+=" -I/in/$package/include"
    LDFLAGS+=" -L/in/$package/lib"
  done
  CPPFLAGS+=" -I/in/ncurses/include/ncursesw"
  export CPPFLAGS LDFLAGS

  # The NODIST flags are for the interpreter itself; sysconfig does not hand them to those who build extensions. The build-id
  # is what debug information is found by. What nobody calls is not loaded at every start. The compiler marks what the profile
  # says is hot or cold; each kind stands together, so that fewer pages are touched.
  export CC=clang CXX=clang++ AR=ar RANLIB=ranlib READELF=readelf
  export CFLAGS_NODIST="$TARGET_CFLAGS $TARGET_CPPFLAGS $PYTHON_CFLAGS"
  export LDFLAGS_NODIST="$TARGET_LDFLAGS -Wl,--build-id=sha1 -Wl,--as-needed -Wl,-z,keep-text-section-prefix"
  export CONFIG_SITE=/in/recipe/config.site ARFLAGS=rcsD

  # --enable-shared because libpython is there for embedders and sysconfig should say so; the interpreter is linked from
  # the objects all the same.
  # shellcheck disable=SC2086 # the options are words
  ./configure \
    --build="$GNU_BUILD" --host="$GNU_TRIPLE" --prefix=/install \
    --enable-shared --enable-ipv6 --enable-loadable-sqlite-extensions \
    --with-dbmliborder=bdb --with-openssl=/in/openssl --with-readline=editline \
    --with-system-expat --with-system-libmpdec --without-ensurepip \
    ${CONFIGURE_EXTRA-} $PYTHON_OPT_CONFIGURE
}

# What every call of make is told. The objects instead of -lpython: one file, no symbol look-up through a PLT; those in
# fixed/, where there are any, are made for an executable at fixed addresses. Not position-independent: a PIE pays some
# 57,000 relocations at every start. COMPILEALL_OPTS: make install would compile everything thrice, with time stamps; the
# finish step does it our way.
# shellcheck disable=SC2016,SC2034 # make expands these; the steps use them
arguments=(
  'LINKCC=clang -no-pie'
  'LINK_PYTHON_OBJS=$(foreach object,$(LIBRARY_OBJS),$(or $(wildcard fixed/$(object)),$(object)))'
  'LINK_PYTHON_DEPS=$(LIBRARY_DEPS) $(LIBRARY) $(LIBRARY_OBJS)'
  'COMPILEALL_OPTS=--help'
)

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
