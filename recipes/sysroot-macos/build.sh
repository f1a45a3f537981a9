# The layout is that of Apple's SDK, so that one can stand here instead.
# How it differs from Zig's collection of what Apple publishes: headers that it lacks (include/, each says what of it is
# used); two frameworks, of which CPython's _scproxy asks for the proxies, by their names alone; the parts of libSystem under
# the names by which programs link them; SDKSettings.json, which tells the compiler what version this is. newer.txt is ours.
bin=/usr/lib/llvm-22/bin
include=$OUT/usr/include
lib=$OUT/usr/lib
mkdir -p "$include" "$lib"
cp -R /in/source/lib/libc/include/any-macos-any/. "$include"
chmod -R u+w "$include"
# Of libraries that are packages here.
rm "$include/zlib.h" "$include/zconf.h"
for file in util.h sys/ttydev.h sys/sys_domain.h mach/mach_vm.h net/ethernet.h CommonCrypto/CommonCryptoError.h CommonCrypto/CommonRandom.h; do
  if [ -e "$include/$file" ]; then
    echo "$file is among Zig's headers now: take ours away"
    exit 1
  fi
  cp "/in/recipe/$(basename "$file")" "$include/$file"
done

cp /in/source/lib/libc/darwin/libSystem.tbd "$lib/"
chmod u+w "$lib/libSystem.tbd"
for name in libSystem.B libc libdbm libdl libinfo libm libproc libpthread librpcsvc libutil; do
  ln -s libSystem.tbd "$lib/$name.tbd"
done

# A framework's stub exports what its header declares.
grep -v '^#' /in/recipe/frameworks.txt | while read -r name current compatible; do
  folder=$OUT/System/Library/Frameworks/$name.framework
  mkdir -p "$folder/Headers"
  cp "/in/recipe/$name.h" "$folder/Headers/"
  symbols=$(sed -nE 's/^[A-Za-z].*[ *](CF[A-Z]\w+|SC[A-Z]\w+)\(.*\);$/_\1/p; s/^extern .* (k\w+);$/_\1/p' "/in/recipe/$name.h" | sort)
  cat > "$folder/$name.tbd" <<END
--- !tapi-tbd
tbd-version:     4
targets:         [ x86_64-macos, arm64-macos ]
install-name:    '/System/Library/Frameworks/$name.framework/Versions/A/$name'
current-version: $current
compatibility-version: $compatible
exports:
  - targets:         [ x86_64-macos, arm64-macos ]
    symbols:         [ $(echo "$symbols" | paste -s -d, | sed 's/,/, /g') ]
...
END
done

cat > "$OUT/SDKSettings.json" <<END
{
  "CanonicalName": "macosx$SDK_VERSION",
  "DisplayName": "macOS $SDK_VERSION",
  "MaximumDeploymentTarget": "$SDK_VERSION.99",
  "SupportedTargets": {
    "macosx": {
      "Archs": [ "x86_64", "arm64" ],
      "LLVMTargetTripleEnvironment": "",
      "LLVMTargetTripleSys": "macosx",
      "LLVMTargetTripleVendor": "apple"
    }
  },
  "Version": "$SDK_VERSION"
}
END

clang=("$bin/clang" "--target=$APPLE_ARCH-apple-macos$MACOSX_DEPLOYMENT_TARGET" -isysroot "$OUT" -fuse-ld=lld
  -Wno-unused-command-line-argument)

# What is newer than the oldest macOS may only be referred to weakly; the rule `availability` of pbs verify reads this list.
(cd "$include" && find . -maxdepth 2 -name '*.h' ! -path './i386/*' ! -path './arm/*' ! -path './simd/*' ! -path './xpc/*' ! -path './objc/*' \
  | sort | sed 's|^\./|#include <|; s|$|>|') > all.txt
while read -r line; do
  # Some headers cannot be read by themselves.
  if echo "$line" | "${clang[@]}" -w -fsyntax-only -x c - 2> /dev/null; then echo "$line"; fi
done < all.txt > all.h
sed -n "/symbols:/,/\]/p" "$lib/libSystem.tbd" "$OUT"/System/Library/Frameworks/*/*.tbd | tr -s "[]' ,\"" '\n' | grep '^_' | sort -u > symbols.txt
"${clang[@]}" -w -fsyntax-only -Xclang -ast-dump -fno-color-diagnostics -x c all.h | python3 /in/recipe/newer.py symbols.txt > "$OUT/newer.txt"
wc -l all.txt all.h symbols.txt "$OUT/newer.txt"

"${clang[@]}" -O2 -Wall -Wextra -Werror -Werror=unguarded-availability-new -c /in/recipe/check.c -o check.o
# What answers for __builtin_available comes with the toolchain.
"${clang[@]}" check.o -o check -framework SystemConfiguration -framework CoreFoundation -lpthread -lm -ldl -lutil \
  -Wl,-U,___isPlatformVersionAtLeast -Wl,-dead_strip_dylibs
"$bin/llvm-objdump" --macho --dylibs-used --bind check
