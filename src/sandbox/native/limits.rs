//! What a command starts with besides files: resource limits, signals, no privileges.

use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::thread::{
    CapabilitySet, CapabilitySets, clear_ambient_capability_set, remove_capability_from_bounding_set,
    set_capabilities, set_no_new_privs,
};

use crate::sandbox::limits::{OPEN_FILES, OPEN_FILES_MAX, STACK};

/// Sets the fixed limits, as far as the driver's own hard limits allow.
pub(super) fn limit() -> io::Result<()> {
    let lower = |resource, soft: u64, hard: Option<u64>| {
        let ceiling = getrlimit(resource).maximum;
        let hard = match (hard, ceiling) {
            (Some(wanted), Some(ceiling)) => Some(wanted.min(ceiling)),
            (wanted, ceiling) => wanted.or(ceiling),
        };
        let current = Some(hard.map_or(soft, |hard| soft.min(hard)));
        setrlimit(
            resource,
            Rlimit {
                current,
                maximum: hard,
            },
        )
    };
    lower(Resource::Nofile, OPEN_FILES, Some(OPEN_FILES_MAX))?;
    lower(Resource::Stack, STACK, None)?;
    lower(Resource::Core, 0, Some(0))?;
    Ok(())
}

/// Undoes what the driver's parent ignored (`nohup`, `&` in a script): a handled signal has its
/// default action again in a program that is started, an ignored one stays ignored.
pub(super) fn default_signals() -> io::Result<()> {
    let noticed = Arc::new(AtomicBool::new(false));
    // 32 and 33 belong to the C library, which lets nobody at them.
    for signal in (1..=31).chain(34..=64) {
        if !signal_hook::consts::FORBIDDEN.contains(&signal) {
            signal_hook::flag::register(signal, Arc::clone(&noticed))?;
        }
    }
    Ok(())
}

/// Gives up every capability for good.
pub(super) fn drop_privileges() -> rustix::io::Result<()> {
    for bit in 0..u64::BITS {
        let one = CapabilitySet::from_bits_retain(1 << bit);
        match remove_capability_from_bounding_set(one) {
            // The kernel knows no capability of that number.
            Ok(()) | Err(rustix::io::Errno::INVAL) => {}
            Err(error) => return Err(error),
        }
    }
    clear_ambient_capability_set()?;
    let none = CapabilitySet::empty();
    set_capabilities(
        None,
        CapabilitySets {
            effective: none,
            permitted: none,
            inheritable: none,
        },
    )?;
    set_no_new_privs(true)
}
