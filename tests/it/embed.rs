//! `pbs link --kind staticlib|object`: C and Rust programs that embed a built distribution.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use object::{Object as _, ObjectSection as _};

use crate::linking::link_to;
use crate::support::{built_distribution, requires};

const LINKERS: [&str; 4] = ["lld", "rust-lld", "mold", "ld"];

/// What `main` of the C program says when all is well: its own functions were called by nobody but itself.
const HOST_SAYS: &str = "['NAME', 'a', 'b']\n\
    fork [2, 4, 6]\nspawn [2, 4, 6]\nforkserver [2, 4, 6]\n\
    ['']\n\
    fork [2, 4, 6]\nspawn [2, 4, 6]\nforkserver [2, 4, 6]\n\
    1 2 mine 7: 0\n";

fn sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/embed")
}

fn link(dist: &Path, output: &Path, words: &[&str]) -> Output {
    link_to(
        &sources(),
        dist,
        output,
        &[&["--script", "app.py"], words].concat(),
    )
}

fn ok(output: &Output) -> String {
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{:?}: {said}", output.status.code());
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// What the report says that a program needs: words for a compiler.
fn needs(report: &str) -> Vec<String> {
    let report: serde_json::Value = serde_json::from_str(report).unwrap();
    let fixed = report["embedding"]["position_independent"] == false;
    let words = report["embedding"]["link"].as_array().unwrap();
    let words: Vec<String> = words
        .iter()
        .map(|word| word.as_str().unwrap().to_owned())
        .collect();
    assert_eq!(words.last().unwrap() == "-no-pie", fixed);
    words
}

/// The only directory in one whose name begins so.
fn only(dir: &Path, prefix: &str) -> PathBuf {
    let entries = fs_err::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    let is_it = |path: &PathBuf| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        name.starts_with(prefix) && path.is_dir()
    };
    entries.into_iter().find(is_it).unwrap()
}

/// Compiles and links one of the sources in `out`.
fn cc(out: &Path, name: &str, source: &str, words: &[String]) -> PathBuf {
    let program = out.join(name);
    let mut cc = Command::new("cc");
    cc.arg("-I.").arg("-o").arg(&program).arg(sources().join(source));
    ok(&cc.args(words).current_dir(out).output().unwrap());
    program
}

fn compile(place: &Path, out: &Path, name: &str, words: &[String]) -> PathBuf {
    let include = only(&place.join("python/install/include"), "python3");
    let include = format!("-I{}", include.display());
    cc(out, name, "host.c", &[words, &[include]].concat())
}

fn run(program: &Path, words: &[&str]) -> Output {
    let mut command = Command::new(program);
    command.args(words).env_clear().env("PATH", "/usr/bin:/bin");
    command.current_dir("/").output().unwrap()
}

fn works(program: &Path) {
    let expected = HOST_SAYS.replace("NAME", program.to_str().unwrap());
    assert_eq!(ok(&run(program, &["a", "b"])), expected);
}

#[test]
fn a_c_program_has_its_own_names_beside_python() {
    let place = built_distribution();
    requires!("dist", place.is_some());
    requires!("cc", Command::new("cc").arg("--version").output().is_ok());
    let (place, out) = (place.unwrap(), tempfile::tempdir().unwrap());
    let (place, out) = (place.path(), out.path());
    for linker in LINKERS {
        let library = out.join("libpbs.a");
        let words = ["--kind", "staticlib", "--format", "json", "--linker", linker];
        let first = link(place, &library, &words);
        let missing = String::from_utf8_lossy(&first.stderr).contains("there is no linker");
        requires!("linkers", !missing);
        let needs = needs(&ok(&first));
        assert_eq!(needs[0], "libpbs.a");
        let header = fs_err::read_to_string(out.join("pbs.h")).unwrap();
        assert!(header.contains(&needs.join(" ")), "{header}");
        let program = compile(place, out, linker, &needs);
        works(&program);
        if linker == "lld" {
            let again = out.join("again.a");
            ok(&link(place, &again, &words));
            let same = fs_err::read(&library).unwrap() == fs_err::read(&again).unwrap();
            assert!(same, "the same inputs give the same bytes");
            let fixed = compile(place, out, "fixed", &[&needs[..], &["-no-pie".into()]].concat());
            works(&fixed);
            never_started(&program);
            never_started(&fixed);
            assert!(ok(&run(&fixed, &["licenses"])).contains("==== LICENSE.openssl"));
            assert_eq!(run(&fixed, &["main"]).status.code(), Some(3));
        }
    }
}

/// Half a megabyte at most belongs to what is not used; the pointers that a loader sets right belong to a file.
fn never_started(program: &Path) {
    let pages: u64 = ok(&run(program, &["idle"])).trim().parse().unwrap();
    assert!(
        (1..1000).contains(&pages),
        "{} has {pages} pages",
        program.display()
    );
}

#[test]
fn an_object_does_the_same() {
    let place = built_distribution();
    requires!("dist", place.is_some());
    requires!("cc", Command::new("cc").arg("--version").output().is_ok());
    let (place, out) = (place.unwrap(), tempfile::tempdir().unwrap());
    let (place, out) = (place.path(), out.path());
    let made = out.join("shop.o");
    let report = ok(&link(
        place,
        &made,
        &["--kind", "object", "--compress", "--format", "json"],
    ));
    let bytes = fs_err::read(&made).unwrap();
    let file = object::File::parse(&*bytes).unwrap();
    // Of mimalloc and liblzma, which look at the processor and the system.
    let constructors = file
        .section_by_name(".init_array")
        .map_or(0, |section| section.size());
    assert!(constructors <= 3 * 8, "{constructors} bytes of constructors");
    fs_err::rename(out.join("shop.h"), out.join("pbs.h")).unwrap();
    let mut words = needs(&report);
    words.push("-rdynamic".into());
    let program = compile(place, out, "host", &words);
    works(&program);
    let library = only(&place.join("python/install/lib"), "python3").join("lib-dynload");
    ok(&run(&program, &["files", library.to_str().unwrap()]));
}

#[test]
fn a_shared_library_embeds_it_and_no_file_is_replaced() {
    let place = built_distribution();
    requires!("dist", place.is_some());
    requires!("cc", Command::new("cc").arg("--version").output().is_ok());
    let (place, out) = (place.unwrap(), tempfile::tempdir().unwrap());
    let (library, header) = (out.path().join("libpbs.a"), out.path().join("pbs.h"));
    let words = ["--kind", "staticlib", "--format", "json"];
    fs_err::write(&header, "int mine;\n").unwrap();
    let done = link(place.path(), &library, &words);
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(said.contains("would be replaced by the header"), "{said}");
    assert_eq!(fs_err::read_to_string(&header).unwrap(), "int mine;\n");
    fs_err::remove_file(&header).unwrap();

    let mut needs = needs(&ok(&link(place.path(), &library, &words)));
    needs.extend(["-shared", "-fPIC"].map(str::to_owned));
    let plug = cc(out.path(), "plug.so", "plug.c", &needs);
    let loader = cc(
        out.path(),
        "loader",
        "plug.c",
        &["-DLOADER".into(), "-ldl".into()],
    );
    assert_eq!(ok(&run(&loader, &[plug.to_str().unwrap()])), "in a thread\n");
}

/// As of a distribution that has objects for fixed addresses only: the words then ask for `-no-pie`.
#[test]
fn without_movable_objects_the_program_stands_at_fixed_addresses() {
    let place = built_distribution();
    requires!("dist", place.is_some());
    requires!("cc", Command::new("cc").arg("--version").output().is_ok());
    let (place, out) = (place.unwrap(), tempfile::tempdir().unwrap());
    let path = place.path().join("python/PYTHON.json");
    let mut manifest: serde_json::Value = serde_json::from_slice(&fs_err::read(&path).unwrap()).unwrap();
    if manifest["pbs"]["interpreter"]["position_independent"] == true {
        return;
    }
    manifest["build_info"]["core"]["static_lib"] = serde_json::Value::Null;
    fs_err::write(&path, serde_json::to_vec(&manifest).unwrap()).unwrap();
    let words = ["--kind", "staticlib", "--format", "json"];
    let needs = needs(&ok(&link(place.path(), &out.path().join("libpbs.a"), &words)));
    assert_eq!(needs.last().unwrap(), "-no-pie");
    works(&compile(place.path(), out.path(), "host", &needs));
}

#[test]
fn a_rust_program_links_it() {
    let place = built_distribution();
    requires!("dist", place.is_some());
    requires!("cc", Command::new("cc").arg("--version").output().is_ok());
    requires!("rustc", Command::new("rustc").arg("--version").output().is_ok());
    let (place, out) = (place.unwrap(), tempfile::tempdir().unwrap());
    let library = out.path().join("libpbs.a");
    let words = ["--kind", "staticlib", "--format", "json"];
    let needs = needs(&ok(&link(place.path(), &library, &words)));
    let program = out.path().join("host");
    let mut rustc = Command::new("rustc");
    rustc.args(["--edition", "2024", "-L", ".", "-l", "static=pbs", "-o"]);
    rustc.arg(&program).arg(sources().join("host.rs"));
    for library in needs.iter().filter_map(|word| word.strip_prefix("-l")) {
        rustc.args(["-l", library]);
    }
    ok(&rustc.current_dir(out.path()).output().unwrap());
    assert_eq!(ok(&run(&program, &[])), "['']\nrust 1 2\n");
}

#[test]
fn what_is_of_executables_is_refused() {
    let place = built_distribution();
    requires!("dist", place.is_some());
    let (place, out) = (place.unwrap(), tempfile::tempdir().unwrap());
    for option in [&["--strip"][..], &["--stdlib", "files"]] {
        let words = [&["--kind", "staticlib"], option].concat();
        let done = link(place.path(), &out.path().join("libpbs.a"), &words);
        let said = String::from_utf8_lossy(&done.stderr).into_owned();
        assert_eq!(done.status.code(), Some(1), "{said}");
        assert!(said.contains("is of executables"), "{said}");
    }
    assert_eq!(
        fs_err::read_dir(out.path()).unwrap().count(),
        0,
        "nothing is left"
    );
}
