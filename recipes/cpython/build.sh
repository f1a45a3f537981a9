# Compiles CPython and installs it into $OUT/root. $OUT/tree keeps what the finish step reads of the build directory:
# Makefile, objects, generated sources, and the link commands as they ran.
# shellcheck source=configure.sh
. /in/recipe/configure.sh
copy-source
cp /in/setup/Setup.local Modules/Setup.local

# A process of its own: make would take the exported flags for additions to the Makefile's.
(configure)

flags=()
if [ -e /in/profile ]; then
  # shellcheck source=profile.sh
  . /in/recipe/profile.sh
  check_profile
  flags+=("-fprofile-use=$profile")
fi
if [ -e /in/profile ] || [ "$PYTHON_LTO" ]; then
  make_helpers
fi

: > thinlto.log
if [ "$PYTHON_LTO" = thin ]; then
  # shellcheck source=thinlto.sh
  . /in/recipe/thinlto.sh
  compile_thinlto "${flags[@]}" 2>&1 | tee thinlto.log
  if [ -e /in/profile/starts.txt ] && [ "$fixed_addresses" ]; then
    list_starts fixed > starts.txt
    arguments+=('FUNCTION_ORDER=-Wl,--symbol-ordering-file=starts.txt')
  fi
fi
arguments+=("CFLAGS_NODIST=${flags[*]}")
make -j"$JOBS" "${arguments[@]}" "${made[@]}" 2>&1 | tee make.log
if [ -e /in/profile ]; then
  measure_profile make.log thinlto.log
fi
make install DESTDIR="$OUT/root" "${arguments[@]}" "${made[@]}" > install.log 2>&1 || { tail -50 install.log; exit 1; }

keep_debug_information

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
grep -h -E -e '-o python |-Wl,-hlibpython|-dynamiclib|-o Modules/config\.o' make.log thinlto.log | sort -u > commands.txt
cp -R --parents Makefile pyconfig.h variables.txt commands.txt pybuilddir.txt Modules/config.c Modules/config.c.in Modules/Setup \
  Modules/Setup.local Modules/Setup.bootstrap Modules/Setup.stdlib "$OUT/tree"
if [ -e /in/profile ]; then
  cp profile.json "$OUT/tree/"
fi
mkdir -p fixed
find Modules Objects Parser Programs Python fixed -name '*.o' -exec cp --parents {} "$OUT/tree" \;
