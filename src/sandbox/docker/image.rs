//! A root as an image: imported once for each tree, named by its digest.

use std::collections::HashMap;
use std::io::{self, Write};

use bollard::Docker as Api;
use bollard::query_parameters::{CreateImageOptions, ListImagesOptions, RemoveImageOptions};
use camino::Utf8Path;
use futures_util::TryStreamExt;
use tokio_util::io::{ReaderStream, SyncIoBridge};

use super::DockerError;
use super::session::machine;
use crate::model::HostPath;
use crate::sandbox::RootDir;
use crate::sandbox::limits::OURS;

const REPOSITORY: &str = "pbs-root";
/// The label with the machine that an image was made on.
const MACHINE: &str = "pbs.machine";
/// The label with the directory of the image's root on that machine.
const DIR: &str = "pbs.dir";
/// Bytes that wait between the reader of the root and the connection.
const BUFFER: usize = 256 * 1024;

/// The image's name, after making sure that it is there.
///
/// The command's user owns everything in it, as in the native sandbox, so it is part of the name.
pub(super) async fn ensure(api: &Api, root: &RootDir, uid: u32) -> Result<String, DockerError> {
    let tag = format!("{}-{uid}", root.digest.0.hex());
    let image = format!("{REPOSITORY}:{tag}");
    match api.inspect_image(&image).await {
        Ok(_) => return Ok(image),
        Err(bollard::errors::Error::DockerResponseServerError { status_code: 404, .. }) => {}
        Err(source) => return Err(DockerError::InspectImage { image, source }),
    }

    let (reader, writer) = tokio::io::duplex(BUFFER);
    let dir = root.dir.clone();
    let writing = tokio::task::spawn_blocking(move || {
        let mut writer = io::BufWriter::with_capacity(BUFFER, SyncIoBridge::new(writer));
        pack(dir.as_path(), uid, &mut writer)?;
        writer.flush()?;
        writer.into_inner()?.shutdown()
    });
    let options = CreateImageOptions {
        from_src: Some("-".to_owned()),
        repo: Some(REPOSITORY.to_owned()),
        tag: Some(tag),
        changes: vec![label(&root.dir, &machine())],
        ..CreateImageOptions::default()
    };
    let body = bollard::body_try_stream(ReaderStream::with_capacity(reader, BUFFER));
    let importing = api
        .create_image(Some(options), Some(body), None)
        .try_collect::<Vec<_>>();
    let (written, imported) = tokio::join!(writing, importing);
    // A root that cannot be read ends the connection too; that is not what to report.
    let written = written.map_err(io::Error::other).flatten();
    match (written, imported) {
        (_, Ok(_)) => Ok(image),
        (Err(source), Err(_)) if source.kind() != io::ErrorKind::BrokenPipe => {
            Err(DockerError::ReadRoot { image, source })
        }
        (_, Err(source)) => Err(DockerError::ImportImage { image, source }),
    }
}

/// Removes the images of roots that no longer stand on this machine; how many there were.
///
/// An image that a container still uses stays.
pub(super) async fn forget(api: &Api) -> Result<usize, DockerError> {
    let options = ListImagesOptions {
        filters: Some(HashMap::from([(
            "label".to_owned(),
            vec![format!("{MACHINE}={}", machine())],
        )])),
        ..ListImagesOptions::default()
    };
    let images = api
        .list_images(Some(options))
        .await
        .map_err(|source| DockerError::ListImages { source })?;
    let mut count = 0;
    for image in images {
        let stands = |dir: &String| Utf8Path::new(dir).exists();
        if image.labels.get(DIR).is_none_or(stands) {
            continue;
        }
        for name in image.repo_tags.iter().filter(|name| is_ours(name)) {
            match api.remove_image(name, None::<RemoveImageOptions>, None).await {
                Ok(_) => count += 1,
                // Gone, or in use.
                Err(bollard::errors::Error::DockerResponseServerError {
                    status_code: 404 | 409,
                    ..
                }) => {}
                Err(source) => {
                    return Err(DockerError::RemoveImage {
                        image: name.clone(),
                        source,
                    });
                }
            }
        }
    }
    Ok(count)
}

fn is_ours(name: &str) -> bool {
    let repository = name.rsplit_once(':').map(|(repository, _)| repository);
    // Podman puts a host in front.
    repository.and_then(|repository| repository.rsplit('/').next()) == Some(REPOSITORY)
}

/// The instruction that says of an image whose it is: the machine, and where its root stands there.
fn label(dir: &HostPath, machine: &str) -> String {
    let quoted = |text: &str| {
        let mut quoted = String::from('"');
        for character in text.chars() {
            if matches!(character, '"' | '\\' | '$') {
                quoted.push('\\');
            }
            quoted.push(character);
        }
        quoted + "\""
    };
    format!(
        "LABEL {MACHINE}={} {DIR}={}",
        quoted(machine),
        quoted(dir.as_path().as_str())
    )
}

/// Writes the root as a tar stream, with the directories that a command finds besides it.
fn pack(root: &Utf8Path, uid: u32, writer: &mut impl Write) -> io::Result<()> {
    let mut tar = tar::Builder::new(writer);
    for name in OURS {
        let mode = if name == "tmp" { 0o1777 } else { 0o755 };
        let mut header = header(tar::EntryType::Directory, mode, uid);
        tar.append_data(&mut header, format!("{name}/"), io::empty())?;
    }
    let entries = walkdir::WalkDir::new(root).min_depth(1).sort_by_file_name();
    let kept = |entry: &walkdir::DirEntry| {
        entry.depth() != 1
            || entry
                .file_name()
                .to_str()
                .is_none_or(|name| !OURS.contains(&name))
    };
    for entry in entries.into_iter().filter_entry(kept) {
        let entry = entry?;
        let name = entry.path().strip_prefix(root).map_err(io::Error::other)?;
        let metadata = entry.metadata()?;
        let kind = metadata.file_type();
        let mode = std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o7777;
        if kind.is_symlink() {
            let mut header = header(tar::EntryType::Symlink, mode, uid);
            tar.append_link(&mut header, name, fs_err::read_link(entry.path())?)?;
        } else if kind.is_dir() {
            let mut header = header(tar::EntryType::Directory, mode, uid);
            tar.append_data(&mut header, name, io::empty())?;
        } else {
            let mut header = header(tar::EntryType::Regular, mode, uid);
            header.set_size(metadata.len());
            tar.append_data(&mut header, name, fs_err::File::open(entry.path())?)?;
        }
    }
    tar.finish()
}

fn header(kind: tar::EntryType, mode: u32, uid: u32) -> tar::Header {
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_uid(uid.into());
    header.set_gid(uid.into());
    header.set_size(0);
    header
}
