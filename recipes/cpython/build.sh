# Compiles CPython and installs it into $OUT/root. $OUT/tree keeps what the finish step reads of the build directory:
# Makefile, objects, generated sources, and the link commands as they ran.
copy-source
cp /in/setup/Setup.local Modules/Setup.local

configure() {
  # Every library is named to configure, flags and all, so that it neither searches nor asks pkg-config.
  uses() { # NAME package link-words...
    local name=$1 package=$2
    shift 2
    export "${name}_CFLAGS=-I/in/$package/include" "${name}_LIBS=-L/in/$package/lib $*"
  }
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

  # The NODIST flags are for the interpreter itself; sysconfig does not hand them to those who build extensions.
  export CC=clang CXX=clang++ AR=ar RANLIB=ranlib READELF=readelf
  export CFLAGS_NODIST="$TARGET_CFLAGS $TARGET_CPPFLAGS $PYTHON_CFLAGS"
  export LDFLAGS_NODIST="$TARGET_LDFLAGS"
  export CONFIG_SITE=/in/recipe/config.site ARFLAGS=rcsD

  # --enable-shared because libpython is there for embedders and sysconfig should say so; the interpreter is linked from
  # the objects all the same (below).
  # shellcheck disable=SC2086 # the options are words
  ./configure \
    --build="$GNU_BUILD" --host="$GNU_TRIPLE" --prefix=/install \
    --enable-shared --enable-ipv6 --enable-loadable-sqlite-extensions \
    --with-dbmliborder=bdb --with-openssl=/in/openssl --with-readline=editline \
    --with-system-expat --with-system-libmpdec --without-ensurepip \
    ${CONFIGURE_EXTRA-} $PYTHON_OPT_CONFIGURE
}
# A process of its own: make would take the exported flags for additions to the Makefile's.
(configure)

# The objects instead of -lpython: one file, no symbol look-up through a PLT. Not position-independent: a PIE pays some
# 57,000 relocations at every start. COMPILEALL_OPTS: make install would compile everything thrice, with time stamps;
# the finish step does it our way.
# shellcheck disable=SC2016 # make expands these
arguments=(
  'LINKCC=clang -no-pie'
  'LINK_PYTHON_OBJS=$(LIBRARY_OBJS)'
  'LINK_PYTHON_DEPS=$(LIBRARY_DEPS) $(LIBRARY) $(LIBRARY_OBJS)'
  'COMPILEALL_OPTS=--help'
)
make -j"$JOBS" "${arguments[@]}" 2>&1 | tee make.log
make install DESTDIR="$OUT/root" "${arguments[@]}" > install.log 2>&1 || { tail -50 install.log; exit 1; }

# Left by what ran during the installation, with time stamps.
find "$OUT/root" -depth -name __pycache__ -exec rm -rf {} +

# Every variable as make expands it: what the finish step reports is read, not guessed. XCFOLDER, for
# iOS, asks a shell for the time.
cat > variables.mk <<'END'
include Makefile
define newline


endef
$(foreach name,$(filter-out XCFOLDER,$(sort $(.VARIABLES))),$(if $(filter file override command,$(origin $(name))),$(info $(name) = $(subst $(newline), ,$($(name))))))
.DEFAULT_GOAL := nothing
nothing: ;
END
make -s -f variables.mk nothing > variables.txt

mkdir -p "$OUT/tree"
# Sorted: make runs them in the order they happen to get ready.
grep -E -e '-o python |-Wl,-hlibpython|-o Modules/config\.o' make.log | sort -u > commands.txt
cp -R --parents Makefile pyconfig.h variables.txt commands.txt pybuilddir.txt Modules/config.c Modules/config.c.in Modules/Setup \
  Modules/Setup.local Modules/Setup.bootstrap Modules/Setup.stdlib "$OUT/tree"
find Modules Objects Parser Programs Python -name '*.o' -exec cp --parents {} "$OUT/tree" \;
