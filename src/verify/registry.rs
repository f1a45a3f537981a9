//! The table of rules. Adding one is a file in `rules/` and a line here.

use super::rules;
use super::{Found, Severity, Subject};
use crate::model::ObjectFormat;

/// A rule that a distribution must obey.
#[derive(Clone, Copy)]
pub struct Rule {
    /// Its name, in reports and on the command line.
    pub name: &'static str,
    /// What it guards, in one sentence.
    pub explain: &'static str,
    /// What to do where it is broken.
    pub hint: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// Why it cannot be applied to this subject, if it cannot.
    pub(super) skip: fn(&Subject<'_>) -> Option<&'static str>,
    /// Looks and reports.
    pub(super) check: fn(&Subject<'_>, &mut Found),
}

impl std::fmt::Debug for Rule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rule")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// For rules that apply to every subject.
pub(super) fn always(_: &Subject<'_>) -> Option<&'static str> {
    None
}

/// For rules on objects and static libraries.
pub(super) fn with_objects(subject: &Subject<'_>) -> Option<&'static str> {
    subject.build().is_none().then_some("this flavour has no objects")
}

/// For rules on ELF files.
pub(super) fn on_elf(subject: &Subject<'_>) -> Option<&'static str> {
    (subject.format() != ObjectFormat::Elf).then_some("the target's files are no ELF files")
}

/// For rules on executables and DLLs of Windows.
pub(super) fn on_pe(subject: &Subject<'_>) -> Option<&'static str> {
    (subject.format() != ObjectFormat::Coff).then_some("the target's files are no PE files")
}

/// For rules on files of macOS.
pub(super) fn on_macho(subject: &Subject<'_>) -> Option<&'static str> {
    (subject.format() != ObjectFormat::MachO).then_some("the target's files are no Mach-O files")
}

/// For rules on files of macOS, objects among them.
pub(super) fn on_macho_objects(subject: &Subject<'_>) -> Option<&'static str> {
    on_macho(subject).or_else(|| with_objects(subject))
}

/// For rules on what systems of Unix have in common.
pub(super) fn on_unix(subject: &Subject<'_>) -> Option<&'static str> {
    (subject.format() == ObjectFormat::Coff).then_some("the target's files are neither ELF nor Mach-O files")
}

/// For rules on what programs of Windows and macOS say of themselves.
pub(super) fn on_pe_and_macho(subject: &Subject<'_>) -> Option<&'static str> {
    (subject.format() == ObjectFormat::Elf).then_some("the target's files are neither PE nor Mach-O files")
}

/// For rules on the archive itself.
pub(super) fn with_archive(subject: &Subject<'_>) -> Option<&'static str> {
    subject.archive.is_none().then_some("not an archive but a tree")
}

/// Every rule but the first one, that there is a manifest at all.
pub const RULES: &[Rule] = &[
    rules::archive_order::RULE,
    rules::archive_owner::RULE,
    rules::collisions::RULE,
    rules::strays::RULE,
    rules::symlinks::RULE,
    rules::modes::RULE,
    rules::digests::RULE,
    rules::broken::RULE,
    rules::paths::RULE,
    rules::unclaimed::RULE,
    rules::licenses::RULE,
    rules::components::RULE,
    rules::build_paths::RULE,
    rules::shebangs::RULE,
    rules::sysconfig::RULE,
    rules::bytecode::RULE,
    rules::interpreter::RULE,
    rules::python_paths::RULE,
    rules::tags::RULE,
    rules::machine::RULE,
    rules::libraries::RULE,
    rules::run_paths::RULE,
    rules::symbol_versions::RULE,
    rules::banned_symbols::RULE,
    rules::dependency_symbols::RULE,
    rules::c_interface::RULE,
    rules::executable_stack::RULE,
    rules::relro::RULE,
    rules::text_relocations::RULE,
    rules::writable_code::RULE,
    rules::stack_protector::RULE,
    rules::random_addresses::RULE,
    rules::executable_data::RULE,
    rules::stack_size::RULE,
    rules::timestamps::RULE,
    rules::stray_libraries::RULE,
    rules::import_libraries::RULE,
    rules::native_objects::RULE,
    rules::static_libraries::RULE,
    rules::extensions::RULE,
    rules::init_functions::RULE,
    rules::required_extensions::RULE,
    rules::minimum_system::RULE,
    rules::install_names::RULE,
    rules::build_identifiers::RULE,
    rules::signatures::RULE,
    rules::availability::RULE,
];
