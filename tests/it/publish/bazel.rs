//! What Bazel's rules for Python make of `SHA256SUMS`.
//!
//! `python.override(add_runtime_manifest_urls = [".../SHA256SUMS"])` of rules_python reads it. The grammar is
//! documented in `docs/toolchains.md` ("Registering runtimes from a manifest") and in the docstrings of
//! `python/private/pbs_manifest.bzl` and `python/versions.bzl` of <https://github.com/bazel-contrib/rules_python>
//! (pull requests 3802 and 3812):
//!
//! ```text
//! manifest  = { line LF }
//! line      = blanks | "#" text | sum blanks location        ; others are passed over
//! location  = URL | path from the manifest's directory       ; the last component is the name
//! name      = "cpython-" version ["+" tag] "-" arch ["_v" level] "-" vendor "-" os ["-" libc]
//!             ["-" options] "-" flavour (".tar.gz" | ".tar.zst")
//! libc      = "gnu" | "musl"     ; of linux;  "msvc" of windows
//! options   = ["freethreaded" ("+" | "-")] anything
//! flavour   = "install_only" | "install_only_stripped" | "full"
//! ```
//!
//! A runtime is kept by version and platform: `arch-vendor-os[-libc][-freethreaded]`. Lines are sorted by
//! flavour, in the order above, then by level, the lowest first; the first of each platform is taken. Options
//! are not asked. `full` is stripped of `python/install`, the others of `python`.

use std::collections::BTreeMap;

use pbs::index::Index;

use super::place::Place;
use crate::distribution::needs_cc;

/// What a line of the manifest says.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Runtime {
    sum: String,
    location: String,
    version: String,
    platform: String,
    level: u32,
    flavour: usize,
}

const FLAVOURS: [&str; 3] = ["install_only", "install_only_stripped", "full"];

fn runtime(line: &str) -> Option<Runtime> {
    let mut words = line.split_ascii_whitespace();
    let (sum, location) = (words.next()?, words.next()?);
    if sum.starts_with('#') || words.next().is_some() {
        return None;
    }
    let name = location.rsplit('/').next()?;
    let name = name
        .strip_suffix(".tar.zst")
        .or_else(|| name.strip_suffix(".tar.gz"))?;
    let name = name.strip_prefix("cpython-")?;
    let (version, rest) = match name.split_once('+') {
        Some((version, rest)) => (version, rest.split_once('-')?.1),
        None => name.split_once('-')?,
    };
    let mut parts = rest.splitn(4, '-');
    let (arch, vendor, os, rest) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let (arch, level) = match arch.split_once("_v") {
        Some((arch, level)) => (arch, level.parse().unwrap_or(999)),
        None => (arch, 0),
    };
    let mut platform = format!("{arch}-{vendor}-{os}");
    let (first, others) = rest.split_once('-').unwrap_or((rest, ""));
    let rest = match (os, first) {
        ("linux", "gnu" | "musl") | ("windows", "msvc") => {
            platform = format!("{platform}-{first}");
            others
        }
        _ => rest,
    };
    let free = ["freethreaded+", "freethreaded-"];
    let rest = match free.iter().find_map(|word| rest.strip_prefix(word)) {
        Some(rest) => {
            platform.push_str("-freethreaded");
            rest
        }
        None => rest,
    };
    let flavour = FLAVOURS
        .iter()
        .position(|flavour| rest == *flavour || rest.ends_with(&format!("-{flavour}")))?;
    Some(Runtime {
        sum: sum.to_owned(),
        location: location.to_owned(),
        version: version.to_owned(),
        platform,
        level,
        flavour,
    })
}

/// What is registered: (version, platform) → runtime.
fn registered(manifest: &str) -> BTreeMap<(String, String), Runtime> {
    let mut runtimes: Vec<Runtime> = manifest.lines().filter_map(runtime).collect();
    runtimes.sort_by_key(|runtime| (runtime.flavour, runtime.level));
    let mut registered = BTreeMap::new();
    for runtime in runtimes {
        let key = (runtime.version.clone(), runtime.platform.clone());
        registered.entry(key).or_insert(runtime);
    }
    registered
}

/// The names as the field has them, with what the documentation says of them.
#[test]
fn names_are_read_as_documented() {
    let check = |name: &str, expected: Option<(&str, &str, u32, &str)>| {
        let found = runtime(&format!("{}  {name}", "0".repeat(64)));
        let found = found.as_ref().map(|found| {
            (
                found.version.as_str(),
                found.platform.as_str(),
                found.level,
                FLAVOURS[found.flavour],
            )
        });
        assert_eq!(found, expected, "{name}");
    };
    check(
        "cpython-3.10.20+20260414-x86_64_v2-unknown-linux-musl-lto-full.tar.zst",
        Some(("3.10.20", "x86_64-unknown-linux-musl", 2, "full")),
    );
    check(
        "https://example.org/a/cpython-3.13.5+20260101-aarch64-apple-darwin-install_only.tar.gz",
        Some(("3.13.5", "aarch64-apple-darwin", 0, "install_only")),
    );
    check(
        "archives/cpython-3.13.5+20260101-x86_64-unknown-linux-gnu-freethreaded+pgo+lto-full.tar.zst",
        Some(("3.13.5", "x86_64-unknown-linux-gnu-freethreaded", 0, "full")),
    );
    check(
        "cpython-3.13.5+20260101-x86_64-pc-windows-msvc-install_only_stripped.tar.gz",
        Some(("3.13.5", "x86_64-pc-windows-msvc", 0, "install_only_stripped")),
    );
    check(
        "cpython-3.13.5+20260101-x86_64-unknown-linux-gnu-debuginfo.tar.zst",
        None,
    );
    check("index.json", None);
    assert_eq!(runtime("# a note"), None);
}

#[test]
fn the_best_archive_of_each_platform_is_registered() {
    needs_cc!();
    let place = Place::new();
    let options = [
        "debug",
        "noopt",
        "pgo+lto",
        "freethreaded+debug",
        "freethreaded+pgo+lto",
    ];
    let archives = options.map(|options| place.archive(options));
    place.publish(&archives.each_ref(), &[]);
    let sums = String::from_utf8(place.file(Index::SUMS)).unwrap();
    assert_eq!(sums.lines().count(), options.len());
    assert_eq!(sums.lines().filter_map(runtime).count(), options.len(), "{sums}");
    let registered = registered(&sums);
    let index = place.read_back().unwrap();
    let target = index.artifacts[0].target.to_string();
    let expected = [
        (target.clone(), "pgo+lto"),
        (format!("{target}-freethreaded"), "freethreaded+pgo+lto"),
    ];
    assert_eq!(registered.len(), expected.len(), "{registered:?}");
    for (platform, options) in expected {
        let key = (index.artifacts[0].python.to_string(), platform);
        let runtime = &registered[&key];
        let artifact = index
            .artifacts
            .iter()
            .find(|artifact| artifact.options.to_string() == options)
            .unwrap();
        // The address is the manifest's directory and the location behind it.
        assert_eq!(runtime.location, artifact.path.as_str());
        assert_eq!(runtime.sum, artifact.digest.hex());
        assert!(place.public_root().join(&runtime.location).is_file());
    }
}
