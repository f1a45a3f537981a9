//! A distribution damaged on purpose is caught by the right rule, each time.
//!
//! The same damage is done to a tiny distribution made here and, where `PBS_TEST_DIST` names a
//! full archive, to a real one.

mod damage;
mod macos;
mod windows;

use camino::Utf8Path;
use pbs::model::Entry;
use pbs::verify::Limits;

use crate::distribution::{Distribution, ar, made, made_macos, made_windows, needs_cc, needs_lld_link};
use crate::support::{built_distribution, requires};

use damage::{DAMAGE, Damage, stdlib};

/// Does every damage to a copy, and asks for the right rule; all misses are told at once.
fn damage_all(good: &Distribution, all: &[Damage]) {
    let report = good.verify();
    assert!(report.passed(), "{}", report.render());
    let mut missed = Vec::new();
    for (what, rule, damage) in all {
        let mut bad = good.clone();
        damage(&mut bad);
        let report = bad.verify();
        if !report.broken_rules().contains(rule) || report.passed() {
            missed.push(format!(
                "{what}: expected [{rule}], found {:?}",
                report.broken_rules()
            ));
        }
        let finding = report.findings.iter().find(|finding| finding.rule == *rule);
        assert!(finding.is_none_or(|finding| !finding.hint.is_empty() && !finding.message.is_empty()));
    }
    assert!(missed.is_empty(), "not caught:\n{}", missed.join("\n"));
}

#[test]
fn damage_is_caught_by_the_right_rule() {
    needs_cc!();
    damage_all(&made(), DAMAGE);
}

#[test]
fn damage_to_a_distribution_for_windows_is_caught() {
    needs_lld_link!();
    damage_all(&made_windows(), windows::DAMAGE);
}

#[test]
fn damage_to_a_distribution_for_macos_is_caught() {
    damage_all(&made_macos(), macos::DAMAGE);
}

#[test]
fn every_rule_catches_some_damage() {
    let caught: std::collections::BTreeSet<_> = DAMAGE
        .iter()
        .chain(windows::DAMAGE)
        .chain(macos::DAMAGE)
        .map(|(_, rule, _)| *rule)
        .collect();
    for rule in pbs::verify::RULES {
        assert!(caught.contains(rule.name), "no damage for [{}]", rule.name);
        assert!(
            rule.explain.ends_with('.') && !rule.hint.ends_with('.'),
            "[{}]",
            rule.name
        );
    }
}

#[test]
fn damage_to_a_real_distribution_is_caught() {
    let place = built_distribution();
    requires!("dist", place.is_some());
    let place = place.unwrap();
    let mut good = Distribution::read(Utf8Path::from_path(place.path()).unwrap());
    // What recipes/targets/ allows, taken here from what the distribution says of itself.
    let manifest = good.manifest();
    let versions = manifest
        .crt_features
        .iter()
        .find_map(|feature| feature.strip_prefix("glibc-max-symbol-version:"));
    good.limits = Limits {
        max_symbol_versions: versions
            .map(|version| ("GLIBC".to_owned(), version.to_owned()))
            .into_iter()
            .collect(),
        allowed_libraries: [
            "libc.so.6",
            "libm.so.6",
            "libpthread.so.0",
            "libdl.so.2",
            "librt.so.1",
            "libutil.so.1",
        ]
        .map(str::to_owned)
        .into_iter()
        .chain(
            manifest
                .pbs
                .interpreter
                .needed
                .iter()
                .filter(|name| name.starts_with("ld-linux"))
                .cloned(),
        )
        .collect(),
        banned_symbols: vec!["pthread_yield".to_owned()],
        ..Limits::default()
    };
    good.pack();
    damage_all(&good, DAMAGE);
}

#[test]
fn a_report_tells_rule_file_and_what_to_do() {
    needs_cc!();
    let mut bad = made();
    let at = stdlib(&bad, "os.py");
    bad.edit(&at, |bytes| bytes.extend(b"# /work/x\n"));
    bad.digest_again();
    let text = bad.verify().render();
    insta::assert_snapshot!(text, @r"
    error[build-paths]: `install/lib/python3.13/os.py`: it names `/work/x`
      hint: configure with a neutral prefix and install with DESTDIR, or map the path with -ffile-prefix-map

    skipped [random-addresses] [stack-size] [stray-libraries]: the target's files are neither PE nor Mach-O files
    skipped [executable-data] [timestamps] [import-libraries]: the target's files are no PE files
    skipped [minimum-system] [install-names] [build-identifiers] [signatures] [availability]: the target's files are no Mach-O files
    37 rules applied, 1 errors, 0 warnings
    ");
    assert!(matches!(bad.tree.get(&at), Some(Entry::File { .. })));
}
