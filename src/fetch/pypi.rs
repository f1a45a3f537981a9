//! Files of Python projects, through the machine's own pip.
//!
//! Owns the command lines. Only wheels can be had this way: pip runs an sdist's build scripts
//! when it downloads one, and nothing foreign is run here.

use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use tokio_util::sync::CancellationToken;

use super::client::{Client, ClientError};
use crate::plan::PypiFile;

/// The ways to call pip, in the order in which they are tried.
const PIPS: &[&[&str]] = &[
    &["python3", "-m", "pip"],
    &["pip3"],
    &["pip"],
    &["uv", "tool", "run", "pip"],
];

/// Why pip cannot be asked for a file.
#[derive(Debug, thiserror::Error)]
pub enum PypiError {
    /// It is no wheel.
    #[error("`{file}` is not a wheel; pip gives nothing else without running it")]
    NotAWheel {
        /// Its name.
        file: String,
    },
    /// pip did not give it.
    #[error(transparent)]
    Client(#[from] ClientError),
}

/// The options that make pip choose the wheel `file` on any machine.
fn choose(file: &str) -> Option<Vec<String>> {
    let tags: Vec<_> = file.strip_suffix(".whl")?.rsplitn(4, '-').collect();
    let [platforms, abis, pythons, _] = tags[..] else {
        return None;
    };
    let python = pythons.split('.').next_back()?;
    let digits = python.find(|character: char| character.is_ascii_digit())?;
    let (implementation, version) = python.split_at(digits);
    // `cp313` is 3.13, `py3` is 3.
    let version = match version.split_at(1) {
        (major, "") => major.to_owned(),
        (major, minor) => format!("{major}.{minor}"),
    };
    let mut options = vec![
        "--implementation".to_owned(),
        implementation.to_owned(),
        "--python-version".to_owned(),
        version,
    ];
    for abi in abis.split('.') {
        options.extend(["--abi".to_owned(), abi.to_owned()]);
    }
    for platform in platforms.split('.') {
        options.extend(["--platform".to_owned(), platform.to_owned()]);
    }
    Some(options)
}

/// Has pip download a wheel into `scratch`.
pub(crate) fn download(
    scratch: &Utf8Path,
    wanted: &PypiFile,
    cancelled: &CancellationToken,
) -> Result<Utf8PathBuf, PypiError> {
    let PypiFile {
        project,
        version,
        file,
    } = wanted;
    let chosen = choose(file).ok_or_else(|| PypiError::NotAWheel { file: file.clone() })?;
    let mut first = None;
    for pip in PIPS {
        let mut args: Vec<_> = pip[1..].iter().map(|&arg| arg.to_owned()).collect();
        let fixed = "download --quiet --no-deps --no-cache-dir --disable-pip-version-check --no-input \
                     --only-binary=:all: --ignore-requires-python --dest .";
        args.extend(fixed.split_whitespace().map(str::to_owned));
        args.extend(chosen.iter().cloned());
        args.push(format!("{project}=={version}"));
        let run = Client {
            program: pip[0],
            args,
            dir: scratch,
            limit: Duration::from_secs(1800),
            cancelled,
        }
        .run();
        let there = scratch.join(file);
        match run {
            Ok(_) if there.exists() => return Ok(there),
            Ok(_) => {
                first.get_or_insert(ClientError::Nothing {
                    program: pip[0].to_owned(),
                    what: format!("`{file}`"),
                });
            }
            Err(ClientError::Cancelled) => return Err(ClientError::Cancelled.into()),
            // A pip that is there says more than one that is not.
            Err(error) if matches!(first, None | Some(ClientError::Missing { .. })) => first = Some(error),
            Err(_) => {}
        }
    }
    Err(first
        .unwrap_or_else(|| ClientError::Missing {
            program: "pip".to_owned(),
        })
        .into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chooses_by_the_tags_of_the_name() {
        let options =
            choose("ziglang-0.15.2-py3-none-manylinux_2_12_x86_64.musllinux_1_1_x86_64.whl").unwrap();
        assert_eq!(
            options.join(" "),
            "--implementation py --python-version 3 --abi none --platform manylinux_2_12_x86_64 --platform musllinux_1_1_x86_64"
        );
        let options = choose("x-1-1-cp37-abi3-win_amd64.whl").unwrap();
        assert_eq!(
            options.join(" "),
            "--implementation cp --python-version 3.7 --abi abi3 --platform win_amd64"
        );
        assert_eq!(choose("x-1.tar.gz"), None);
        assert_eq!(choose("x.whl"), None);
    }
}
