# How CPython is configured and linked on Linux, beside what every system does. To be sourced.
# shellcheck disable=SC2034 # configure.sh uses what is set here

# Packages that configure looks for by header and -l.
searched=(db)
options=(--with-dbmliborder=bdb)
# The build-id is what debug information is found by. What nobody calls is not loaded at every start. The compiler marks what
# the profile says is hot or cold; each kind stands together, so that fewer pages are touched.
linking=("-Wl,--build-id=sha1" "-Wl,--as-needed" "-Wl,-z,keep-text-section-prefix")

# A word of the command that links libpython. The interpreter stands at fixed addresses, and so gets objects of its own.
links_library=-Wl,-hlibpython
fixed_addresses=yes

prepare_system() {
  uses LIBUUID libuuid -luuid
  LIBUUID_CFLAGS+=/uuid # as pkg-config would say; the header's name follows from it
}

# What every call of make is told. The objects instead of -lpython: one file, no symbol look-up through a PLT; those in
# fixed/, where there are any, are made for an executable at fixed addresses. Not position-independent: a PIE pays some
# 57,000 relocations at every start. COMPILEALL_OPTS: make install would compile everything thrice, with time stamps; the
# finish step does it our way.
# shellcheck disable=SC2016,SC2034 # make expands these; the steps use them
arguments=(
  'LINKCC=clang -no-pie $(FUNCTION_ORDER)'
  'LINK_PYTHON_OBJS=$(foreach object,$(LIBRARY_OBJS),$(or $(wildcard fixed/$(object)),$(object)))'
  'LINK_PYTHON_DEPS=$(LIBRARY_DEPS) $(LIBRARY) $(LIBRARY_OBJS)'
  'COMPILEALL_OPTS=--help'
)

# What debuggers want stays in the binaries; the finish step takes it off.
keep_debug_information() { :; }
