//! `bailiff import`

use super::exit::{Exit, complain};
use crate::policy::import::{self, ImportError, Meaning};
use clap::{Args, Subcommand};
use std::{
    fs,
    io::{self, Read as _, Write as _},
    path::{Path, PathBuf},
};
use thiserror::Error;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// From the patterns of `createRouteMatcher`: a JSON array, or the text of a middleware.
    Matchers(MatchersArguments),
    /// From an `OpenAPI` document of version 3.0 or 3.1, as YAML or JSON.
    Openapi(OpenApiArguments),
}

#[derive(Debug, Args)]
pub(super) struct MatchersArguments {
    /// The file; standard input if absent or `-`.
    file: Option<PathBuf>,
    /// The patterns of the array are open to everyone.
    #[arg(long, conflicts_with = "protected")]
    public: bool,
    /// The patterns of the array need somebody who is signed in.
    #[arg(long)]
    protected: bool,
    #[command(flatten)]
    output: Output,
}

#[derive(Debug, Args)]
pub(super) struct OpenApiArguments {
    /// The document; `-` is standard input.
    file: PathBuf,
    #[command(flatten)]
    output: Output,
}

#[derive(Debug, Args)]
struct Output {
    /// Write the policy to this file rather than to standard output.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Write over a file that is there.
    #[arg(long, requires = "output")]
    force: bool,
}

/// Why there is no policy to show.
#[derive(Debug, Error)]
enum CommandError {
    #[error("`{}` cannot be read: {source}", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("{0}; {help}", help = .0.help())]
    Import(#[from] ImportError),
    #[error("`{}` is there already; `--force` writes over it", .0.display())]
    Exists(PathBuf),
    #[error("`{}` cannot be written: {source}", path.display())]
    Write { path: PathBuf, source: io::Error },
}

impl CommandError {
    const fn exit(&self) -> Exit {
        match self {
            Self::Import(
                ImportError::NoMatchers
                | ImportError::NotOpenApi(_)
                | ImportError::OpenApiVersion(_)
                | ImportError::Unsound(_),
            ) => Exit::Bad,
            Self::Import(ImportError::NoMeaning)
            | Self::Read { .. }
            | Self::Exists(_)
            | Self::Write { .. } => Exit::Usage,
        }
    }
}

pub(super) fn run(command: Command) -> Exit {
    let done = match command {
        Command::Matchers(MatchersArguments { file, public, protected, output }) => {
            let meaning = match (public, protected) {
                (true, _) => Some(Meaning::Public),
                (false, true) => Some(Meaning::Protected),
                (false, false) => None,
            };
            let read = read(file.as_deref().unwrap_or(Path::new("-")));
            read.and_then(|text| Ok(import::matchers(&text, meaning)?))
                .and_then(|policy| output.write(&policy))
        }
        Command::Openapi(OpenApiArguments { file, output }) => read(&file)
            .and_then(|text| Ok(import::openapi(&text)?))
            .and_then(|policy| output.write(&policy)),
    };
    match done {
        Ok(()) => Exit::Good,
        Err(error) => {
            complain(&error);
            error.exit()
        }
    }
}

fn read(path: &Path) -> Result<String, CommandError> {
    let text = if path == Path::new("-") {
        let mut text = String::new();
        io::stdin().read_to_string(&mut text).map(|_| text)
    } else {
        fs::read_to_string(path)
    };
    text.map_err(|source| CommandError::Read { path: path.to_owned(), source })
}

impl Output {
    fn write(self, policy: &str) -> Result<(), CommandError> {
        let Some(path) = self.output else {
            print(policy);
            return Ok(());
        };
        let mut options = fs::OpenOptions::new();
        options.write(true);
        if self.force {
            options.create(true).truncate(true);
        } else {
            options.create_new(true);
        }
        let written = options.open(&path).and_then(|mut file| file.write_all(policy.as_bytes()));
        written.map_err(|source| {
            if source.kind() == io::ErrorKind::AlreadyExists {
                CommandError::Exists(path)
            } else {
                CommandError::Write { path, source }
            }
        })
    }
}

#[expect(clippy::print_stdout, reason = "a command speaks to the person who ran it")]
fn print(policy: &str) {
    print!("{policy}");
}

#[cfg(test)]
mod tests;
