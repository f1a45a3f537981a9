//! Words → what is linked and embedded.

use std::collections::BTreeSet;

use camino::Utf8Path;

use super::file::{read_certificate, read_version_info};
use super::words::{AsPythonWord, KeepWord, KindWord, Preset, Stdlib, Words};
use crate::bundle::Keep;
use crate::cli::fail::CliError;
use crate::link::{Console, Runtime};
use crate::manifest::Selection;
use crate::relink::{App, AsPython, Kind, Macos, SingleFile, Windows};

impl Words {
    /// What is made.
    pub(super) fn kind(&self) -> Kind {
        match self.kind.unwrap_or_default() {
            KindWord::Exe => Kind::Executable,
            KindWord::Staticlib => Kind::StaticLibrary,
            KindWord::Object => Kind::Object,
        }
    }

    /// Whether all that is asked for goes with what is made.
    pub(super) fn check_kind(&self) -> Result<(), CliError> {
        let executables = [
            (
                "--stdlib files",
                self.stdlib == Some(Stdlib::Files),
                "leave it out: the library is embedded",
            ),
            ("--strip", self.strip, "leave it out, and strip the program"),
        ];
        let given = executables.iter().find(|(_, given, _)| *given);
        match given.filter(|_| self.kind() != Kind::Executable) {
            None => Ok(()),
            Some((option, _, hint)) => {
                let text = format!("`{option}` is of executables; a program is linked with this one");
                Err(CliError::input(text).hint(*hint))
            }
        }
    }

    /// What only executables for Windows have.
    pub(super) fn windows(&self, working_dir: &Utf8Path) -> Result<Windows, CliError> {
        let version = self
            .version_info
            .as_ref()
            .map(|path| read_version_info(&working_dir.join(path)));
        Ok(Windows {
            console: if self.gui { Console::None } else { Console::Given },
            runtime: if self.static_crt {
                Runtime::System
            } else {
                Runtime::Redistributed
            },
            icon: self.icon.as_ref().map(|path| working_dir.join(path)),
            version: version.transpose()?,
        })
    }

    /// What only executables for macOS have.
    pub(super) fn macos(&self, working_dir: &Utf8Path) -> Result<Macos, CliError> {
        let certificate = match (&self.sign, &self.sign_password_file) {
            (None, None) => None,
            (None, Some(_)) => {
                return Err(
                    CliError::input("`--sign-password-file` is of a certificate, and there is none")
                        .hint("name one with `--sign FILE`, or leave it out"),
                );
            }
            (Some(path), password) => {
                let password = password.as_ref().map(|path| working_dir.join(path));
                Some(read_certificate(&working_dir.join(path), password.as_deref())?)
            }
        };
        if self
            .identifier
            .as_ref()
            .is_some_and(|name| name.trim().is_empty() || name.contains('\0'))
        {
            return Err(CliError::input("`--identifier` is empty")
                .hint("name it as Apple's tools do, `com.example.shop`, or leave it out"));
        }
        Ok(Macos {
            identifier: self.identifier.clone(),
            certificate,
        })
    }

    /// What is embedded, if anything is.
    pub(super) fn single(&self, working_dir: &Utf8Path) -> Result<Option<SingleFile>, CliError> {
        if self.stdlib == Some(Stdlib::Files) {
            let embedding = [
                ("--app", self.app.is_some()),
                ("--script", self.script.is_some()),
                ("--module", self.module.is_some()),
                ("--requirement", !self.requirement.is_empty()),
                ("--include-package", !self.include_package.is_empty()),
                ("--exclude-package", !self.exclude_package.is_empty()),
                ("--compress", self.compress),
                ("--site", self.site),
                ("--environment", self.environment),
                ("--gui", self.gui),
            ];
            return match embedding.iter().find(|(_, given)| *given) {
                None => Ok(None),
                Some((option, _)) => Err(CliError::input(format!(
                    "`{option}` is of what is embedded; with `--stdlib files` nothing is"
                ))
                .hint("leave one of the two out")),
            };
        }
        let app = match (&self.app, &self.script) {
            (Some(directory), _) => Some(App::Directory(working_dir.join(directory))),
            (None, Some(script)) => Some(App::Script(working_dir.join(script))),
            (None, None) => None,
        };
        // An interpreter is used as one: it honours the environment and knows `exit`.
        let interpreter = app.is_none() && self.module.is_none();
        Ok(Some(SingleFile {
            app,
            run: self.module.clone(),
            requirements: self
                .requirement
                .iter()
                .map(|path| working_dir.join(path))
                .collect(),
            other: None,
            keep: match self.keep.unwrap_or_default() {
                KeepWord::Both => Keep::Both,
                KeepWord::Bytecode => Keep::Bytecode,
                KeepWord::Source => Keep::Source,
            },
            compress: self.compress,
            site: self.site || interpreter,
            environment: self.environment || interpreter,
            as_python: match self.as_python.unwrap_or_default() {
                AsPythonWord::Never => AsPython::Never,
                AsPythonWord::Workers => AsPython::Workers,
                AsPythonWord::Options => AsPython::Options,
            },
            optimize: self.optimize.unwrap_or_default(),
            exclude: self.exclude_package.iter().cloned().collect(),
            include: self.include_package.iter().cloned().collect(),
            reached: matches!(self.preset, Some(Preset::Auto | Preset::Minimal)),
            x_options: self.x_option.clone(),
            warnings: self.warning.clone(),
        }))
    }

    /// The extension modules.
    pub(super) fn selection(&self) -> Result<Selection, CliError> {
        let names = |names: &[String]| names.iter().cloned().collect::<BTreeSet<_>>();
        let (added, without) = (names(&self.include_extension), names(&self.exclude_extension));
        if let Some(name) = added.intersection(&without).next() {
            return Err(CliError::input(format!("`{name}` is both included and excluded"))
                .hint("leave one of the two out"));
        }
        match self.preset.unwrap_or_default() {
            Preset::All | Preset::NoCopyleft if !added.is_empty() => Err(CliError::input(
                "`--include-extension` adds to the presets `auto` and `minimal`; the others have every extension module \
                 they allow",
            )
            .hint("add `--preset minimal` or `--preset auto`, or leave `--include-extension` out")),
            Preset::Minimal if !without.is_empty() => Err(CliError::input(
                "`--exclude-extension` takes from other presets; `minimal` has nothing that can be left out",
            )
            .hint("leave `--preset minimal` out, or `--exclude-extension`")),
            Preset::Auto if self.stdlib == Some(Stdlib::Files) => Err(CliError::input(
                "`--preset auto` follows what is embedded; with `--stdlib files` nothing is",
            )
            .hint("leave one of the two out")),
            Preset::Auto if self.app.is_none() && self.module.is_none() && self.script.is_none() => {
                Err(CliError::input(
                    "`--preset auto` follows an application's imports, and there is no application",
                )
                .hint("name one with `--script FILE`, `--app DIR` or `--module NAME`"))
            }
            Preset::Auto => Ok(Selection::Reached {
                reasons: added
                    .into_iter()
                    .map(|name| (name, "named by --include-extension".to_owned()))
                    .collect(),
                without,
            }),
            Preset::NoCopyleft => Ok(Selection::Permissive(without)),
            Preset::All if without.is_empty() => Ok(Selection::All),
            Preset::All => Ok(Selection::Without(without)),
            Preset::Minimal if added.is_empty() => Ok(Selection::Minimal),
            Preset::Minimal => Ok(Selection::Only(added)),
        }
    }
}
