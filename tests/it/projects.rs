//! CPython's real project files: every version whose source is in the store.

use std::collections::BTreeMap;
use std::io::Read;

use camino::{Utf8Path, Utf8PathBuf};
use pbs::model::{Arch, Family, Ground, Os, PythonVersion};
use pbs::msbuild::{Description, Product, Sources, Survey, files, survey};
use pbs::recipe::{RecipeSet, Request};
use pbs::store::Store;
use pbs::workspace::read_workspace;

use crate::support::{requires, variable};

const WINDOWS: Ground = Ground {
    family: Family::Windows,
    os: Os::Windows,
};

pub(crate) fn store() -> Option<Utf8PathBuf> {
    let named = variable("PBS_STORE").map(Utf8PathBuf::from);
    let usual = || Some(Utf8PathBuf::from(variable("HOME")?).join(".cache/pbs"));
    named.or_else(usual).filter(|store| store.exists())
}

pub(crate) fn recipes() -> RecipeSet {
    let files = read_workspace(Utf8Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap();
    RecipeSet::load(files).unwrap()
}

/// The files of a source archive, without its first directory.
fn unpack(name: &str, archive: Box<dyn Read + Send>) -> Sources {
    let plain: Box<dyn Read> = if name.ends_with(".xz") {
        Box::new(liblzma::read::XzDecoder::new(archive))
    } else {
        Box::new(flate2::read::GzDecoder::new(archive))
    };
    let mut sources = Sources::default();
    for entry in tar::Archive::new(plain).entries().unwrap() {
        let mut entry = entry.unwrap();
        let path = entry.path().unwrap().to_string_lossy().into_owned();
        let Some((_, path)) = path.split_once('/') else {
            continue;
        };
        let mut text = String::new();
        let wanted = entry.header().entry_type().is_file() && Sources::wants(path);
        if wanted {
            entry.read_to_string(&mut text).unwrap();
        }
        if entry.header().entry_type().is_file() {
            sources.add(path, wanted.then_some(text));
        }
    }
    sources
}

/// The versions whose source is in the store, with what their project files come to.
fn surveys() -> BTreeMap<String, Survey> {
    let set = recipes();
    let Some(store) = store() else {
        return BTreeMap::new();
    };
    let store = Store::open(&store).unwrap();
    let rules = set.projects.as_ref().unwrap().value.rules(Arch::X86_64);
    let mut surveys = BTreeMap::new();
    for version in set.packages["cpython"].versions.keys() {
        let request = Request {
            python: Some(version.clone()),
            target: "x86_64-unknown-linux-gnu".to_owned(),
            options: Some("noopt".to_owned()),
            ..Request::default()
        };
        let build = set.resolve(&request).unwrap();
        let source = build.packages["cpython"].source.as_ref().unwrap();
        let Some(digest) = store.find_pinned(&source.archive).unwrap() else {
            continue;
        };
        let sources = unpack(&source.url, store.open_blob(&digest).unwrap());
        let series = version.parse::<PythonVersion>().unwrap().series;
        let modules = set.extensions.value.of(WINDOWS, series);
        let survey = survey(&sources, &rules, &modules);
        let survey = survey.unwrap_or_else(|error| panic!("{version}: {error}; {}", error.hint()));
        surveys.insert(version.clone(), survey);
    }
    surveys
}

/// One line a project: enough to see that a new version compiles something else.
fn summary(description: &Description) -> String {
    let mut text = String::new();
    for project in &description.projects {
        let packages: Vec<&str> = project.packages.iter().map(String::as_str).collect();
        text += &format!(
            "{:?} {}: {} sources, {} resources, packages [{}], libraries [{}]\n",
            project.makes,
            project.output,
            project.units.len(),
            project.resources.len(),
            packages.join(" "),
            project.link.libraries.join(" "),
        );
    }
    let count = |project: bool| {
        let modules = description.modules.iter();
        modules
            .filter(|module| module.project.is_some() == project)
            .count()
    };
    text + &format!(
        "{} modules of the core, {} of their own projects, {} frozen\n",
        count(false),
        count(true),
        description.frozen.len()
    )
}

#[test]
fn project_files_of_every_version_are_understood() {
    let surveys = surveys();
    requires!("cpython-source", !surveys.is_empty());
    for (version, survey) in &surveys {
        insta::with_settings!({ snapshot_path => "../snapshots/projects", prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!(version.as_str(), summary(&survey.description));
        });
        let made = files(survey, &BTreeMap::new());
        let makefile = &made["Makefile"];
        for project in &survey.description.projects {
            for unit in &project.units {
                assert!(
                    makefile.contains(&format!("build/{}:", unit.object)),
                    "{version}: {unit:?}"
                );
                assert!(
                    !unit.defines.iter().any(|define| define.contains(['$', '%'])),
                    "{version}: {unit:?}"
                );
            }
            let has_rule = makefile.contains(&format!("\nbuild/{}:", project.output));
            assert_eq!(
                has_rule,
                project.makes != Product::Builtin,
                "{version}: {}",
                project.output
            );
        }
    }
}
