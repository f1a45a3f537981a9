//! How much stack the first thread of an executable has.

use super::commands::{Commands, ReadCommandsError, put};

/// Bytes of the first thread's stack, as CPython's own configure has it for the interpreter (`-stack_size 1000000`, in
/// hexadecimal digits). What the system gives otherwise, 8 MiB, is less than CPython's limit of recursion needs.
pub const STACK: u64 = 16 << 20;

/// Where `LC_MAIN` has the size of the stack.
const SIZE: usize = 16;

/// Sets the size of the stack: ld64.lld takes `-stack_size` and leaves it 0. A signature is no longer true then.
pub fn set_stack(file: &mut [u8], size: u64) -> Result<(), ReadCommandsError> {
    let main = Commands::find(file)?.main;
    let main = main.ok_or(ReadCommandsError::Missing {
        what: "place where it begins",
    })?;
    put(file, main + SIZE, &size.to_le_bytes())
}
