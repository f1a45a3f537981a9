//! A directory in the place of a sysroot: what recipes say of it, and what is said of directories.

use pbs::model::{Digest, Entry, Listed, Listing, PackedVersion, Tree, TreeDigest, TreePath};
use pbs::recipe::{GivenEntry, GivenError, GivenSdk, GivenSysroot};

use super::*;

const SYSROOT: &str = "recipes/sysroot/recipe.yaml";
const MACOS: &str = "aarch64-apple-darwin";
const WINDOWS: &str = "x86_64-pc-windows-msvc";

fn path(text: &str) -> TreePath {
    TreePath::parse(text).unwrap()
}

fn real() -> RecipeSet {
    let files = read_workspace(Utf8Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap();
    RecipeSet::load(files).map_err(|errors| errors.render()).unwrap()
}

fn given(tree: TreeDigest) -> GivenSysroot {
    GivenSysroot { tree, sdk: None }
}

#[test]
fn mistakes_of_what_is_given() {
    let needs = "given:\n  layout: \"x\"\n  needs: [ { path: a, from: \"b\" } ]\nsteps:";
    let sdk = "  apple-sdk: { file: x.json, name: Name, version: /Version }\n  layout";
    snapshot(
        "given",
        &[
            ("no sysroot of any target", TOYLIB1, "steps:", needs),
            (
                "nothing is needed",
                SYSROOT,
                "needs:\n    - { path: lib/libc.so.6, from: \"a C library\" }\n    - { path: lib/crt1.o, from: \"the C library's files for those who compile\" }",
                "needs: []",
            ),
            ("an SDK for a target without one", SYSROOT, "  layout", sdk),
            ("path out of the directory", SYSROOT, "lib/crt1.o", "../crt1.o"),
            ("nobody who provides it", SYSROOT, ", from: \"a C library\"", ""),
        ],
    );
}

#[test]
fn what_is_given_is_the_only_thing_that_moves() {
    let set = RecipeSet::load(mini()).unwrap();
    let tree = TreeDigest(Digest::of(b"given"));
    let mut request = request(&[]);
    let made = set.resolve(&request).unwrap();
    request.sysroot = Some(given(tree));
    let build = set.resolve(&request).unwrap();
    let mut names: Vec<&String> = made.packages.keys().collect();
    names.retain(|name| *name != "sysroot");
    assert_eq!(build.packages.keys().collect::<Vec<_>>(), names);
    let given = build.given.unwrap();
    assert_eq!((given.package.as_str(), given.tree), ("sysroot", tree));
    assert_eq!(made.given, None);
    // There is no version of it to choose.
    request.pins.insert("sysroot".to_owned(), "1".to_owned());
    let error = set.resolve(&request).unwrap_err();
    assert!(
        error.to_string().contains("does not have the package `sysroot`"),
        "{error}"
    );
}

#[test]
fn not_every_sysroot_can_be_given() {
    let set = real();
    let mut asked = request(&[("target", "x86_64-unknown-linux-gnu")]);
    asked.sysroot = Some(given(TreeDigest(Digest::of(b"given"))));
    let error = set.resolve(&asked).unwrap_err();
    assert_text("not-given", &format!("{error}\n  hint: {}\n", error.hint()));
    assert_eq!(set.given("x86_64-unknown-linux-gnu").unwrap_err(), error);
}

/// A directory that has all that is needed, and these entries besides or instead.
fn listing(given: &GivenEntry, without: &[&str], with: &[(&str, Listed)]) -> Listing {
    let needed = given
        .needs
        .iter()
        .map(|needed| (needed.path.0.clone(), Listed::File));
    let mut listing = Listing(
        needed
            .filter(|(path, _)| !without.contains(&path.as_str()))
            .collect(),
    );
    listing
        .0
        .extend(with.iter().map(|(text, listed)| (path(text), listed.clone())));
    let above: Vec<TreePath> = listing
        .0
        .keys()
        .flat_map(|path| std::iter::successors(path.parent(), TreePath::parent))
        .filter(|path| !path.is_root())
        .collect();
    for path in above {
        listing.0.entry(path).or_insert(Listed::Directory);
    }
    listing
}

fn said(error: &GivenError) -> String {
    let details = error.details().join("\n");
    format!("{error}\n{details}\n  hint: {}\n\n", error.hint())
}

#[test]
fn all_that_a_directory_lacks_is_told_at_once() {
    let set = real();
    let (_, windows) = set.given(WINDOWS).unwrap();
    windows.check_names(&listing(windows, &[], &[])).unwrap();
    let header = "sdk/include/um/windows.h";
    let named = [("sdk/include/um/Windows.h", Listed::File)];
    let link = Listed::Symlink {
        target: "Windows.h".to_owned(),
    };
    // As `xwin` does it: the name that the vendor gave, and a link of the name as programs write it.
    let linked = [named[0].clone(), (header, link)];
    windows
        .check_names(&listing(windows, &[header], &linked))
        .unwrap();

    let kernel = "sdk/lib/um/x86_64/kernel32.lib";
    let mut text = said(
        &windows
            .check_names(&listing(windows, &[header, kernel, "crt/include/new"], &named))
            .unwrap_err(),
    );
    let (_, macos) = set.given(MACOS).unwrap();
    let below = |path: &TreePath| TreePath::parse(&format!("SDKs/MacOSX.sdk/{path}")).unwrap();
    let whole = listing(macos, &[], &[]).0;
    let above = Listing(
        whole
            .into_iter()
            .map(|(path, listed)| (below(&path), listed))
            .collect(),
    );
    text += &said(&macos.check_names(&above).unwrap_err());
    assert_text("given-lacks", &text);
}

fn file(text: &str) -> Entry {
    Entry::File {
        digest: Digest::of(text.as_bytes()),
        executable: false,
    }
}

#[test]
fn what_a_directory_says_of_itself_is_read() {
    let set = real();
    let (target, macos) = set.given(MACOS).unwrap();
    let digest = TreeDigest(Digest::of(b"tree"));
    let check = |settings: &str| {
        let mut tree = Tree::new();
        tree.insert(path("SDKSettings.json"), file(settings)).unwrap();
        assert_eq!(macos.settings(&tree), Some(Digest::of(settings.as_bytes())));
        macos.check_files(digest, &tree, Some(settings.as_bytes()), target)
    };
    let version = PackedVersion(0x000e_0200);
    let sysroot = check(r#"{"CanonicalName": "macosx14.2", "Version": "14.2"}"#).unwrap();
    let sdk = GivenSdk {
        name: "macosx14.2".to_owned(),
        version,
    };
    assert_eq!(
        sysroot,
        GivenSysroot {
            tree: digest,
            sdk: Some(sdk)
        }
    );
    // It is what the manifest says that code was compiled against.
    let mut asked = request(&[("target", MACOS), ("options", "noopt")]);
    let own = set.resolve(&asked).unwrap().target_file.apple_sdk.unwrap();
    asked.sysroot = Some(sysroot);
    let sdk = set.resolve(&asked).unwrap().target_file.apple_sdk.unwrap();
    assert_eq!((sdk.name.as_str(), sdk.version), ("macosx14.2", version));
    assert_eq!(
        (sdk.platform, sdk.deployment_target),
        (own.platform, own.deployment_target)
    );

    let mut text = String::new();
    for settings in [
        r#"{"CanonicalName": "macosx10.15", "Version": "10.15"}"#,
        r#"{"CanonicalName": "macosx14.2", "Version": 14.2}"#,
        r#"{"CanonicalName": "macosx14.2", "Version": "fourteen"}"#,
        "no JSON",
    ] {
        text += &said(&check(settings).unwrap_err());
    }
    let mut tree = Tree::new();
    tree.insert(path("SDKSettings.json"), Entry::Directory).unwrap();
    assert_eq!(macos.settings(&tree), None);
    text += &said(&macos.check_files(digest, &tree, None, target).unwrap_err());
    assert_text("given-sdk", &text);
}

#[test]
fn two_contents_of_one_name_are_no_sysroot() {
    let set = real();
    let (target, windows) = set.given(WINDOWS).unwrap();
    let digest = TreeDigest(Digest::of(b"tree"));
    let check = |lower: Entry| {
        let mut tree = Tree::new();
        tree.insert(path("sdk/include/um/Windows.h"), file("one"))
            .unwrap();
        tree.insert(path("sdk/include/um/windows.h"), lower).unwrap();
        windows.check_files(digest, &tree, None, target)
    };
    let target = "Windows.h".to_owned();
    assert_eq!(check(Entry::Symlink { target }).unwrap(), given(digest));
    assert_eq!(check(file("one")).unwrap(), given(digest));
    assert_text("given-clash", &said(&check(file("two")).unwrap_err()));
}
