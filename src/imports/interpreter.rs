//! The interpreter that the code runs on.

/// What conditions around imports ask about an interpreter.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Interpreter {
    /// `sys.platform`: `linux`, `darwin`, `win32`.
    pub sys_platform: String,
    /// `os.name`: `posix`, `nt`.
    pub os_name: String,
    /// The first two numbers of `sys.version_info`.
    pub version: (u32, u32),
}
