//! Paths of the build that were left behind in a file.

use memchr::memmem;

/// Where things stand in a sandbox while they are built; nothing that is shipped may name it.
const BUILD_PLACES: [&[u8]; 4] = [b"/work/", b"/in/", b"/out/", b"/build/"];

/// How many leaks of one file are reported.
const ENOUGH: usize = 3;

/// How much of a leak is reported.
const LONGEST: usize = 80;

/// Finds paths of the build in `bytes`; at most a few.
///
/// A path begins where no other path goes on: `lib/in/x` is none, `-I/in/zlib` and `=/in/zlib` are.
#[must_use]
pub fn find_leaks(bytes: &[u8]) -> Vec<String> {
    let mut leaks = Vec::new();
    for place in BUILD_PLACES {
        let hits = memmem::find_iter(bytes, place).filter(|at| {
            let before = &bytes[..*at];
            let goes_on = before.last().is_some_and(|byte| in_path(*byte));
            let flag = before.ends_with(b"-I") || before.ends_with(b"-L");
            let named = bytes
                .get(at + place.len())
                .is_some_and(|byte| *byte == b'=' || in_path(*byte) && *byte != b'/');
            (!goes_on || flag) && named
        });
        for at in hits.take(ENOUGH - leaks.len().min(ENOUGH)) {
            let rest = &bytes[at..bytes.len().min(at + LONGEST)];
            let end = rest.iter().position(|byte| !in_path(*byte)).unwrap_or(rest.len());
            leaks.push(String::from_utf8_lossy(&rest[..end]).into_owned());
        }
    }
    leaks
}

const fn in_path(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(byte, b'/' | b'.' | b'_' | b'-' | b'~' | b'+' | b'$' | b')' | b'}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_paths_of_the_build() {
        let check =
            |text: &str, expected: &[&str]| assert_eq!(find_leaks(text.as_bytes()), expected, "{text}");
        check("\0/work/Modules/x.c\0", &["/work/Modules/x.c"]);
        check(
            "-I/in/zlib/include -L/in/zlib/lib",
            &["/in/zlib/include", "/in/zlib/lib"],
        );
        check("prefix=/out/usr", &["/out/usr"]);
        check("'-ffile-prefix-map=/work/=./'", &["/work/"]);
        check("/usr/share/in/x, src/work/y and ${x}/out/z", &[]);
        check("either/or and/in/out/ and /in/", &[]);
        check(
            "/work/a /work/b /work/c /work/d",
            &["/work/a", "/work/b", "/work/c"],
        );
    }
}
