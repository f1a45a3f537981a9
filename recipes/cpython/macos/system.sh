# How CPython is configured and linked for macOS, beside what every system does. To be sourced.
# shellcheck disable=SC2034 # configure.sh uses what is set here

# dbm(3) and UUIDs are the system's.
searched=()
options=(--with-dbmliborder=ndbm "--with-build-python=$(command -v python3)")
# Nothing of a static library is exported, for those whose headers say that they would be.
linking=("-Wl,-unexported_symbols_list,Modules/unexported.txt")

# A word of the command that links libpython. Every program can stand at any address, so there is one set of objects.
links_library=-dynamiclib
fixed_addresses=''

prepare_system() {
  nm --extern-only --defined-only --format=just-symbols /in/*/lib/*.a | grep '^_' | sort -u > Modules/unexported.txt
  # It knows no cross build for macOS, and would ask the machine it runs on. The release is of the oldest Darwin; without one
  # macros would hide half of the system.
  export MACHDEP=darwin ac_sys_system=Darwin "ac_sys_release=${GNU_TRIPLE##*darwin}.0.0"
}

# What every call of make is told. The objects instead of -lpython: one file, no stub for each call. COMPILEALL_OPTS: make
# install would compile everything thrice, with time stamps; the finish step does it our way.
# shellcheck disable=SC2016 # make expands these
arguments=(
  'LINK_PYTHON_OBJS=$(LIBRARY_OBJS)'
  'LINK_PYTHON_DEPS=$(LIBRARY_DEPS) $(LIBRARY) $(LIBRARY_OBJS)'
  'COMPILEALL_OPTS=--help'
)

# What debuggers want stands in the objects, so it is gathered while they are there, for what was installed. The list of what
# is not exported belongs to the commands that linked.
keep_debug_information() {
  local file
  mkdir -p "$OUT/tree/Modules"
  cp Modules/unexported.txt "$OUT/tree/Modules/"
  (cd "$OUT/root" && find install/bin install/lib -type f \( -name 'python3*' -o -name '*.dylib' -o -name '*.so' \)) | sort |
    while read -r file; do
      if file -b "$OUT/root/$file" | grep -q '^Mach-O'; then
        dsymutil --oso-prepend-path=/work --num-threads=1 "$OUT/root/$file" -o "$OUT/debug/${file#install/}.dSYM"
      fi
    done
}
