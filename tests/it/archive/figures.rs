//! Not tests but figures, printed where a variable asks for them.

use super::*;

/// The store: `PBS_TEST_FIGURES=1 cargo nextest run figures --no-capture`.
#[test]
#[expect(clippy::print_stderr, reason = "it is there to print")]
fn figures() {
    crate::support::requires!("figures", crate::support::variable("PBS_TEST_FIGURES").is_some());
    let store = test_store();
    let mut tree = Tree::new();
    for number in 0..10_000u32 {
        let content = number.to_le_bytes().repeat(1000);
        let digest = store.put_bytes(&content).unwrap();
        let executable = false;
        tree.insert(
            path(&format!("d{}/f{number}", number % 100)),
            Entry::File { digest, executable },
        )
        .unwrap();
    }
    let digest = store.put_tree(&tree).unwrap();
    for what in ["first", "again"] {
        let start = Instant::now();
        drop(store.materialise(&digest).unwrap());
        eprintln!("10000 files of 4 kB materialised, {what}: {:?}", start.elapsed());
    }
    let scratch = store.scratch().unwrap();
    for number in 0..50u32 {
        let content = number.to_le_bytes().repeat(2_500_000);
        fs_err::write(scratch.dir.as_path().join(number.to_string()), content).unwrap();
    }
    let start = Instant::now();
    store.ingest_dir(scratch.dir.as_path()).unwrap();
    eprintln!("500 MB in 50 files ingested: {:?}", start.elapsed());
}

/// The worker root from a directory of packages named by
/// `PBS_TEST_DEBS`, put into the store, unpacked and materialised.
#[test]
#[expect(clippy::print_stderr, reason = "it is there to print")]
fn worker_root() {
    let debs = crate::support::variable("PBS_TEST_DEBS");
    crate::support::requires!("debs", debs.is_some());
    let debs = debs.unwrap_or_default();
    let store = test_store();
    for entry in fs_err::read_dir(debs).unwrap() {
        let mut file = fs_err::File::open(entry.unwrap().path()).unwrap();
        store.put_reader(&mut file).unwrap();
    }
    let repository = camino::Utf8Path::new(env!("CARGO_MANIFEST_DIR"));
    let files = pbs::workspace::read_workspace(repository).unwrap();
    let request = pbs::recipe::Request {
        target: "x86_64-unknown-linux-gnu".to_owned(),
        options: Some("noopt".to_owned()),
        ..pbs::recipe::Request::default()
    };
    let recipes = pbs::recipe::RecipeSet::load(files).unwrap();
    let root = recipes.resolve(&request).unwrap().root;
    let start = Instant::now();
    let unpacked = unpack_root(&store, &root).unwrap();
    eprintln!(
        "{} packages unpacked: {:?}, {} entries, {} MB, unused {:?}",
        root.packages.len(),
        start.elapsed(),
        unpacked.tree.len(),
        unpacked.tree.size() / 1_000_000,
        unpacked.unused
    );
    let start = Instant::now();
    let digest = store.put_tree(&unpacked.tree).unwrap();
    eprintln!("stored as {digest}: {:?}", start.elapsed());
    for what in ["first", "again"] {
        let start = Instant::now();
        drop(store.materialise(&digest).unwrap());
        eprintln!("materialised, {what}: {:?}", start.elapsed());
    }
    let start = Instant::now();
    let spec = PackSpec {
        compression: Compression::ZSTD,
        epoch: 0,
        first: Vec::new(),
    };
    let archive = pack(&store, &unpacked.tree, &spec).unwrap();
    eprintln!("packed to {} MB: {:?}", archive.size / 1_000_000, start.elapsed());
    let status = fs_err::read_to_string("/proc/self/status").unwrap();
    eprintln!(
        "{}",
        status.lines().find(|line| line.starts_with("VmHWM")).unwrap()
    );
}
