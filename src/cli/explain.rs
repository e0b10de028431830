//! `bailiff explain`

mod identity;
mod question;

use super::exit::{Exit, complain};
use crate::{
    clerk::{TokenError, keys::KeyError},
    config::policy_file::{self, PolicyFileError},
    core::{
        clock::{Clock as _, SystemClock},
        peer::Peer,
    },
    policy::{
        Inquiry, Policy, Style,
        explain::{Colours, Explanation},
        replay::{LineError, LoggedDecision},
        suite::SuiteErrors,
    },
    stand_in::keys::SigningKeyError,
};
use clap::{ArgGroup, Args, ValueEnum};
use identity::Identified;
use question::{Asked, QuestionError};
use serde::Serialize;
use std::{
    fs,
    io::{self, IsTerminal as _, Read as _},
    path::{Path, PathBuf},
};
use thiserror::Error;

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("question").args(["request", "action", "line"]).required(true))]
pub(super) struct Arguments {
    /// The policy file.
    #[arg(value_name = "POLICY")]
    policy: PathBuf,
    /// The request to explain, for instance `GET /invoices/7`.
    #[arg(long, value_name = "METHOD PATH")]
    request: Option<String>,
    /// The action to explain, by its name in the policy.
    #[arg(long, value_name = "NAME")]
    action: Option<String>,
    /// A file with one line of a decision log written with `log.replayable`, or `-` for standard input:
    /// it tells what was asked and who asked.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["as", "token"])]
    line: Option<PathBuf>,
    /// Who asks: one of the people in the policy's tests. Nobody, unless given.
    #[arg(long, value_name = "PERSON", conflicts_with = "token")]
    r#as: Option<String>,
    /// The session token of who asks; `-` reads it from standard input, so that it does not stay in the
    /// shell's history.
    #[arg(long, value_name = "TOKEN")]
    token: Option<String>,
    /// The instance's public key as PEM, to check the signature of the token with.
    #[arg(long, value_name = "FILE", requires = "token")]
    jwt_key_file: Option<PathBuf>,
    /// The host of the request.
    #[arg(long, value_name = "HOST", default_value = "localhost", conflicts_with_all = ["action", "line"])]
    host: String,
    /// A header of the request; may be repeated.
    #[arg(long, value_name = "NAME: VALUE", conflicts_with_all = ["action", "line"])]
    header: Vec<String>,
    /// The request is a browser's, which loads a page.
    #[arg(long, conflicts_with_all = ["action", "line"])]
    browser: bool,
    /// What the action is done to, as JSON: `{"type": "invoice", "id": "7", "amount": 900}`.
    #[arg(long, value_name = "JSON", conflicts_with_all = ["request", "line"])]
    resource: Option<String>,
    /// What else conditions may read about the action, as JSON.
    #[arg(long, value_name = "JSON", conflicts_with_all = ["request", "line"])]
    context: Option<String>,
    /// How to print it.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// A tree, for people.
    Text,
    /// One JSON document.
    Json,
}

/// Why nothing can be explained.
#[derive(Debug, Error)]
enum ExplainError {
    #[error(transparent)]
    Policy(#[from] PolicyFileError),
    #[error(transparent)]
    People(#[from] SuiteErrors),
    #[error("`{}` cannot be read: {source}", path.display())]
    File {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("`--jwt-key-file`: {0}")]
    Key(#[from] KeyError),
    #[error("the token cannot be read: {0}")]
    Token(#[from] TokenError),
    #[error("the key did not sign the token: {0}")]
    Signature(TokenError),
    #[error("`--as`: nobody in the policy's tests is called `{0}`")]
    Person(String),
    #[error("no credential can be made for `{person}`")]
    Mint {
        person: String,
        #[source]
        source: SigningKeyError,
    },
    #[error(transparent)]
    Line(#[from] LineError),
    #[error("the line is no decision")]
    NoDecision,
    #[error("the line does not tell what was asked: it was logged without `log.replayable`")]
    NoDetails,
    #[error(transparent)]
    Question(#[from] QuestionError),
}

/// What is printed as JSON.
#[derive(Serialize)]
struct Document<'a> {
    identity: IdentityDocument<'a>,
    explanation: &'a Explanation,
}

#[derive(Serialize)]
struct IdentityDocument<'a> {
    source: &'static str,
    verified: Option<bool>,
    remarks: &'a [String],
}

/// What is printed.
struct Explained {
    identified: Identified,
    explanation: Explanation,
}

pub(super) fn run(arguments: &Arguments) -> Exit {
    let format = arguments.format;
    match explain(arguments) {
        Ok(explained) => {
            match format {
                Format::Text => print_text(&explained),
                Format::Json => print_json(&explained),
            }
            Exit::Good
        }
        Err(error) => {
            say(&error);
            error.exit()
        }
    }
}

fn explain(arguments: &Arguments) -> Result<Explained, ExplainError> {
    let policy = policy_file::read(&arguments.policy)?;
    match &arguments.line {
        Some(path) => of_line(&policy, path),
        None => of_arguments(&policy, arguments),
    }
}

fn of_line(policy: &Policy, path: &Path) -> Result<Explained, ExplainError> {
    let text = read(path)?;
    let logged = LoggedDecision::parse(text.trim())?.ok_or(ExplainError::NoDecision)?;
    let wanted = logged.wanted().ok_or(ExplainError::NoDetails)?;
    let explanation = policy.explain(&logged.inquiry(&wanted));
    Ok(Explained { identified: Identified::logged(&logged), explanation })
}

fn of_arguments(policy: &Policy, arguments: &Arguments) -> Result<Explained, ExplainError> {
    let now = SystemClock.now();
    let identified = match (&arguments.token, &arguments.r#as) {
        (Some(token), _) => identity::of_token(token, arguments.jwt_key_file.as_deref(), now)?,
        (None, Some(person)) => identity::of_person(&arguments.policy, person, now)?,
        (None, None) => Identified::nobody(),
    };
    let asked = Asked::read(arguments)?;
    let wanted = asked.wanted();
    let explanation = policy.explain(&Inquiry {
        wanted: &wanted,
        who: identified.who(),
        also_action: None,
        also_require: None,
        peer: Peer::UNKNOWN,
        now,
    });
    Ok(Explained { identified, explanation })
}

/// The text of a file, or of standard input for `-`.
fn read(path: &Path) -> Result<String, ExplainError> {
    let failed = |source| ExplainError::File { path: path.to_owned(), source };
    if path == Path::new("-") {
        let mut text = String::new();
        io::stdin().read_to_string(&mut text).map_err(failed)?;
        return Ok(text);
    }
    fs::read_to_string(path).map_err(failed)
}

impl ExplainError {
    const fn exit(&self) -> Exit {
        match self {
            Self::Policy(PolicyFileError::Invalid(_))
            | Self::People(_)
            | Self::Token(_)
            | Self::Signature(_)
            | Self::Line(_)
            | Self::NoDecision
            | Self::NoDetails => Exit::Bad,
            Self::Policy(PolicyFileError::Read { .. })
            | Self::File { .. }
            | Self::Key(_)
            | Self::Person(_)
            | Self::Mint { .. }
            | Self::Question(_) => Exit::Usage,
        }
    }
}

fn say(error: &ExplainError) {
    let style = if io::stderr().is_terminal() { Style::Coloured } else { Style::Plain };
    match error {
        ExplainError::Policy(PolicyFileError::Invalid(errors)) => {
            print_problems(&errors.render(style));
        }
        ExplainError::People(errors) => {
            print_problems(&errors.render(style));
        }
        ExplainError::Policy(PolicyFileError::Read { .. })
        | ExplainError::File { .. }
        | ExplainError::Key(_)
        | ExplainError::Token(_)
        | ExplainError::Signature(_)
        | ExplainError::Person(_)
        | ExplainError::Mint { .. }
        | ExplainError::Line(_)
        | ExplainError::NoDecision
        | ExplainError::NoDetails
        | ExplainError::Question(_) => complain(error),
    }
}

#[expect(clippy::print_stderr, reason = "a command speaks to the person who ran it")]
fn print_problems(text: &str) {
    eprintln!("{text}");
}

#[expect(clippy::print_stdout, reason = "a command speaks to the person who ran it")]
fn print_text(Explained { identified, explanation }: &Explained) {
    let terminal = io::stdout().is_terminal();
    let colours = if terminal { Colours::On } else { Colours::Off };
    for remark in &identified.remarks {
        if terminal {
            println!("\u{1b}[1;33m! {remark}\u{1b}[0m");
        } else {
            println!("! {remark}");
        }
    }
    print!("{}", explanation.render(colours));
}

#[expect(clippy::print_stdout, reason = "machine-readable output")]
fn print_json(Explained { identified, explanation }: &Explained) {
    let Identified { who: _, source, verified, remarks } = identified;
    let identity = IdentityDocument { source: source.as_str(), verified: *verified, remarks };
    // Nothing in it is without a JSON form.
    if let Ok(text) = serde_json::to_string_pretty(&Document { identity, explanation }) {
        println!("{text}");
    }
}
