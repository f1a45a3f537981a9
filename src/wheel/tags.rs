//! Whether a wheel is made for a distribution: Python, ABI and platform tags.

use std::fmt;

use super::WheelName;
use crate::manifest::Manifest;
use crate::model::{Arch, Libc, Os};

/// A version of a C library: `(2, 17)`.
pub type LibcVersion = (u32, u32);

/// A release of macOS: `(10, 15)`.
pub type MacosVersion = (u32, u32);

/// What platform tags call the processors that one file may be for, and which they are.
const UNIVERSAL: [(&str, &[Arch]); 2] = [
    ("universal2", &[Arch::Aarch64, Arch::X86_64]),
    ("intel", &[Arch::X86_64]),
];

/// The first version of CPython's series 3 with a stable ABI: PEP 384.
const FIRST_STABLE: u32 = 2;

/// Platform tags that were in use before those that name a version, and the glibc that they mean: PEP 513, 571, 599.
const OLDER: [(&str, LibcVersion); 3] = [
    ("manylinux1", (2, 5)),
    ("manylinux2010", (2, 12)),
    ("manylinux2014", (2, 17)),
];

/// What wheels a distribution takes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Takes {
    /// Major and minor version.
    python: (u32, u32),
    /// ABI tags of its own.
    abis: Vec<String>,
    /// Whether it has the stable ABI.
    stable: bool,
    os: Os,
    arch: Option<Arch>,
    libc: Libc,
}

/// How a wheel fits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Fit {
    /// The C library that it says it needs.
    pub libc: Option<LibcVersion>,
    /// The oldest release of macOS that it says it runs on.
    pub macos: Option<MacosVersion>,
}

/// In what a wheel does not fit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Misfit {
    /// It is for another Python.
    Python,
    /// It is for another build of this Python.
    Abi,
    /// It is for another system, C library or processor.
    Platform,
    /// It is for this platform, which loads no library from memory.
    Files,
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Python => "another Python",
            Self::Abi => "another build of Python",
            Self::Platform => "another platform",
            Self::Files => {
                "a system that loads extension modules from files alone, and what is embedded is none"
            }
        })
    }
}

impl Takes {
    /// What the distribution with this manifest takes; `None` where the manifest's version or ABI means nothing.
    #[must_use]
    pub fn of(manifest: &Manifest) -> Option<Self> {
        let (major, minor) = manifest.python_major_minor_version.split_once('.')?;
        let abi = manifest.python_abi_tag.clone()?;
        let features = &manifest.crt_features;
        let has = |libc: &str| features.iter().any(|feature| feature.starts_with(libc));
        let mut abis = vec![abi.clone()];
        // What is compiled without debugging works in an interpreter with it.
        abis.extend(abi.strip_suffix('d').map(str::to_owned));
        Some(Self {
            python: (major.parse().ok()?, minor.parse().ok()?),
            stable: !abi.trim_end_matches('d').ends_with('t'),
            abis,
            os: manifest.pbs.os,
            arch: manifest.target_triple.arch(),
            libc: match () {
                () if has("glibc") => Libc::Gnu,
                () if has("musl") => Libc::Musl,
                () => Libc::None,
            },
        })
    }

    /// How a wheel of this name fits, at its best.
    pub fn fit(&self, name: &WheelName) -> Result<Fit, Misfit> {
        let fits = |python: &String| name.abis.iter().any(|abi| self.takes(python, abi));
        if !name.pythons.iter().any(fits) {
            let known = name.pythons.iter().any(|python| self.knows(python));
            return Err(if known { Misfit::Abi } else { Misfit::Python });
        }
        let versions = name.platforms.iter().filter_map(|platform| self.runs(platform));
        let own = || name.platforms.iter().any(|platform| self.is_own(platform));
        match versions.min() {
            Some(version) if self.os == Os::Darwin => Ok(Fit {
                libc: None,
                macos: version,
            }),
            Some(version) => Ok(Fit {
                libc: version,
                macos: None,
            }),
            None if own() => Err(Misfit::Files),
            None => Err(Misfit::Platform),
        }
    }

    /// Whether a tag is of this system where nothing can be loaded from memory.
    fn is_own(&self, platform: &str) -> bool {
        match (self.os, self.arch) {
            (Os::Windows, Some(Arch::X86_64)) => platform == "win_amd64",
            (Os::Windows, Some(Arch::Aarch64)) => platform == "win_arm64",
            (Os::Darwin | Os::Linux, _) | (Os::Windows, None) => false,
        }
    }

    /// Whether a wheel with this Python tag is for this Python, and what does not fit is its ABI.
    fn knows(&self, python: &str) -> bool {
        let (major, minor) = self.python;
        self.takes(python, "none") || python == format!("cp{major}{minor}")
    }

    fn takes(&self, python: &str, abi: &str) -> bool {
        let digits = python.find(|c: char| c.is_ascii_digit()).unwrap_or(python.len());
        let (implementation, digits) = python.split_at(digits);
        let Some((major, minor)) = digits.split_at_checked(1) else {
            return false;
        };
        let (Ok(major), minor) = (major.parse::<u32>(), minor.parse::<u32>().ok()) else {
            return false;
        };
        if major != self.python.0 || (minor.is_none() && digits.len() > 1) {
            return false;
        }
        match (implementation, minor) {
            ("py", None) => abi == "none",
            ("py", Some(minor)) => minor <= self.python.1 && abi == "none",
            ("cp", Some(minor)) if minor == self.python.1 => {
                abi == "none" || self.abis.iter().any(|own| own == abi) || (abi == "abi3" && self.stable)
            }
            ("cp", Some(minor)) => {
                (FIRST_STABLE..self.python.1).contains(&minor) && abi == "abi3" && self.stable
            }
            _ => false,
        }
    }

    /// Whether it runs there, and the C library or the release of macOS that the tag asks for.
    ///
    /// Windows loads libraries from files alone, and nobody writes them there; so wheels for it are not taken.
    fn runs(&self, platform: &str) -> Option<Option<(u32, u32)>> {
        if platform == "any" {
            return Some(None);
        }
        match self.os {
            Os::Windows => return None,
            Os::Darwin => return self.runs_on_macos(platform).map(Some),
            Os::Linux => {}
        }
        let system = platform.strip_suffix(self.arch?.as_str())?.strip_suffix('_')?;
        let version = |prefix: &str| {
            let (major, minor) = system.strip_prefix(prefix)?.split_once('_')?;
            Some((major.parse().ok()?, minor.parse().ok()?))
        };
        if system == "linux" {
            return Some(None);
        }
        let (_, libc) = OLDER
            .into_iter()
            .find(|(tag, _)| *tag == system)
            .map(|(tag, libc)| (tag, (Libc::Gnu, libc)))
            .or_else(|| Some(("", (Libc::Gnu, version("manylinux_")?))))
            .or_else(|| Some(("", (Libc::Musl, version("musllinux_")?))))?;
        (libc.0 == self.libc).then_some(Some(libc.1))
    }

    fn runs_on_macos(&self, platform: &str) -> Option<MacosVersion> {
        let arch = self.arch?;
        let (major, rest) = platform.strip_prefix("macosx_")?.split_once('_')?;
        let (minor, processor) = rest.split_once('_')?;
        let many = UNIVERSAL.iter().find(|(name, _)| *name == processor);
        let fits = processor == on_macos(arch) || many.is_some_and(|(_, arches)| arches.contains(&arch));
        fits.then_some((major.parse().ok()?, minor.parse().ok()?))
    }
}

/// What Apple calls a processor.
fn on_macos(arch: Arch) -> &'static str {
    match arch {
        Arch::Aarch64 => "arm64",
        Arch::X86_64 => "x86_64",
    }
}

impl fmt::Display for Takes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (major, minor) = self.python;
        write!(f, "`cp{major}{minor}` with `{}`", self.abis.join("` or `"))?;
        if self.stable {
            write!(f, ", `cp{major}{FIRST_STABLE}` to `cp{major}{minor}` with `abi3`")?;
        }
        write!(
            f,
            ", `py{major}` to `py{major}{minor}` with `none`; for `any` platform"
        )?;
        if let (Os::Linux, Some(arch)) = (self.os, self.arch) {
            match self.libc {
                Libc::Gnu => write!(f, ", `manylinux…_{arch}`")?,
                Libc::Musl => write!(f, ", `musllinux…_{arch}`")?,
                Libc::None => {}
            }
            write!(f, " or `linux_{arch}`")?;
        }
        if let (Os::Darwin, Some(arch)) = (self.os, self.arch) {
            write!(f, ", `macosx…_{}` or `macosx…_universal2`", on_macos(arch))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn takes(libc: Libc, abi: &str) -> Takes {
        Takes {
            python: (3, 13),
            abis: vec![abi.to_owned()],
            stable: !abi.ends_with('t'),
            os: Os::Linux,
            arch: Some(Arch::X86_64),
            libc,
        }
    }

    fn fit(takes: &Takes, tags: &str) -> Result<Option<LibcVersion>, Misfit> {
        let name = WheelName::parse(&format!("a-1-{tags}.whl")).unwrap();
        takes.fit(&name).map(|fit| fit.libc)
    }

    #[test]
    fn reads_what_a_manifest_says() {
        let text = include_bytes!("../../tests/fixtures/manifest/sample.json");
        let manifest = Manifest::read(text).unwrap();
        assert_eq!(Takes::of(&manifest).unwrap(), takes(Libc::Gnu, "cp313"));
        assert_eq!(
            Takes::of(&manifest).unwrap().to_string(),
            "`cp313` with `cp313`, `cp32` to `cp313` with `abi3`, `py3` to `py313` with `none`; for `any` platform, \
             `manylinux…_x86_64` or `linux_x86_64`"
        );
    }

    #[test]
    fn what_fits_is_taken() {
        let takes = takes(Libc::Gnu, "cp313");
        for (tags, libc) in [
            ("py3-none-any", None),
            ("py2.py3-none-any", None),
            ("py310-none-any", None),
            ("cp313-none-any", None),
            ("cp313-cp313-linux_x86_64", None),
            ("cp313-cp313-manylinux1_x86_64", Some((2, 5))),
            (
                "cp313-cp313-manylinux_2_28_x86_64.manylinux_2_17_x86_64",
                Some((2, 17)),
            ),
            ("cp313-cp313-manylinux2014_x86_64", Some((2, 17))),
            ("cp37-abi3-manylinux2010_x86_64", Some((2, 12))),
            ("cp313-abi3-manylinux_2_39_x86_64", Some((2, 39))),
            ("py3-none-manylinux_2_5_x86_64.musllinux_1_1_x86_64", Some((2, 5))),
        ] {
            assert_eq!(fit(&takes, tags), Ok(libc), "{tags}");
        }
    }

    #[test]
    fn what_does_not_fit_is_said() {
        let takes = takes(Libc::Gnu, "cp313");
        for (tags, misfit) in [
            ("py2-none-any", Misfit::Python),
            ("py314-none-any", Misfit::Python),
            ("pp310-pypy310_pp73-manylinux1_x86_64", Misfit::Python),
            ("cp314-cp314-manylinux1_x86_64", Misfit::Python),
            ("cp314-abi3-manylinux1_x86_64", Misfit::Python),
            ("cp312-cp312-manylinux1_x86_64", Misfit::Python),
            ("cp312-none-any", Misfit::Python),
            ("cp313-cp313t-manylinux1_x86_64", Misfit::Abi),
            ("py3-abi3-any", Misfit::Abi),
            ("cp313-cp313-musllinux_1_2_x86_64", Misfit::Platform),
            ("cp313-cp313-manylinux2014_aarch64", Misfit::Platform),
            ("cp313-cp313-manylinux_2_x86_64", Misfit::Platform),
            ("cp313-cp313-macosx_11_0_arm64", Misfit::Platform),
            ("cp313-cp313-win_amd64", Misfit::Platform),
        ] {
            assert_eq!(fit(&takes, tags), Err(misfit), "{tags}");
        }
    }

    #[test]
    fn windows_loads_no_library_from_memory() {
        let windows = Takes {
            os: Os::Windows,
            ..takes(Libc::None, "cp313")
        };
        assert_eq!(fit(&windows, "py3-none-any"), Ok(None));
        assert_eq!(fit(&windows, "cp313-cp313-win_amd64"), Err(Misfit::Files));
        assert_eq!(fit(&windows, "cp313-cp313-win_arm64"), Err(Misfit::Platform));
        assert_eq!(
            fit(&windows, "cp313-cp313-manylinux1_x86_64"),
            Err(Misfit::Platform)
        );
    }

    #[test]
    fn macos_takes_what_has_its_processor() {
        let arm = Takes {
            os: Os::Darwin,
            arch: Some(Arch::Aarch64),
            ..takes(Libc::None, "cp313")
        };
        let fit = |takes: &Takes, tags: &str| {
            let name = WheelName::parse(&format!("a-1-{tags}.whl")).unwrap();
            takes.fit(&name).map(|fit| (fit.libc, fit.macos))
        };
        assert_eq!(fit(&arm, "py3-none-any"), Ok((None, None)));
        assert_eq!(
            fit(&arm, "cp313-cp313-macosx_11_0_arm64"),
            Ok((None, Some((11, 0))))
        );
        let both = "cp313-abi3-macosx_10_9_x86_64.macosx_12_3_arm64.macosx_13_0_universal2";
        assert_eq!(fit(&arm, both), Ok((None, Some((12, 3)))));
        for other in [
            "macosx_10_9_x86_64",
            "macosx_10_9_intel",
            "manylinux2014_aarch64",
            "macosx_arm64",
        ] {
            let tags = format!("cp313-cp313-{other}");
            assert_eq!(fit(&arm, &tags), Err(Misfit::Platform), "{other}");
        }
        let amd = Takes {
            arch: Some(Arch::X86_64),
            ..arm.clone()
        };
        assert_eq!(fit(&amd, both), Ok((None, Some((10, 9)))));
        assert_eq!(
            fit(&amd, "cp313-cp313-macosx_10_6_intel"),
            Ok((None, Some((10, 6))))
        );
        assert!(
            arm.to_string()
                .ends_with("for `any` platform, `macosx…_arm64` or `macosx…_universal2`")
        );
    }

    #[test]
    fn another_libc_and_another_build_take_others() {
        let musl = takes(Libc::Musl, "cp313");
        assert_eq!(fit(&musl, "cp313-cp313-musllinux_1_2_x86_64"), Ok(Some((1, 2))));
        assert_eq!(
            fit(&musl, "cp313-cp313-manylinux2014_x86_64"),
            Err(Misfit::Platform)
        );
        let threaded = takes(Libc::Gnu, "cp313t");
        assert_eq!(fit(&threaded, "cp313-cp313t-linux_x86_64"), Ok(None));
        assert_eq!(fit(&threaded, "cp37-abi3-linux_x86_64"), Err(Misfit::Python));
        assert_eq!(fit(&threaded, "cp313-abi3-linux_x86_64"), Err(Misfit::Abi));
    }
}
