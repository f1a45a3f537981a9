//! Where a version comes from, made concrete: what identifies its source, and who has it.

use super::build::Source;
use super::quoted::Quoted;
use super::raw::Sum;
use super::source::ArchiveEntry;
use crate::model::{Pin, TreePath};
use crate::plan::{CrateFile, DebianFile, Origin, Place, PypiFile, SourceIdentity};

/// The source that an entry means.
pub(crate) fn source(archive: &ArchiveEntry) -> Source {
    let upstream = pin(&archive.sha256, archive.size);
    let same = |origin| Place {
        origin,
        archive: upstream,
        strip: archive.strip,
        subdir: path_or_root(archive.subdir.as_ref()),
    };
    let mut places = vec![same(Origin::Url(archive.url.0.clone()))];
    for mirror in &archive.mirrors {
        if let Some(url) = &mirror.url {
            places.push(same(Origin::Url(url.0.clone())));
        }
        if let Some(debian) = &mirror.debian {
            places.push(Place {
                origin: Origin::Debian(DebianFile {
                    suite: debian.suite.0.clone(),
                    source: debian.source.0.clone(),
                    version: debian.version.0.clone(),
                    file: debian.file.0.clone(),
                }),
                archive: debian
                    .sha256
                    .as_ref()
                    .map_or(upstream, |sum| pin(sum, debian.size)),
                strip: debian.strip.unwrap_or(archive.strip),
                subdir: path_or_root(debian.subdir.as_ref().or(archive.subdir.as_ref())),
            });
        }
        if let Some(krate) = &mirror.krate {
            places.push(Place {
                origin: Origin::Crate(CrateFile {
                    name: krate.name.0.clone(),
                    version: krate.version.0.clone(),
                }),
                archive: pin(&krate.sha256, krate.size),
                strip: krate.strip,
                subdir: path_or_root(krate.subdir.as_ref()),
            });
        }
        if let Some(pypi) = &mirror.pypi {
            places.push(Place {
                origin: Origin::Pypi(PypiFile {
                    project: pypi.project.0.clone(),
                    version: pypi.version.0.clone(),
                    file: pypi.file.0.clone(),
                }),
                archive: pin(&pypi.sha256, pypi.size),
                strip: pypi.strip,
                subdir: path_or_root(pypi.subdir.as_ref()),
            });
        }
    }
    let select = archive.select.iter().map(|glob| glob.0.clone()).collect();
    let identity = match &archive.tree {
        Some(tree) => SourceIdentity::Tree {
            digest: tree.0,
            select,
        },
        None => SourceIdentity::Archive {
            digest: upstream,
            strip: archive.strip,
            select,
        },
    };
    Source {
        url: archive.url.0.clone(),
        archive: upstream,
        identity,
        places,
    }
}

fn pin(sum: &Sum, size: Option<u64>) -> Pin {
    Pin { hash: sum.0.0, size }
}

fn path_or_root(path: Option<&Quoted<TreePath>>) -> TreePath {
    path.map_or_else(TreePath::root, |path| path.0.clone())
}
