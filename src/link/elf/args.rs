//! Linker arguments as values, rendered last.

use crate::link::{LinkPlan, OwnFiles};
use crate::model::TreePath;

/// An argument of a linker.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum LinkArg {
    /// Where the executable is written.
    Output(String),
    /// The executable stands at fixed addresses.
    FixedAddresses,
    /// The executable can stand at any address.
    PositionIndependent,
    /// The dynamic loader.
    Loader(String),
    /// An object.
    Object(String),
    /// Static libraries that may need each other.
    Archives(Vec<String>),
    /// A static library, all of it.
    Whole(String),
    /// The output is an object again.
    Relocatable,
    /// A directory with libraries of the system.
    Search(String),
    /// A library of the system.
    System(String),
    /// Extension modules from files find the interpreter's symbols.
    ExportSymbols,
    /// Nobody finds the symbols of static libraries.
    HideArchives,
    /// Tables that unwinders search.
    UnwindTable,
    /// What is relocated cannot be written later; all is bound at the start.
    ReadOnlyRelocations,
    /// The stack holds no code.
    NoExecutableStack,
    /// Libraries that nothing is taken from are not loaded.
    OnlyNeeded,
    /// Code and data that nothing refers to are left out.
    OnlyReachable,
    /// Code that often runs stands together, and so does code that hardly ever does.
    GroupByHeat,
    /// The output does not depend on when or where it is linked.
    NoBuildId,
    /// Names that only debuggers and profilers want are left out.
    Strip,
    /// Where it is written which input stands where.
    Map(String),
}

/// The arguments of an ELF link: `at` puts a path of the distribution where it stands.
#[must_use]
pub fn elf_args(plan: &LinkPlan, at: impl Fn(&TreePath) -> String, files: &OwnFiles<'_>) -> Vec<LinkArg> {
    let start = &plan.start;
    let object = |path: &TreePath| LinkArg::Object(at(path));
    let mut args = vec![
        LinkArg::Output(files.output.to_owned()),
        if plan.position_independent {
            LinkArg::PositionIndependent
        } else {
            LinkArg::FixedAddresses
        },
        LinkArg::ReadOnlyRelocations,
        LinkArg::NoExecutableStack,
        LinkArg::UnwindTable,
        LinkArg::NoBuildId,
        LinkArg::ExportSymbols,
        LinkArg::HideArchives,
        LinkArg::OnlyNeeded,
        LinkArg::OnlyReachable,
        LinkArg::GroupByHeat,
    ];
    args.extend(files.stripped.then_some(LinkArg::Strip));
    args.extend(files.map.map(|map| LinkArg::Map(map.to_owned())));
    args.extend(plan.loader.clone().map(LinkArg::Loader));
    args.extend(start.first_of(plan.position_independent).iter().map(object));
    args.extend(plan.objects.iter().map(object));
    args.push(LinkArg::Object(files.inittab.to_owned()));
    args.extend(files.bundle.map(|bundle| LinkArg::Object(bundle.to_owned())));
    if !plan.archives.is_empty() {
        args.push(LinkArg::Archives(plan.archives.iter().map(&at).collect()));
    }
    args.push(LinkArg::Search(at(&start.directory)));
    args.extend(plan.system.iter().cloned().map(LinkArg::System));
    args.push(object(&start.builtins));
    args.push(LinkArg::System("c".to_owned()));
    args.push(object(&start.builtins));
    args.extend(start.last.iter().map(object));
    args
}

/// The arguments that make one object of all, which a program links: without what only a program has.
///
/// `core` is a static library that is taken whole. Sections stay apart, so that the program's own link may drop and arrange them. What the compiler itself calls comes
/// along, as another compiler's library may lack it.
#[must_use]
pub fn partial_args(
    plan: &LinkPlan,
    at: impl Fn(&TreePath) -> String,
    files: &OwnFiles<'_>,
    core: Option<&str>,
) -> Vec<LinkArg> {
    let mut args = vec![LinkArg::Output(files.output.to_owned()), LinkArg::Relocatable];
    args.extend(plan.objects.iter().map(|path| LinkArg::Object(at(path))));
    args.push(LinkArg::Object(files.inittab.to_owned()));
    args.extend(files.bundle.map(|bundle| LinkArg::Object(bundle.to_owned())));
    args.extend(core.map(|core| LinkArg::Whole(core.to_owned())));
    let archives = plan.archives.iter().chain([&plan.start.builtins]);
    args.push(LinkArg::Archives(archives.map(at).collect()));
    args
}

/// The command line of `ld.lld` and of GNU ld.
#[must_use]
pub fn render_ld(args: &[LinkArg]) -> Vec<String> {
    let mut words = Vec::new();
    for arg in args {
        match arg {
            LinkArg::Output(path) => words.extend(["-o".to_owned(), path.clone()]),
            LinkArg::FixedAddresses => words.push("-no-pie".to_owned()),
            LinkArg::PositionIndependent => words.push("-pie".to_owned()),
            LinkArg::Loader(path) => words.extend(["-dynamic-linker".to_owned(), path.clone()]),
            LinkArg::Object(path) => words.push(path.clone()),
            LinkArg::Archives(paths) => {
                words.push("--start-group".to_owned());
                words.extend(paths.iter().cloned());
                words.push("--end-group".to_owned());
            }
            LinkArg::Whole(path) => {
                words.extend(["--whole-archive", path, "--no-whole-archive"].map(str::to_owned));
            }
            LinkArg::Relocatable => words.push("-r".to_owned()),
            LinkArg::Search(dir) => words.push(format!("-L{dir}")),
            LinkArg::System(name) => words.push(format!("-l{name}")),
            LinkArg::ExportSymbols => words.push("--export-dynamic".to_owned()),
            LinkArg::HideArchives => words.push("--exclude-libs=ALL".to_owned()),
            LinkArg::UnwindTable => words.push("--eh-frame-hdr".to_owned()),
            LinkArg::ReadOnlyRelocations => {
                words.extend(["-z", "relro", "-z", "now"].map(str::to_owned));
            }
            LinkArg::NoExecutableStack => words.extend(["-z", "noexecstack"].map(str::to_owned)),
            LinkArg::OnlyNeeded => words.push("--as-needed".to_owned()),
            LinkArg::OnlyReachable => words.push("--gc-sections".to_owned()),
            LinkArg::GroupByHeat => words.extend(["-z", "keep-text-section-prefix"].map(str::to_owned)),
            LinkArg::Strip => words.push("--strip-all".to_owned()),
            LinkArg::Map(path) => words.push(format!("-Map={path}")),
            LinkArg::NoBuildId => words.push("--build-id=none".to_owned()),
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::{Console, Runtime};
    use crate::manifest::StartRecord;

    #[test]
    fn orders_a_link_line() {
        let path = |text: &str| TreePath::parse(text).unwrap();
        let plan = LinkPlan {
            objects: vec![path("build/main.o")],
            archives: vec![path("build/lib/libz.a")],
            system: vec!["m".into()],
            frameworks: Vec::new(),
            inittab: Vec::new(),
            start: StartRecord {
                directory: path("build/link"),
                first: vec![path("build/link/crt1.o")],
                first_position_independent: vec![path("build/link/Scrt1.o")],
                last: vec![path("build/link/crtn.o")],
                builtins: path("build/link/libbuiltins.a"),
                nonshared: Vec::new(),
            },
            loader: Some("/lib/ld.so".into()),
            position_independent: false,
            deployment: None,
        };
        let files = OwnFiles {
            output: "python",
            inittab: "inittab.o",
            bundle: Some("bundle.o"),
            resources: None,
            console: Console::Given,
            runtime: Runtime::Redistributed,
            stripped: true,
            map: Some("link.map"),
        };
        let words = render_ld(&elf_args(&plan, |path| format!("/d/{path}"), &files)).join(" ");
        assert_eq!(
            words,
            "-o python -no-pie -z relro -z now -z noexecstack --eh-frame-hdr --build-id=none --export-dynamic \
             --exclude-libs=ALL --as-needed --gc-sections -z keep-text-section-prefix --strip-all -Map=link.map \
             -dynamic-linker /lib/ld.so /d/build/link/crt1.o /d/build/main.o inittab.o bundle.o \
             --start-group /d/build/lib/libz.a --end-group -L/d/build/link -lm /d/build/link/libbuiltins.a -lc \
             /d/build/link/libbuiltins.a /d/build/link/crtn.o"
        );
    }
}
