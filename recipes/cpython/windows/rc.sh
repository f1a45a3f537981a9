# Compiles a resource script: rc.sh RESPONSE-FILE SOURCE OBJECT LANGUAGE.
# Clang reads what it includes; texts that are not ASCII are in Windows' code page for western languages. Paths of icons are
# those of Windows.
clang -E -x c -DRC_INVOKED "@$1" "$2" | sed -E '/^[0-9A-Z_]+ +ICON /s|\\|/|g' > "$3.i"
llvm-rc /no-preprocess /C 1252 /I "$(dirname "$2")" /L "$4" /FO "$3" "$3.i"
rm "$3.i"
