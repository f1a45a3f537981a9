//! What a person can do when this machine does not let us make namespaces.

use std::io;

use super::wire::{Failure, Part};
use crate::sandbox::SandboxError;

/// What this machine says of itself.
#[derive(Debug, Default)]
struct Facts {
    /// `user.max_user_namespaces`
    max_user_namespaces: Option<u64>,
    /// `kernel.unprivileged_userns_clone`, on Debian's and Ubuntu's older kernels.
    unprivileged_clone: Option<u64>,
    /// `kernel.apparmor_restrict_unprivileged_userns`, on Ubuntu.
    apparmor: Option<u64>,
    /// Whether there are signs of a container around us.
    container: Container,
}

#[derive(Debug, Default, PartialEq, Eq)]
enum Container {
    #[default]
    No,
    Yes,
}

impl Facts {
    fn read() -> Self {
        let number = |path: &str| fs_err::read_to_string(path).ok()?.trim().parse().ok();
        let signs = ["/.dockerenv", "/run/.containerenv"];
        Self {
            max_user_namespaces: number("/proc/sys/user/max_user_namespaces"),
            unprivileged_clone: number("/proc/sys/kernel/unprivileged_userns_clone"),
            apparmor: number("/proc/sys/kernel/apparmor_restrict_unprivileged_userns"),
            container: if signs.iter().any(|sign| fs_err::metadata(sign).is_ok()) {
                Container::Yes
            } else {
                Container::No
            },
        }
    }
}

/// Turns what process 1 could not do into an error that says what to do next.
pub(super) fn explain(failure: Failure) -> SandboxError {
    let source = io::Error::from_raw_os_error(failure.errno);
    match failure.part {
        Part::Namespaces | Part::Mounts | Part::Proc => SandboxError::Unusable {
            sandbox: "native",
            reason: format!("could not {}: {source}", failure.what),
            hint: hint(&failure, &Facts::read()),
        },
        Part::Step | Part::Rest => SandboxError::SetUp {
            what: failure.what,
            source,
        },
    }
}

fn hint(failure: &Failure, facts: &Facts) -> String {
    let errno = rustix::io::Errno::from_raw_os_error(failure.errno);
    let refused = matches!(errno, rustix::io::Errno::PERM | rustix::io::Errno::ACCESS);
    if facts.max_user_namespaces == Some(0) || errno == rustix::io::Errno::NOSPC {
        return "allow user namespaces as root: `sysctl -w user.max_user_namespaces=15000`".into();
    }
    if refused && facts.unprivileged_clone == Some(0) {
        return "allow user namespaces as root: `sysctl -w kernel.unprivileged_userns_clone=1`".into();
    }
    if refused && facts.apparmor == Some(1) {
        return "AppArmor keeps user namespaces from ordinary programs; as root: \
                `sysctl -w kernel.apparmor_restrict_unprivileged_userns=0`, or give `pbs` a profile with `userns,`"
            .into();
    }
    if failure.part == Part::Proc || facts.container == Container::Yes {
        return "this looks like the inside of a container: start it with \
                `--security-opt seccomp=unconfined --security-opt apparmor=unconfined --security-opt systempaths=unconfined`, \
                or give it the Docker socket and use `--sandbox docker`"
            .into();
    }
    if refused {
        return "something forbids user namespaces (a chroot, seccomp, a security module); \
                start `pbs` outside of it or use `--sandbox docker`"
            .into();
    }
    "does this kernel have user, pid, network, ipc and uts namespaces? If not, use `--sandbox docker`".into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_the_switch_that_forbids_it() {
        let (perm, nospc) = (1, 28);
        let zero = Facts {
            max_user_namespaces: Some(0),
            ..Facts::default()
        };
        let debian = Facts {
            unprivileged_clone: Some(0),
            ..Facts::default()
        };
        let ubuntu = Facts {
            apparmor: Some(1),
            ..Facts::default()
        };
        let container = Facts {
            container: Container::Yes,
            ..Facts::default()
        };
        for (part, errno, facts, expected) in [
            (Part::Namespaces, nospc, &zero, "user.max_user_namespaces"),
            (Part::Namespaces, perm, &zero, "user.max_user_namespaces"),
            (Part::Namespaces, perm, &debian, "unprivileged_userns_clone=1"),
            (
                Part::Mounts,
                perm,
                &ubuntu,
                "apparmor_restrict_unprivileged_userns=0",
            ),
            (Part::Proc, perm, &Facts::default(), "systempaths=unconfined"),
            (Part::Namespaces, perm, &container, "seccomp=unconfined"),
            (Part::Namespaces, perm, &Facts::default(), "chroot"),
            (Part::Namespaces, 38, &Facts::default(), "kernel"),
        ] {
            let failure = Failure {
                part,
                what: "try".to_owned(),
                errno,
            };
            let hint = hint(&failure, facts);
            assert!(hint.contains(expected), "{part:?} {errno}: {hint}");
        }
    }

    #[test]
    fn a_wrong_step_is_not_the_machines_fault() {
        let failure = Failure {
            part: Part::Step,
            what: "mount `/x`".to_owned(),
            errno: 2,
        };
        assert!(matches!(explain(failure), SandboxError::SetUp { .. }));
    }
}
