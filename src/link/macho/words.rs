//! The command line of `ld64.lld`, which takes the words of Apple's `ld`.

use crate::link::{Deployment, LinkPlan, OwnFiles};
use crate::model::{Arch, TreePath};

/// What every executable is linked with.
const ALWAYS: [&str; 4] = [
    // What nobody refers to is left out, libraries of the system included.
    "-dead_strip",
    "-dead_strip_dylibs",
    // No table for debuggers of where objects stand on this machine.
    "-S",
    // Signed on either processor; what is written after the link has room in the place of that.
    "-adhoc_codesign",
];

/// Names that extension modules from files find: Python's C interface, and nothing of static libraries.
const EXPORTED: [&str; 2] = ["_Py*", "__Py*"];

/// The words for an executable.
pub(in crate::link) fn words(
    plan: &LinkPlan,
    deployment: &Deployment,
    at: impl Fn(&TreePath) -> String,
    files: &OwnFiles<'_>,
) -> Vec<String> {
    let start = &plan.start;
    let arch = match deployment.arch {
        Arch::X86_64 => "x86_64",
        Arch::Aarch64 => "arm64",
    };
    let (minimum, sdk) = (&deployment.minimum, &deployment.sdk);
    let root = at(&start.directory);
    let mut words: Vec<String> = ["-arch", arch, "-platform_version", "macos", minimum, sdk]
        .map(str::to_owned)
        .into();
    words.extend(["-syslibroot", &root, "-o", files.output].map(str::to_owned));
    words.extend(ALWAYS.map(str::to_owned));
    words.extend(
        EXPORTED
            .iter()
            .flat_map(|names| ["-exported_symbol", names])
            .map(str::to_owned),
    );
    words.extend(files.stripped.then(|| "-x".to_owned()));
    words.extend(
        files
            .map
            .into_iter()
            .flat_map(|map| ["-map", map])
            .map(str::to_owned),
    );
    let first = start.first_of(plan.position_independent).iter();
    words.extend(first.chain(&plan.objects).map(&at));
    words.push(files.inittab.to_owned());
    words.extend(files.bundle.map(str::to_owned));
    words.extend(plan.archives.iter().map(&at));
    words.extend(plan.system.iter().map(|name| format!("-l{name}")));
    for framework in &plan.frameworks {
        words.extend(["-framework".to_owned(), framework.clone()]);
    }
    words.push(at(&start.builtins));
    words.push("-lSystem".to_owned());
    words.extend(start.last.iter().map(&at));
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
        let deployment = Deployment {
            arch: Arch::Aarch64,
            minimum: "11.0".to_owned(),
            sdk: "14.0".to_owned(),
            stack: None,
        };
        let plan = LinkPlan {
            objects: vec![path("build/launcher/main.o")],
            archives: vec![path("build/lib/libz.a")],
            system: vec!["m".into()],
            frameworks: vec!["CoreFoundation".into()],
            inittab: Vec::new(),
            start: StartRecord {
                directory: path("build/link"),
                first: Vec::new(),
                first_position_independent: Vec::new(),
                last: Vec::new(),
                builtins: path("build/link/libbuiltins.a"),
                nonshared: Vec::new(),
            },
            loader: None,
            position_independent: true,
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
            map: Some("map"),
        };
        let words = words(&plan, &deployment, |path| format!("/d/{path}"), &files).join(" ");
        assert_eq!(
            words,
            "-arch arm64 -platform_version macos 11.0 14.0 -syslibroot /d/build/link -o python -dead_strip \
             -dead_strip_dylibs -S -adhoc_codesign -exported_symbol _Py* -exported_symbol __Py* -x -map map \
             /d/build/launcher/main.o inittab.o bundle.o /d/build/lib/libz.a -lm -framework CoreFoundation \
             /d/build/link/libbuiltins.a -lSystem"
        );
    }
}
