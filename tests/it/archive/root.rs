//! Packages become a root: links of earlier ones, conflicts, damage.

use super::*;

fn deb_of(data_name: &str, data: &[u8]) -> Vec<u8> {
    let mut builder = ar::Builder::new(Vec::new());
    for (name, content) in [
        ("debian-binary", &b"2.0\n"[..]),
        ("control.tar.xz", b"never read"),
        (data_name, data),
    ] {
        let header = ar::Header::new(name.as_bytes().to_vec(), content.len() as u64);
        builder.append(&header, content).unwrap();
    }
    builder.into_inner().unwrap()
}

/// A worker root of packages given by name and tar entries.
fn root_of(store: &Store, packages: &[(&str, &[Raw<'_>])]) -> Root {
    let packages = packages
        .iter()
        .enumerate()
        .map(|(index, (name, entries))| {
            let tar = tar_of(entries);
            let deb = match index % 3 {
                0 => deb_of("data.tar.xz", &xz(&tar)),
                1 => deb_of("data.tar.zst", &zstd::encode_all(&tar[..], 1).unwrap()),
                _ => deb_of("data.tar.gz", &gzip(&tar)),
            };
            let digest = store.put_bytes(&deb).unwrap();
            LockedPackage {
                package: (*name).to_owned(),
                version: "1".to_owned(),
                architecture: "amd64".to_owned(),
                suite: "s".to_owned(),
                filename: "pool/x".to_owned(),
                size: digest.size,
                sha256: digest.hex(),
            }
        })
        .collect();
    Root {
        image: "worker".to_owned(),
        packages,
        links: BTreeMap::new(),
        files: BTreeMap::new(),
        directories: Vec::new(),
        remove: Vec::new(),
        snapshot: String::new(),
    }
}

fn base() -> Vec<Raw<'static>> {
    vec![
        directory("./"),
        directory("./usr/bin/"),
        directory("./usr/lib/"),
        link(EntryType::Symlink, "./bin", "usr/bin"),
        link(EntryType::Symlink, "./lib", "usr/lib"),
        link(EntryType::Symlink, "./lib64", "/usr/lib"),
    ]
}

#[test]
fn packages_land_where_links_of_earlier_ones_point() {
    let store = test_store();
    let setuid = Raw {
        mode: 0o4755,
        ..file("./bin/su", "#!su")
    };
    let entries = [
        directory("./bin/"),
        setuid,
        file("./lib64/ld.so", "ld"),
        link(EntryType::Link, "./lib/ld-again.so", "./lib64/ld.so"),
        link(EntryType::Symlink, "./bin/awk", "/etc/alternatives/awk"),
        link(EntryType::Symlink, "./lib/up", "../../../../bin/su"),
        file("./usr/share/doc/su/copyright", "c"),
        file("./lib/man/x.1", "m"),
    ];
    let mut root = root_of(&store, &[("base-files", &base()), ("login", &entries)]);
    root.remove = vec![
        "usr/share/doc/**".to_owned(),
        "usr/lib/man/**".to_owned(),
        "none/**".to_owned(),
    ];
    root.links.insert(path("bin/sh"), "su".to_owned());
    root.files.insert(path("etc/hosts"), "localhost\n".to_owned());
    root.directories.push(path("in"));
    let unpacked = unpack_root(&store, &root).unwrap();
    let expected = tree_of(
        &store,
        &[
            ("bin", "->usr/bin"),
            ("lib", "->usr/lib"),
            ("lib64", "->usr/lib"),
            ("usr/bin/su", "#!su"),
            ("usr/bin/sh", "->su"),
            ("usr/bin/awk", "->../../etc/alternatives/awk"),
            ("usr/lib/ld.so", "ld"),
            ("usr/lib/ld-again.so", "ld"),
            ("usr/lib/up", "->../../bin/su"),
            ("etc/hosts", "localhost\n"),
            ("in", "/"),
        ],
    );
    assert_eq!(unpacked.tree, expected);
    assert_eq!(unpacked.unused, ["none/**"]);
    let digest = store.put_tree(&unpacked.tree).unwrap();
    store.materialise(&digest).unwrap();
}

#[test]
fn packages_that_do_not_fit_are_named() {
    let store = test_store();
    let root = root_of(
        &store,
        &[
            ("base-files", &base()),
            ("one", &[file("./bin/tool", "1")]),
            ("two", &[file("./usr/bin/tool", "2")]),
        ],
    );
    assert!(matches!(
        unpack_root(&store, &root).unwrap_err(),
        RootError::Conflict { package, other, path: at }
            if package == "two" && other == "one" && at == path("usr/bin/tool")
    ));
    let late = root_of(
        &store,
        &[("one", &[file("./bin/tool", "1")]), ("base-files", &base())],
    );
    let error = unpack_root(&store, &late).unwrap_err();
    assert!(
        matches!(&error, RootError::Conflict { package, .. } if package == "base-files"),
        "{error}"
    );
    let circle = [
        link(EntryType::Symlink, "./a", "b"),
        link(EntryType::Symlink, "./b", "a"),
        file("./a/x", ""),
    ];
    let root = root_of(&store, &[("circle", &circle)]);
    assert!(matches!(
        unpack_root(&store, &root),
        Err(RootError::Circle { .. })
    ));
    let mut missing = root_of(&store, &[("gone", &base())]);
    missing.packages[0].sha256 = Digest::of(b"?").hex();
    assert!(matches!(
        unpack_root(&store, &missing),
        Err(RootError::Package { package, .. }) if package == "gone"
    ));
}
