//! What a container left in `/out`, as files of the driver's own user.

use std::io::{self, ErrorKind, Read};
use std::path::{Component, Path, PathBuf};

use bollard::Docker as Api;
use bollard::query_parameters::DownloadFromContainerOptions;
use futures_util::TryStreamExt;
use tokio_util::io::{StreamReader, SyncIoBridge};

use super::DockerError;
use crate::model::HostPath;

/// The bit of a mode that says whether a file is executable, as where the store takes one in.
const OWNER_EXECUTES: u32 = 0o100;

/// Copies the container's `/out` into `out`, which is empty.
pub(super) async fn collect(api: &Api, container: &str, out: &HostPath) -> Result<(), DockerError> {
    let options = DownloadFromContainerOptions {
        path: "/out".to_owned(),
    };
    let stream = api.download_from_container(container, Some(options));
    let reader = SyncIoBridge::new(StreamReader::new(Box::pin(stream.map_err(io::Error::other))));
    let out = out.clone();
    tokio::task::spawn_blocking(move || unpack(reader, out.as_path().as_std_path()))
        .await
        .map_err(io::Error::other)
        .flatten()
        .map_err(|source| DockerError::CopyOutput {
            container: container.to_owned(),
            source,
        })
}

/// Unpacks a stream whose paths all begin with `out`.
///
/// Of modes only the owner's x bit is kept, and no owner: all else is the container's affair.
fn unpack(reader: impl Read, out: &Path) -> io::Result<()> {
    use fs_err::os::unix::fs::symlink;
    let mut archive = tar::Archive::new(io::BufReader::with_capacity(64 * 1024, reader));
    for entry in archive.entries()? {
        let mut entry = entry?;
        let name = entry.path()?.into_owned();
        let Some(path) = below(out, &name)? else {
            continue;
        };
        let linked = || {
            let name = entry.link_name()?.ok_or(ErrorKind::InvalidData)?;
            Ok::<_, io::Error>(name.into_owned())
        };
        match entry.header().entry_type() {
            tar::EntryType::Directory => fs_err::create_dir(path)?,
            tar::EntryType::Symlink => symlink(linked()?, path)?,
            tar::EntryType::Link => {
                let target = below(out, &linked()?)?.ok_or(ErrorKind::InvalidData)?;
                fs_err::hard_link(target, path)?;
            }
            kind if kind.is_file() => {
                let executable = entry.header().mode()? & OWNER_EXECUTES != 0;
                let mut file = fs_err::OpenOptions::new();
                file.write(true).create_new(true);
                fs_err::os::unix::fs::OpenOptionsExt::mode(&mut file, if executable { 0o755 } else { 0o644 });
                io::copy(&mut entry, &mut file.open(path)?)?;
            }
            _ => {
                return Err(io::Error::other(format!(
                    "`{}` is neither a file, a directory nor a link",
                    name.display()
                )));
            }
        }
    }
    Ok(())
}

/// Where a path of the stream belongs; nothing for `/out` itself.
fn below(out: &Path, name: &Path) -> io::Result<Option<PathBuf>> {
    let mut parts = name.components();
    let plain = parts.all(|part| matches!(part, Component::Normal(_)));
    match name.strip_prefix("out") {
        Ok(rest) if plain => Ok((rest != Path::new("")).then(|| out.join(rest))),
        _ => Err(io::Error::new(
            ErrorKind::InvalidData,
            format!("`{}` is not below `out`", name.display()),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stays_below_out() {
        let out = Path::new("/x");
        assert_eq!(below(out, Path::new("out/")).unwrap(), None);
        assert_eq!(below(out, Path::new("out/a/b")).unwrap(), Some("/x/a/b".into()));
        for bad in ["a", "/out/a", "out/../a", "output/a"] {
            assert!(below(out, Path::new(bad)).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_owners_bit_decides() {
        use std::os::unix::fs::PermissionsExt;
        let mut tar = tar::Builder::new(Vec::new());
        for (name, mode) in [("out/ours", 0o744), ("out/theirs", 0o655)] {
            let mut header = tar::Header::new_gnu();
            header.set_mode(mode);
            header.set_size(0);
            tar.append_data(&mut header, name, io::empty()).unwrap();
        }
        let dir = tempfile::tempdir().unwrap();
        unpack(tar.into_inner().unwrap().as_slice(), dir.path()).unwrap();
        let mode = |name: &str| {
            fs_err::metadata(dir.path().join(name))
                .unwrap()
                .permissions()
                .mode()
        };
        assert_eq!(mode("ours") & 0o111, 0o111);
        assert_eq!(mode("theirs") & 0o111, 0);
    }
}
