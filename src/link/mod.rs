//! L1 · linking an interpreter from the objects of a distribution: what, and with which arguments.
//!
//! Never looks at recipes; runs nothing.

mod blank;
mod coff;
mod command;
mod elf;
mod embed;
mod header;
mod inittab;
mod linker;
mod macho;
mod plan;
mod prepare;
mod reachable;
mod staticlib;

pub use coff::{
    Icon, IconError, Resources, VersionInfo, VersionInfoError, WriteResourcesError, write_resources,
};
pub use command::{Console, OwnFiles, Runtime, command};
pub use elf::{
    LinkArg, LocaliseError, Localised, MovableError, ReadObjectError, elf_args, localise, movable,
    partial_args, render_ld,
};
pub use embed::{WriteEmbedError, write_embed};
pub use header::{HostNeeds, MADE, functions_of, header};
pub use inittab::{InittabEntry, WriteInittabError, write_inittab};
pub use linker::{Linker, NoLinker, Places, check_linker, find_linker};
pub use macho::{
    ReadCommandsError, Signer, Unsigned, WriteUniversalError, part_for, set_stack, sign_ad_hoc,
    write_universal,
};
pub use plan::{Deployment, Form, LinkPlan, PlanError, plan};
pub use prepare::{PrepareError, Prepared, object_format, prepare};
pub use reachable::{Functions, Reachable, reachable};
pub use staticlib::{ArchiveMember, WriteArchiveError, member_names, write_archive};
