//! The command line of `lld-link`, which takes the words of Microsoft's `link.exe`.

use crate::link::{Console, LinkPlan, OwnFiles, Runtime};
use crate::model::TreePath;

/// What every executable is linked with.
const ALWAYS: [&str; 10] = [
    "/nologo",
    // The output does not depend on when it is linked.
    "/Brepro",
    // Loaded at any address of 64 bits; data is not executed.
    "/dynamicbase",
    "/highentropyva",
    "/nxcompat",
    // What nobody refers to is left out. Two functions of the same code stay two: CPython compares pointers to them.
    "/opt:ref,noicf",
    // lld 14 and 22 give another order each time where objects were compiled with a profile.
    "/call-graph-profile-sort:no",
    // Sections begin at a page in the file, too. Wine maps such a file, and copies any other: 40 MB at each start.
    "/filealign:4096",
    // It is among the resources.
    "/manifest:no",
    // The core is compiled as part of a DLL: who uses it may have been told that it is imported.
    "/ignore:4217,4286",
];

/// Bytes of the first thread's stack, as CPython's own project files have it for its programs.
const STACK: u32 = 2_000_000;

/// Where a program without a console begins that has `main`: linkers would look for `WinMain`.
const MAIN: &str = "/entry:mainCRTStartup";

/// The words for an executable.
pub(in crate::link) fn words(
    plan: &LinkPlan,
    at: impl Fn(&TreePath) -> String,
    files: &OwnFiles<'_>,
) -> Vec<String> {
    let start = &plan.start;
    let mut words: Vec<String> = ALWAYS.map(str::to_owned).into();
    words.push(format!("/stack:{STACK}"));
    match files.console {
        Console::Given => words.push("/subsystem:console".to_owned()),
        Console::None => words.extend(["/subsystem:windows", MAIN].map(str::to_owned)),
    }
    words.push(format!("/out:{}", files.output));
    words.extend(files.map.map(|map| format!("/lldmap:{map}")));
    let first = start.first_of(plan.position_independent).iter();
    words.extend(first.chain(&plan.objects).map(&at));
    words.push(files.inittab.to_owned());
    words.extend(
        [files.bundle, files.resources]
            .into_iter()
            .flatten()
            .map(str::to_owned),
    );
    words.extend(plan.archives.iter().map(&at));
    words.push(format!("/libpath:{}", at(&start.directory)));
    // By their place where they are named here; what objects ask for themselves is looked for.
    let system = plan.system.iter();
    words.extend(system.map(|name| format!("{}/{name}.lib", at(&start.directory))));
    if files.runtime == Runtime::System {
        words.push("/nodefaultlib:vcruntime.lib".to_owned());
        words.push(format!("{}/{}", at(&start.directory), Runtime::SYSTEM_LIBRARY));
    }
    words.push(at(&start.builtins));
    words.extend(start.last.iter().map(&at));
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::StartRecord;

    fn plan() -> LinkPlan {
        let path = |text: &str| TreePath::parse(text).unwrap();
        LinkPlan {
            objects: vec![path("build/launcher/main.obj")],
            archives: vec![path("build/lib/zlib.lib")],
            system: vec!["kernel32".into()],
            frameworks: Vec::new(),
            inittab: Vec::new(),
            start: StartRecord {
                directory: path("build/link"),
                first: Vec::new(),
                first_position_independent: vec![path("build/link/start.obj")],
                last: Vec::new(),
                builtins: path("build/link/msvcrt.lib"),
                nonshared: Vec::new(),
            },
            loader: None,
            position_independent: true,
            deployment: None,
        }
    }

    #[test]
    fn orders_a_link_line() {
        let mut files = OwnFiles {
            output: "python.exe",
            inittab: "inittab.obj",
            bundle: Some("bundle.obj"),
            resources: Some("resources.obj"),
            console: Console::Given,
            runtime: Runtime::Redistributed,
            stripped: true,
            map: Some("map"),
        };
        let join = |files: &OwnFiles<'_>| words(&plan(), |path| format!("/d/{path}"), files).join(" ");
        let (always, rest) = (ALWAYS.join(" "), join(&files));
        assert_eq!(
            rest,
            format!(
                "{always} /stack:2000000 /subsystem:console /out:python.exe /lldmap:map /d/build/link/start.obj \
                 /d/build/launcher/main.obj inittab.obj bundle.obj resources.obj /d/build/lib/zlib.lib \
                 /libpath:/d/build/link /d/build/link/kernel32.lib /d/build/link/msvcrt.lib"
            )
        );
        files.console = Console::None;
        files.runtime = Runtime::System;
        let other = join(&files);
        assert!(other.contains(" /subsystem:windows /entry:mainCRTStartup /out:"));
        assert!(other.ends_with(
            "/kernel32.lib /nodefaultlib:vcruntime.lib /d/build/link/ucrt-private.lib /d/build/link/msvcrt.lib"
        ));
    }
}
