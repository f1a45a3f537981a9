//! `pbs image lock`: which versions of which packages a worker root consists of.
//!
//! Owns a private apt: own state, own cache, an empty list of installed packages, so that the
//! answer is the whole closure and depends on nothing that is installed on this machine. The
//! machine's mirrors and its keyring are used; where it has none, the snapshot archive.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use tokio_util::sync::CancellationToken;

use super::apt::Apt;
use super::client::{Client, ClientError};
use super::debian;
use crate::plan::LockedPackage;
use crate::recipe::Quoted;
use crate::recipe::raw::{ImageFile, LOCK_VERSION};

/// What an image asks for, from its `image.yaml`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LockRequest {
    /// Folder of `docker/`.
    pub image: String,
    /// `amd64`.
    pub architecture: String,
    /// Suite → components.
    pub suites: Vec<(String, Vec<String>)>,
    /// The packages asked for by name; what they depend on comes by itself.
    pub packages: Vec<String>,
    /// The moment of the snapshot archive that serves a machine without a mirror.
    pub snapshot: String,
}

impl From<&ImageFile> for LockRequest {
    fn from(image: &ImageFile) -> Self {
        let texts = |texts: &[Quoted<String>]| texts.iter().map(|text| text.0.clone()).collect();
        Self {
            image: image.image.0.clone(),
            architecture: image.architecture.0.clone(),
            suites: image
                .suites
                .iter()
                .map(|suite| (suite.suite.0.clone(), texts(&suite.components)))
                .collect(),
            packages: texts(&image.packages),
            snapshot: image.snapshot.0.clone(),
        }
    }
}

/// A resolved image.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Lock {
    /// All packages, sorted by name.
    pub packages: Vec<LockedPackage>,
    /// The archives that were asked.
    pub asked: Vec<String>,
}

/// A difference between two locks.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum LockChange {
    /// It was not there.
    Added {
        /// Which package.
        package: String,
        /// Its version.
        version: String,
    },
    /// It is no longer there.
    Removed {
        /// Which package.
        package: String,
        /// Its version.
        version: String,
    },
    /// It has another version, or the same with another digest.
    Changed {
        /// Which package.
        package: String,
        /// The version it had.
        old: String,
        /// The version it has.
        new: String,
    },
}

impl std::fmt::Display for LockChange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Added { package, version } => write!(f, "+ {package} {version}"),
            Self::Removed { package, version } => write!(f, "- {package} {version}"),
            Self::Changed { package, old, new } if old == new => {
                write!(f, "~ {package} {old} (another file)")
            }
            Self::Changed { package, old, new } => write!(f, "~ {package} {old} -> {new}"),
        }
    }
}

/// Why an image cannot be resolved.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LockError {
    /// apt went wrong.
    #[error("the packages of image `{image}` cannot be resolved")]
    Apt {
        /// Folder of `docker/`.
        image: String,
        /// What it said.
        source: ClientError,
    },
    /// A scratch file could not be written.
    #[error("apt's private configuration cannot be written")]
    Write(#[from] std::io::Error),
    /// apt's answer lacks something.
    #[error("apt says nothing of {what} of package `{package}`")]
    Answer {
        /// The package.
        package: String,
        /// What is missing.
        what: &'static str,
    },
}

impl LockError {
    /// What a person can do about it.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Apt {
                source: ClientError::Missing { .. },
                ..
            } => Some("a lock is resolved by apt: run this on Debian or Ubuntu, or in a container of one"),
            Self::Apt { .. } => Some("does `apt-get update` work on this machine?"),
            _ => None,
        }
    }
}

/// A private apt in a scratch directory.
struct Private<'a> {
    request: &'a LockRequest,
    dir: &'a Utf8Path,
    cancelled: &'a CancellationToken,
}

/// The places where Debian's keyring stands.
const KEYRINGS: &[&str] = &[
    "/usr/share/keyrings/debian-archive-keyring.pgp",
    "/usr/share/keyrings/debian-archive-keyring.gpg",
];

/// Resolves an image through the machine's apt, in `scratch`, which must be empty.
pub fn resolve(
    request: &LockRequest,
    scratch: &Utf8Path,
    cancelled: &CancellationToken,
) -> Result<Lock, LockError> {
    let private = Private {
        request,
        dir: scratch,
        cancelled,
    };
    let mirrors = match Apt::discover(cancelled) {
        Ok(apt) => apt.mirrors,
        Err(source) => return Err(private.failed(source)),
    };
    let asked = private.write(&mirrors)?;
    private.run(
        "apt-get",
        ["update", "-qq", "--error-on=any"].map(str::to_owned).to_vec(),
    )?;
    let mut install = ["install", "--print-uris", "-qq", "--no-install-recommends"]
        .map(str::to_owned)
        .to_vec();
    install.extend(request.packages.iter().cloned());
    let chosen = parse_uris(&private.run("apt-get", install)?);
    let specs = chosen
        .iter()
        .map(|(package, version)| format!("{package}={version}"));
    let mut show = vec!["show".to_owned()];
    show.extend(specs);
    let stanzas = private.run("apt-cache", show)?;
    let suites = private.suites(&chosen)?;
    let mut packages = parse_stanzas(&stanzas, &suites)?;
    packages.sort_by(|a, b| (&a.package, &a.architecture).cmp(&(&b.package, &b.architecture)));
    packages.dedup();
    if let Some((package, _)) = chosen
        .iter()
        .find(|(package, _)| !packages.iter().any(|locked| locked.package == *package))
    {
        return Err(LockError::Answer {
            package: package.clone(),
            what: "the description",
        });
    }
    Ok(Lock { packages, asked })
}

impl Private<'_> {
    fn failed(&self, source: ClientError) -> LockError {
        LockError::Apt {
            image: self.request.image.clone(),
            source,
        }
    }

    /// Writes apt's configuration; answers which archives are asked.
    fn write(&self, mirrors: &[String]) -> Result<Vec<String>, LockError> {
        let dir = self.dir;
        for made in ["lists/partial", "cache/archives/partial"] {
            fs_err::create_dir_all(dir.join(made))?;
        }
        fs_err::write(dir.join("status"), "")?;
        let keyring = KEYRINGS
            .iter()
            .map(Utf8Path::new)
            .find(|keyring| keyring.exists());
        let options = keyring.map_or(String::new(), |keyring| format!("[signed-by={keyring}] "));
        let mut sources = String::new();
        let mut asked = Vec::new();
        for (suite, components) in &self.request.suites {
            let is_security = suite.ends_with("-security");
            let mirror = mirrors
                .iter()
                .find(|mirror| mirror.ends_with("-security") == is_security);
            let mirror = mirror.cloned().unwrap_or_else(|| {
                let archive = if is_security { "debian-security" } else { "debian" };
                format!("{}/archive/{archive}/{}", debian::SNAPSHOT, self.request.snapshot)
            });
            let _ = writeln!(sources, "deb {options}{mirror} {suite} {}", components.join(" "));
            asked.push(format!("{mirror} {suite}"));
        }
        fs_err::write(dir.join("sources.list"), sources)?;
        let architecture = &self.request.architecture;
        let settings = format!(
            r##"Dir::State "{dir}";
Dir::State::Lists "{dir}/lists";
Dir::State::status "{dir}/status";
Dir::Cache "{dir}/cache";
Dir::Etc::SourceList "{dir}/sources.list";
Dir::Etc::SourceParts "/dev/null";
Dir::Etc::Preferences "/dev/null";
Dir::Etc::PreferencesParts "/dev/null";
#clear APT::Architectures;
APT::Architecture "{architecture}";
APT::Architectures {{ "{architecture}"; }};
APT::Install-Recommends "false";
APT::Install-Suggests "false";
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
APT::Sandbox::User "";
Debug::NoLocking "true";
Acquire::Languages "none";
Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
Acquire::Check-Valid-Until "false";
"##
        );
        fs_err::write(self.config(), settings)?;
        Ok(asked)
    }

    fn config(&self) -> Utf8PathBuf {
        self.dir.join("apt.conf")
    }

    fn run(&self, program: &str, args: Vec<String>) -> Result<String, LockError> {
        let mut all = vec![format!("--config-file={}", self.config())];
        all.extend(args);
        Client {
            program,
            args: all,
            dir: self.dir,
            limit: Duration::from_secs(900),
            cancelled: self.cancelled,
        }
        .run()
        .map_err(|source| self.failed(source))
    }

    /// The suite of each chosen package and version.
    fn suites(&self, chosen: &BTreeSet<(String, String)>) -> Result<Suites, LockError> {
        if let [(only, _)] = &self.request.suites[..] {
            let of = |key: &(String, String)| (key.clone(), only.clone());
            return Ok(chosen.iter().map(of).collect());
        }
        let mut madison = vec!["madison".to_owned()];
        madison.extend(chosen.iter().map(|(package, _)| package.clone()));
        Ok(parse_madison(&self.run("apt-cache", madison)?))
    }
}

/// Package and version → suite.
type Suites = BTreeMap<(String, String), String>;

/// The lines `'uri' package_version_architecture.deb size digest` of `--print-uris`.
fn parse_uris(printed: &str) -> BTreeSet<(String, String)> {
    let chosen = printed.lines().filter_map(|line| {
        let name = line.split_whitespace().nth(1)?.strip_suffix(".deb")?;
        let mut parts = name.split('_');
        let (package, version) = (parts.next()?, parts.next()?);
        Some((package.to_owned(), version.replace("%3a", ":")))
    });
    chosen.collect()
}

/// The lines ` package | version | uri suite/component architecture Packages` of `madison`.
fn parse_madison(printed: &str) -> Suites {
    let mut suites = Suites::new();
    for line in printed.lines() {
        let mut fields = line.split('|').map(str::trim);
        if let (Some(package), Some(version), Some(source)) = (fields.next(), fields.next(), fields.next())
            && let Some(suite) = source.split_whitespace().nth(1)
        {
            let suite = suite.split('/').next().unwrap_or(suite);
            suites
                .entry((package.to_owned(), version.to_owned()))
                .or_insert_with(|| suite.to_owned());
        }
    }
    suites
}

/// The stanzas of `apt-cache show`.
fn parse_stanzas(printed: &str, suites: &Suites) -> Result<Vec<LockedPackage>, LockError> {
    let mut packages = Vec::new();
    for stanza in printed.split("\n\n").filter(|stanza| !stanza.trim().is_empty()) {
        let field = |name: &str| {
            let value = |line: &str| line.strip_prefix(name)?.strip_prefix(": ").map(str::to_owned);
            stanza.lines().find_map(value)
        };
        let package = field("Package").unwrap_or_default();
        let missing = |what| LockError::Answer {
            package: package.clone(),
            what,
        };
        let version = field("Version").ok_or_else(|| missing("the version"))?;
        let suite = suites.get(&(package.clone(), version.clone()));
        packages.push(LockedPackage {
            architecture: field("Architecture").ok_or_else(|| missing("the architecture"))?,
            suite: suite.cloned().ok_or_else(|| missing("the suite"))?,
            filename: field("Filename").ok_or_else(|| missing("the file name"))?,
            size: field("Size")
                .and_then(|size| size.parse().ok())
                .ok_or_else(|| missing("the size"))?,
            sha256: field("SHA256").ok_or_else(|| missing("the digest"))?,
            version,
            package,
        });
    }
    Ok(packages)
}

/// The text of `image.lock`.
#[must_use]
pub fn render_lock(image: &str, packages: &[LockedPackage]) -> String {
    let mut text = format!(
        "# Written by `pbs image lock`; do not edit.\nversion: {LOCK_VERSION}\nimage: {image}\npackages:\n"
    );
    for package in packages {
        let LockedPackage {
            package,
            version,
            architecture,
            suite,
            filename,
            size,
            sha256,
        } = package;
        let _ = write!(
            text,
            "  - package: {package}\n    version: \"{version}\"\n    architecture: {architecture}\n    \
             suite: {suite}\n    filename: {filename}\n    size: {size}\n    sha256: {sha256}\n"
        );
    }
    text
}

/// What is different in `new`.
#[must_use]
pub fn lock_changes(old: &[LockedPackage], new: &[LockedPackage]) -> Vec<LockChange> {
    let by_name = |packages: &[LockedPackage]| -> BTreeMap<(String, String), LockedPackage> {
        let key = |package: &LockedPackage| (package.package.clone(), package.architecture.clone());
        packages
            .iter()
            .map(|package| (key(package), package.clone()))
            .collect()
    };
    let (old, new) = (by_name(old), by_name(new));
    let mut changes = Vec::new();
    for (key, package) in &old {
        match new.get(key) {
            None => changes.push(LockChange::Removed {
                package: package.package.clone(),
                version: package.version.clone(),
            }),
            Some(now) if now.version != package.version || now.sha256 != package.sha256 => {
                changes.push(LockChange::Changed {
                    package: package.package.clone(),
                    old: package.version.clone(),
                    new: now.version.clone(),
                });
            }
            Some(_) => {}
        }
    }
    for (_, package) in new.iter().filter(|(key, _)| !old.contains_key(key)) {
        changes.push(LockChange::Added {
            package: package.package.clone(),
            version: package.version.clone(),
        });
    }
    changes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(name: &str, version: &str) -> LockedPackage {
        LockedPackage {
            package: name.into(),
            version: version.into(),
            architecture: "amd64".into(),
            suite: "trixie".into(),
            filename: format!("pool/main/{name}.deb"),
            size: 3,
            sha256: "00".into(),
        }
    }

    #[test]
    fn reads_what_apt_prints() {
        let uris = "'http://m.invalid/debian/pool/main/m/make/make_4.4.1-2_amd64.deb' make_4.4.1-2_amd64.deb 463428 SHA256:00\n\
                    'http://m.invalid/x' perl_1%3a5.40-6_amd64.deb 7 \n";
        let chosen = parse_uris(uris);
        let key = |name: &str, version: &str| (name.to_owned(), version.to_owned());
        assert_eq!(chosen, [key("make", "4.4.1-2"), key("perl", "1:5.40-6")].into());
        let madison = " make | 4.4.1-2 | http://m.invalid/debian trixie/main amd64 Packages\n";
        let suites = parse_madison(madison);
        assert_eq!(suites[&key("make", "4.4.1-2")], "trixie");
        let stanza = "Package: make\nVersion: 4.4.1-2\nArchitecture: amd64\nFilename: pool/main/make.deb\nSize: 3\nSHA256: 00\n";
        assert_eq!(
            parse_stanzas(stanza, &suites).unwrap(),
            [package("make", "4.4.1-2")]
        );
        let error =
            parse_stanzas("Package: make\nVersion: 4.4.1-2\nArchitecture: amd64\n", &suites).unwrap_err();
        assert!(
            error.to_string().contains("the file name of package `make`"),
            "{error}"
        );
    }

    #[test]
    fn names_every_change() {
        let old = [package("a", "1"), package("b", "1"), package("c", "1")];
        let new = [package("b", "2"), package("c", "1"), package("d", "1")];
        let changes: Vec<_> = lock_changes(&old, &new).iter().map(ToString::to_string).collect();
        assert_eq!(changes, ["- a 1", "~ b 1 -> 2", "+ d 1"]);
        assert_eq!(lock_changes(&new, &new), []);
    }
}
