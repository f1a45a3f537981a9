# ThinLTO in steps, so that what is left are ordinary objects with the optimisation across modules in them: every module
# to bitcode, one index over all of them, machine code for each module by itself, in parallel. To be sourced.
#
# Three objects stay out of it. Whoever links again replaces the table of built-in modules (Modules/config.o) and may
# replace main (Programs/python.o): nothing may be decided by looking into them. And make compiles Modules/getbuildinfo.o
# again whenever another object is younger.
# shellcheck disable=SC2154 # configure.sh has `arguments` and `made`
apart=(Modules/config.o Programs/python.o)
last=Modules/getbuildinfo.o

compile_thinlto() { # flags of the interpreter
  local objects command
  make -j"$JOBS" "${arguments[@]}" "${made[@]}" "${apart[@]}"
  # shellcheck disable=SC2207 # names of objects are words
  objects=($(make_variable LIBRARY_OBJS | tr ' ' '\n' | grep -v -x "$last"))
  make -j"$JOBS" "${arguments[@]}" "${made[@]}" "CFLAGS_NODIST=$* -flto=thin" "${objects[@]}"
  make "${arguments[@]}" "${made[@]}" "$last"

  # The command that links libpython decides what can be seen from outside, and what may be another's: a program that is
  # linked with the library may have copies of its data, as GCC makes them, and the library must use those. The command of
  # the interpreter would let every module use its own data directly, and such a program would have two of each type.
  #
  # A frequent call lets the function it
  # calls into the module, then what that calls, and so on: LLVM does not shorten the reach along such a chain, which brings
  # half of the interpreter into every module, for nothing but time. It fades here as it does along other calls.
  command=$(make -n "${arguments[@]}" "${made[@]}" "$(make_variable LDLIBRARY)" | grep -e ' -Wl,-hlibpython' | tail -n 1)
  command=${command%%;*} # it is a branch of a shell's if
  eval "${command/ -o libpython/ -o index.libpython} -Wl,--thinlto-index-only=bitcode.txt -Wl,-mllvm,-import-hot-evolution-factor=0.7"

  # Code generation alone; what concerns single functions stands in the bitcode.
  # shellcheck disable=SC2086 # the flags are words
  xargs -a bitcode.txt -P "$JOBS" -I {} \
    clang $TARGET_CFLAGS -O3 -c -x ir {} -fthinlto-index={}.thinlto.bc -o {}.native
  while read -r object; do
    mv "$object.native" "$object"
    rm "$object.thinlto.bc"
  done < bitcode.txt
}
