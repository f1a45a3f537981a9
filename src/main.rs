//! The `pbs` command: parse, run, turn the result into an exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    let mut args = std::env::args_os();
    if args.nth(1).is_some_and(|first| first == pbs::sandbox::SUBCOMMAND) {
        return pbs::sandbox::sandbox_child_main(args);
    }
    pbs::cli::main()
}
