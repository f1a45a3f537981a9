//! A link asked for in a file.

use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};

use super::words::Words;
use crate::cli::fail::CliError;
use crate::engine::Class;
use crate::link::VersionInfo;
use crate::model::Secret;
use crate::recipe::{RecipeErrors, SourceFile, parse_yaml};
use crate::sign::{Certificate, CertificateError};
use crate::ui::Failure;

/// Reads a file; its paths are as if they were said where it stands.
pub(super) fn read_link_file(path: &Utf8Path) -> Result<Words, CliError> {
    let text = fs_err::read_to_string(path).map_err(|error| {
        CliError::new(Class::Input, Failure::of(&error))
            .hint("`--file` names a YAML file with the words of `pbs link --help`, without their dashes")
    })?;
    let file = SourceFile {
        path: path.to_string(),
        text,
    };
    let words: Words = parse_yaml(&Arc::new(file)).map_err(|error| RecipeErrors(vec![error]))?;
    if words.script.is_some() && (words.app.is_some() || words.module.is_some()) {
        let message = format!("`{path}` has a `script`, and an `app` or a `module` beside it");
        return Err(CliError::input(message).hint("a script is all there is to run: leave one of them out"));
    }
    let directory = path.parent().unwrap_or(Utf8Path::new(""));
    let from = |path: Option<Utf8PathBuf>| path.map(|path| directory.join(path));
    Ok(Words {
        distribution: from(words.distribution),
        app: from(words.app),
        script: from(words.script),
        requirement: words
            .requirement
            .iter()
            .map(|path| directory.join(path))
            .collect(),
        output: from(words.output),
        icon: from(words.icon),
        universal: from(words.universal),
        sign: from(words.sign),
        sign_password_file: from(words.sign_password_file),
        version_info: from(words.version_info),
        linker: words.linker.map(|linker| match linker.contains('/') {
            true => directory.join(linker).into_string(),
            false => linker,
        }),
        ..words
    })
}

/// Reads a certificate for executables for macOS.
pub(super) fn read_certificate(
    path: &Utf8Path,
    password_file: Option<&Utf8Path>,
) -> Result<Certificate, CliError> {
    let unreadable = |error: std::io::Error| CliError::new(Class::Input, Failure::of(&error));
    let file = fs_err::read(path).map_err(|error| {
        unreadable(error)
            .hint("`--sign` names a PKCS#12 file, as Keychain Access exports a certificate with its key")
    })?;
    let password = password_file.map(fs_err::read_to_string).transpose();
    let password = password.map_err(|error| {
        unreadable(error)
            .hint("`--sign-password-file` names a file with the certificate's password, in one line")
    })?;
    let password = password.unwrap_or_default();
    let password = Secret::new(password.trim_end_matches(['\r', '\n']).to_owned());
    Certificate::read(&file, &password).map_err(|error| {
        let message = format!("nothing can be signed by `{path}`: {error}");
        CliError::input(message).hint(match error {
            CertificateError::Password if password_file.is_none() => {
                "it has a password: name a file with it, `--sign-password-file FILE`"
            }
            CertificateError::Password => "the file has it in one line, without quotes",
            CertificateError::NoKey => {
                "in Keychain Access, export the certificate with the key that is shown below it; `openssl pkcs12 -export \
                 -inkey KEY -in CERTIFICATE` makes one of files"
            }
            _ => "`openssl pkcs12 -info -in FILE -noout` tells what is in it",
        })
    })
}

/// Reads what is said of an executable for Windows.
pub(super) fn read_version_info(path: &Utf8Path) -> Result<VersionInfo, CliError> {
    let text = fs_err::read_to_string(path).map_err(|error| {
        CliError::new(Class::Input, Failure::of(&error))
            .hint("`--version-info` names a YAML file with `file-version: \"1.2.3\"`")
    })?;
    let file = SourceFile {
        path: path.to_string(),
        text,
    };
    Ok(parse_yaml(&Arc::new(file)).map_err(|error| RecipeErrors(vec![error]))?)
}

impl Words {
    /// These, and of others what these do not say. Lists are put together.
    pub(super) fn over(self, other: Self) -> Self {
        let both = |first: Vec<String>, second: Vec<String>| [second, first].concat();
        // Another application takes the place of the file's.
        let (app, script) = match (self.app, self.script) {
            (None, None) => (other.app, other.script),
            said => said,
        };
        Self {
            distribution: self.distribution.or(other.distribution),
            app,
            script,
            module: self.module.or(other.module),
            requirement: [other.requirement, self.requirement].concat(),
            kind: self.kind.or(other.kind),
            output: self.output.or(other.output),
            preset: self.preset.or(other.preset),
            include_extension: both(self.include_extension, other.include_extension),
            exclude_extension: both(self.exclude_extension, other.exclude_extension),
            include_package: both(self.include_package, other.include_package),
            exclude_package: both(self.exclude_package, other.exclude_package),
            stdlib: self.stdlib.or(other.stdlib),
            keep: self.keep.or(other.keep),
            compress: self.compress || other.compress,
            strip: self.strip || other.strip,
            site: self.site || other.site,
            environment: self.environment || other.environment,
            as_python: self.as_python.or(other.as_python),
            optimize: self.optimize.or(other.optimize),
            x_option: both(self.x_option, other.x_option),
            warning: both(self.warning, other.warning),
            gui: self.gui || other.gui,
            static_crt: self.static_crt || other.static_crt,
            icon: self.icon.or(other.icon),
            version_info: self.version_info.or(other.version_info),
            universal: self.universal.or(other.universal),
            identifier: self.identifier.or(other.identifier),
            sign: self.sign.or(other.sign),
            sign_password_file: self.sign_password_file.or(other.sign_password_file),
            linker: self.linker.or(other.linker),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_goes_before_what_is_written() {
        let words = |text: &str| {
            let path = "link.yaml".to_owned();
            let file = SourceFile {
                path,
                text: text.to_owned(),
            };
            parse_yaml::<Words>(&Arc::new(file)).unwrap()
        };
        let said = words("script: a.py\npreset: auto\ninclude-package: [x]\n");
        let written = words("app: b\noutput: c\npreset: minimal\ninclude-package: [y]\nstrip: true\n");
        let both = said.over(written);
        assert_eq!((both.app, both.script.unwrap().as_str()), (None, "a.py"));
        assert_eq!(both.output.unwrap(), "c");
        assert_eq!(both.include_package, ["y", "x"]);
        assert_eq!(both.preset, Some(crate::cli::link::words::Preset::Auto));
        assert!(both.strip && !both.compress);
    }

    #[test]
    fn paths_are_relative_to_the_file() {
        let place = tempfile::tempdir().unwrap();
        let path = Utf8Path::from_path(place.path()).unwrap().join("link.yaml");
        fs_err::write(
            &path,
            "distribution: dist.tar.zst\napp: src\noutput: /out/app\nlinker: mold\n",
        )
        .unwrap();
        let words = read_link_file(&path).unwrap();
        assert_eq!(words.distribution.unwrap(), path.with_file_name("dist.tar.zst"));
        assert_eq!(words.app.unwrap(), path.with_file_name("src"));
        assert_eq!(
            (words.output.unwrap().as_str(), words.linker.as_deref()),
            ("/out/app", Some("mold"))
        );
    }
}
