//! Where it is unpacked: whole or not at all, hostile archives, full disks.

use std::os::unix::fs::PermissionsExt as _;

use super::*;

#[test]
fn a_directory_becomes_an_interpreter_or_stays_what_it_is() {
    let publisher = Publisher::new();
    let customer = Customer::new();
    let from = publisher.dir.as_str();
    let get = |dest: &str| {
        customer.get_with(from, |request| {
            request.dest = Some(customer.root.join(dest));
        })
    };
    let first = get("a/b/python").unwrap();
    assert_eq!(
        first.interpreter,
        customer.root.join("a/b/python/python/bin/python3")
    );
    assert_eq!(runs(&first), "Python 3.13.5");
    let mode = |path: &Utf8Path| fs_err::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&first.interpreter), 0o755);
    assert_eq!(mode(&first.directory.join("python/lib/ballast")), 0o644);
    assert_eq!(mode(&first.directory) & 0o500, 0o500);
    let beside: Vec<_> = fs_err::read_dir(customer.root.join("a/b")).unwrap().collect();
    assert_eq!(beside.len(), 1, "{beside:?}");

    // What people put there stays when it is asked for again.
    fs_err::write(first.directory.join("python/lib/mine"), "mine").unwrap();
    assert!(!get("a/b/python").unwrap().downloaded);
    assert!(first.directory.join("python/lib/mine").is_file());
    fs_err::create_dir(customer.root.join("empty")).unwrap();
    let second = get("empty").unwrap();
    assert!(!second.downloaded, "the archive is there");

    fs_err::create_dir(customer.root.join("full")).unwrap();
    fs_err::write(customer.root.join("full/thesis.tex"), "").unwrap();
    fs_err::write(customer.root.join("file"), "").unwrap();
    for (dest, text) in [("full", "thesis.tex"), ("file", "a file")] {
        let error = get(dest).unwrap_err();
        assert!(matches!(error, ObtainError::Occupied { .. }), "{}", told(&error));
        assert!(told(&error).contains(text), "{}", told(&error));
        assert_eq!(error.class(), Class::Input);
    }
    assert!(customer.root.join("full/thesis.tex").is_file());
}

#[test]
fn another_interpreter_is_not_replaced_where_people_work() {
    let mut publisher = Publisher::new();
    let customer = Customer::new();
    let get = |from: &str| {
        customer.get_with(from, |request| {
            request.dest = Some(customer.root.join("dest"));
        })
    };
    let from = publisher.dir.clone();
    get(from.as_str()).unwrap();
    publisher.add("3.13.6", toy("3.13.6"));
    publisher.publish();
    let error = get(from.as_str()).unwrap_err();
    assert!(told(&error).contains("3.13.5"), "{}", told(&error));
}

#[test]
fn a_cached_interpreter_that_is_damaged_is_made_anew() {
    let publisher = Publisher::new();
    let customer = Customer::new();
    let from = publisher.dir.as_str();
    let first = customer.get(from).unwrap();
    fs_err::remove_file(&first.interpreter).unwrap();
    assert_eq!(runs(&customer.get(from).unwrap()), "Python 3.13.5");
    // Also where the archive in the store is damaged.
    fs_err::remove_dir_all(&first.directory).unwrap();
    let digest = Digest::of(&publisher.archive());
    let blob = customer.tools.store.blob_path(&digest).unwrap();
    let mut bytes = publisher.archive();
    bytes[2000] ^= 1;
    fs_err::write(blob.as_path(), bytes).unwrap();
    let again = customer.get(from).unwrap();
    assert!(again.downloaded);
    assert_eq!(runs(&again), "Python 3.13.5");
}

/// A tar archive with one entry more, of any name and kind.
fn with_entry(name: &[u8], kind: tar::EntryType, link: &[u8]) -> Vec<u8> {
    let mut bytes = tar(&[
        ("python/PYTHON.json", MANIFEST, 0o644),
        ("python/bin/python3", b"", 0o755),
    ]);
    bytes.truncate(bytes.len() - 1024);
    let mut header = tar::Header::new_gnu();
    let gnu = header.as_gnu_mut().unwrap();
    gnu.name[..name.len()].copy_from_slice(name);
    gnu.linkname[..link.len()].copy_from_slice(link);
    header.set_entry_type(kind);
    header.set_size(0);
    header.set_mode(0o644);
    header.set_cksum();
    bytes.extend_from_slice(header.as_bytes());
    bytes.resize(bytes.len() + 1024, 0);
    gzip(&bytes)
}

#[test]
fn hostile_archives_leave_nothing() {
    use tar::EntryType;
    let link = EntryType::Symlink;
    let bomb = tar(&[("python/zeros", &vec![0; 70 << 20], 0o644)]);
    let bomb = zstd::encode_all(&bomb[..], 1).unwrap();
    let whole = toy("3.13.5");
    let under_a_link = {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(link);
        header.set_size(0);
        header.set_mode(0o777);
        let mut builder = tar::Builder::new(Vec::new());
        builder.append_link(&mut header, "python/out", "bin").unwrap();
        let mut file = tar::Header::new_gnu();
        file.set_size(1);
        file.set_mode(0o644);
        builder.append_data(&mut file, "python/out/x", &b"x"[..]).unwrap();
        gzip(&builder.into_inner().unwrap())
    };
    for (what, why, archive) in [
        (
            "upwards",
            "leaves the archive's directory",
            with_entry(b"python/../../x", EntryType::Regular, b""),
        ),
        (
            "absolute",
            "leaves the archive's directory",
            with_entry(b"/tmp/x", EntryType::Regular, b""),
        ),
        (
            "link to the root",
            "the absolute path `/etc`",
            with_entry(b"python/x", link, b"/etc"),
        ),
        (
            "link upwards",
            "outside of the archive",
            with_entry(b"python/x", link, b"../../.."),
        ),
        (
            "hard link",
            "leaves the archive's directory",
            with_entry(b"python/x", EntryType::Link, b"/etc/passwd"),
        ),
        (
            "device",
            "is a block device",
            with_entry(b"python/x", EntryType::Block, b""),
        ),
        (
            "twice",
            "stands in the way",
            with_entry(b"python/bin/python3", EntryType::Regular, b""),
        ),
        (
            "link over a file",
            "stands in the way",
            with_entry(b"python/bin/python3", link, b"x"),
        ),
        (
            "name",
            "not UTF-8",
            with_entry(b"python/\xff", EntryType::Regular, b""),
        ),
        ("under a link", "is needed as a directory", under_a_link),
        ("bomb", "unpacks to more than", bomb),
        ("cut", "the archive is damaged", whole[..whole.len() / 2].to_vec()),
        ("text", "no tar, zip or", b"no archive at all".to_vec()),
        ("nothing", "nothing is left", gzip(&[0; 1024])),
    ] {
        let mut publisher = Publisher::empty();
        publisher.add("3.13.5", archive);
        publisher.publish();
        let customer = Customer::new();
        let from = publisher.dir.as_str();
        let error = customer.get(from).unwrap_err();
        assert!(
            matches!(error, ObtainError::Unpack { .. }),
            "{what}: {}",
            told(&error)
        );
        assert!(told(&error).contains(why), "{what}: {}", told(&error));
        assert_eq!(error.class(), Class::Input, "{what}");
        assert_eq!(customer.remains(), Vec::<String>::new(), "{what}");
        let error = customer
            .get_with(from, |request| request.dest = Some(customer.root.join("dest")))
            .unwrap_err();
        assert_eq!(error.class(), Class::Input, "{what}");
        let there: Vec<_> = fs_err::read_dir(&customer.root).unwrap().flatten().collect();
        assert_eq!(there.len(), 1, "{what}: only the store: {there:?}");
    }
}

#[test]
fn what_is_no_distribution_is_told() {
    let manifest = |text: &'static str| ("python/PYTHON.json", text.as_bytes(), 0o644);
    let exe = ("python/bin/python3", &b""[..], 0o755);
    for members in [
        vec![exe],
        vec![manifest("no JSON"), exe],
        vec![manifest(r#"{"python_exe": "../../bin/sh"}"#), exe],
        vec![manifest(r#"{"python_exe": "bin/python4"}"#), exe],
        vec![manifest(r#"{"python_exe": "bin"}"#), exe],
    ] {
        let mut publisher = Publisher::empty();
        publisher.add("3.13.5", gzip(&tar(&members)));
        publisher.publish();
        let customer = Customer::new();
        let error = customer.get(publisher.dir.as_str()).unwrap_err();
        assert!(matches!(error, ObtainError::NotOne { .. }), "{}", told(&error));
        assert_eq!(customer.remains(), Vec::<String>::new());
    }
    let mut publisher = Publisher::new();
    publisher.index.artifacts[0].manifest = Some(Sum::of(&Digest::of(b"another")));
    publisher.publish();
    let error = Customer::new().get(publisher.dir.as_str()).unwrap_err();
    assert!(told(&error).contains("manifest"), "{}", told(&error));
}

#[test]
fn links_of_links_do_not_lead_out() {
    let mut builder = tar::Builder::new(Vec::new());
    let manifest = br#"{"python_exe": "bin/sh"}"#;
    let mut header = tar::Header::new_gnu();
    header.set_size(manifest.len() as u64);
    header.set_mode(0o644);
    builder
        .append_data(&mut header, "python/PYTHON.json", &manifest[..])
        .unwrap();
    let mut link = |name: &str, target: &str| {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(tar::EntryType::Symlink);
        header.set_size(0);
        header.set_mode(0o777);
        builder.append_link(&mut header, name, target).unwrap();
    };
    // Each by itself stays in the archive; together they climb to the root.
    link("python/up0", "..");
    for number in 1..20 {
        link(&format!("python/up{number}"), &format!("up{}/..", number - 1));
    }
    link("python/bin", "up19/bin");
    let mut publisher = Publisher::empty();
    publisher.add("3.13.5", gzip(&builder.into_inner().unwrap()));
    publisher.publish();
    let customer = Customer::new();
    let error = customer.get(publisher.dir.as_str()).unwrap_err();
    assert!(matches!(error, ObtainError::NotOne { .. }), "{}", told(&error));
    assert_eq!(customer.remains(), Vec::<String>::new());
}

#[test]
fn the_collector_takes_what_was_not_used() {
    let publisher = Publisher::new();
    let customer = Customer::new();
    let obtained = customer.get(publisher.dir.as_str()).unwrap();
    #[expect(
        clippy::disallowed_methods,
        reason = "how old something is is a question of time"
    )]
    let now = std::time::SystemTime::now();
    let day = Duration::from_secs(86_400);
    let collect = |now| pbs::obtain::collect(&customer.tools.store, day, now).unwrap();
    assert_eq!(collect(now), 0);
    assert!(obtained.interpreter.is_file());
    assert_eq!(collect(now + 2 * day), 1);
    assert!(!obtained.directory.exists());
    assert_eq!(
        runs(&customer.get(publisher.dir.as_str()).unwrap()),
        "Python 3.13.5"
    );
}
