//! How much stack the first thread of an executable has.

use super::commands::{Commands, ReadCommandsError, put};

/// Where `LC_MAIN` has the size of the stack.
const SIZE: usize = 16;

/// Sets the size of the stack in bytes: ld64.lld takes `-stack_size` and leaves it 0, which is the system's 8 MiB. A
/// signature is no longer true then.
pub fn set_stack(file: &mut [u8], size: u64) -> Result<(), ReadCommandsError> {
    let main = Commands::find(file)?.main;
    let main = main.ok_or(ReadCommandsError::Missing {
        what: "place where it begins",
    })?;
    put(file, main + SIZE, &size.to_le_bytes())
}
