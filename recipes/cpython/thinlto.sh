# ThinLTO in steps, so that what is left are ordinary objects with the optimisation across modules in them: every module
# to bitcode, one index over all of them, machine code for each module by itself, in parallel. To be sourced.
#
# Three objects stay out of it. Whoever links again replaces the table of built-in modules (Modules/config.o) and may
# replace main (Programs/python.o): nothing may be decided by looking into them. And make compiles Modules/getbuildinfo.o
# again whenever another object is younger.
# shellcheck disable=SC2154 # configure.sh has `arguments`, `made` and what system.sh sets
apart=(Modules/config.o Programs/python.o)
last=Modules/getbuildinfo.o

# The loops that go through bytecode and through regular expressions. Where instructions end alike, LLVM has them share the
# end and with it the jump to the next instruction, which a processor foretells better the more such jumps there are.
loops='Python/ceval\.o|Modules/_sre/sre\.o'

compile_thinlto() { # flags of the interpreter
  local objects library interpreter object
  make -j"$JOBS" "${arguments[@]}" "${made[@]}" "${apart[@]}"
  # shellcheck disable=SC2207 # names of objects are words
  objects=($(make_variable LIBRARY_OBJS | tr ' ' '\n' | grep -v -x "$last"))
  make -j"$JOBS" "${arguments[@]}" "${made[@]}" "CFLAGS_NODIST=$* -flto=thin" "${objects[@]}"
  make "${arguments[@]}" "${made[@]}" "$last"
  library=$(make -n "${arguments[@]}" "${made[@]}" "$(make_variable LDLIBRARY)" | grep -e " $links_library" | tail -n 1)
  library=${library%%;*} # it is a branch of a shell's if

  # Twice where the interpreter stands at fixed addresses, as the command that links decides what can be seen from outside
  # and what may be another's. A program that is linked with libpython may have copies of its data, as GCC makes them, and
  # the library must use those. The interpreter is a program by itself then: its objects take every address for a constant,
  # which makes it 3% faster.
  generate "${library/ -o libpython/ -o index.libpython}" .native
  if [ "$fixed_addresses" ]; then
    interpreter=$(make -n "${arguments[@]}" "${made[@]}" python | grep -e ' -o python ' | tail -n 1)
    generate "${interpreter/ -o python / -o index.python }" .fixed -fno-pic
  fi
  while read -r object; do
    if [ "$fixed_addresses" ]; then
      mkdir -p "fixed/$(dirname "$object")"
      mv "$object.fixed" "fixed/$object"
    fi
    mv "$object.native" "$object"
    rm "$object.thinlto.bc"
  done < bitcode.txt
}

# An index over all modules, and machine code for each.
#
# A frequent call lets the function it calls into the module, then what that calls, and so on: LLVM does not shorten the
# reach along such a chain, which brings half of the interpreter into every module, for nothing but time. It fades here as it
# does along other calls.
generate() { # link command, suffix, flags of code generation...
  local command=$1 suffix=$2 code
  shift 2
  eval "$command -Wl,--thinlto-index-only=bitcode.txt -Wl,-mllvm,-import-hot-evolution-factor=0.7"
  # Code generation alone; what concerns single functions stands in the bitcode. A section for each function lets the linker
  # put callers beside what they call, by the profile.
  # shellcheck disable=SC2206 # the flags are words
  code=(clang $TARGET_CFLAGS "$@" -ffunction-sections -O3 -c -x ir {} -fthinlto-index={}.thinlto.bc -o "{}$suffix")
  grep -x -E "$loops" bitcode.txt | xargs -P "$JOBS" -I {} "${code[@]}" -mllvm -enable-tail-merge=false
  grep -x -v -E "$loops" bitcode.txt | xargs -P "$JOBS" -I {} "${code[@]}"
}
