//! The `bailiff` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    bailiff::cli::main()
}
