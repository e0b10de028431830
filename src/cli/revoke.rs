//! `bailiff revoke`

use super::{
    connection::{ConnectionArguments, ConnectionError},
    exit::{Exit, complain},
};
use crate::pb::v1::{
    ReinstateRequest, RevocationTarget, RevokeRequest,
    operator_service_client::OperatorServiceClient, revocation_target::Target,
};
use clap::Args;
use std::{fs, io, path::PathBuf, time::Duration};
use thiserror::Error;
use tokio::time::timeout;
use tonic::{
    Code, Request,
    metadata::{Ascii, MetadataValue},
};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Whom: `sess_...`, `user_...` or `org_...`.
    target: String,
    /// For how long: `90s`, `15m`, `12h` or `7d`.
    #[arg(
        long = "for",
        value_name = "TIME",
        required_unless_present = "undo",
        allow_hyphen_values = true
    )]
    lasting: Option<String>,
    /// Why, for the audit log.
    #[arg(long, value_name = "REASON")]
    why: String,
    /// Take an earlier order back.
    #[arg(long, conflicts_with = "lasting")]
    undo: bool,
    /// File that holds the operator credential; not needed by whom the settings let in by the name in
    /// the certificate shown.
    #[arg(long, value_name = "FILE", required_unless_present = "certificate_file")]
    token_file: Option<PathBuf>,
    /// The Clerk instance, by its name in the settings; the first one unless given.
    #[arg(long, value_name = "NAME", default_value = "")]
    instance: String,
    #[command(flatten)]
    connection: ConnectionArguments,
}

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Debug, Error)]
enum RevokeError {
    #[error(transparent)]
    Connection(#[from] ConnectionError),
    #[error("`{0}` is none of `sess_...`, `user_...` and `org_...`")]
    Target(String),
    #[error("`--for`: `{0}` is no time such as `90s`, `15m`, `12h` or `7d`")]
    Lasting(String),
    #[error("`--token-file` names `{}`, which cannot be read: {source}", path.display())]
    TokenFile { path: PathBuf, source: io::Error },
    #[error("`--token-file` holds no credential")]
    Token,
    #[error("cannot start: {0}")]
    Runtime(#[from] io::Error),
    #[error("no answer within {} s", PATIENCE.as_secs())]
    Timeout,
    #[error(
        "no orders are taken there: neither `operator_token_file` nor `BAILIFF_OPERATOR_TOKEN` is set"
    )]
    NoOrders,
    #[error("refused: {0}")]
    Malformed(String),
    #[error("{0}")]
    Call(String),
}

impl From<tonic::Status> for RevokeError {
    fn from(status: tonic::Status) -> Self {
        let said = match status.message() {
            "" => status.code().to_string(),
            said => said.to_owned(),
        };
        if status.code() == Code::Unimplemented {
            Self::NoOrders
        } else if matches!(status.code(), Code::InvalidArgument | Code::NotFound) {
            Self::Malformed(said)
        } else {
            Self::Call(said)
        }
    }
}

pub(super) fn run(arguments: Arguments) -> Exit {
    match order(arguments) {
        Ok(said) => {
            print(&said);
            Exit::Good
        }
        Err(error) => {
            complain(&error);
            match error {
                RevokeError::Connection(error) if error.is_about_the_arguments() => Exit::Usage,
                RevokeError::Target(_)
                | RevokeError::Lasting(_)
                | RevokeError::TokenFile { .. }
                | RevokeError::Token
                | RevokeError::Malformed(_) => Exit::Usage,
                RevokeError::Connection(_)
                | RevokeError::Runtime(_)
                | RevokeError::Timeout
                | RevokeError::NoOrders
                | RevokeError::Call(_) => Exit::Bad,
            }
        }
    }
}

fn order(arguments: Arguments) -> Result<String, RevokeError> {
    let Arguments { target, lasting, why, undo: _, token_file, instance, connection } = arguments;
    let connection = connection.read()?;
    let target = Some(RevocationTarget { target: Some(read_target(target)?) });
    let seconds = lasting.map(|text| read_lasting(&text)).transpose()?;
    let bearer = token_file.map(bearer).transpose()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let call = async {
            let mut client = OperatorServiceClient::new(connection.connect().await?);
            let Some(seconds) = seconds else {
                let message = ReinstateRequest { instance, target, reason: why };
                let answer = client.reinstate(with(message, bearer)).await?.into_inner();
                return Ok(format!("{}: taken back", answer.id));
            };
            let message = RevokeRequest { instance, target, seconds, reason: why };
            let answer = client.revoke(with(message, bearer)).await?.into_inner();
            let until = answer.until.map_or(0, |until| until.seconds);
            Ok(format!("{} holds until {until} (Unix seconds)", answer.id))
        };
        timeout(PATIENCE, call).await.map_err(|_| RevokeError::Timeout)?
    })
}

fn bearer(token_file: PathBuf) -> Result<MetadataValue<Ascii>, RevokeError> {
    let token = fs::read_to_string(&token_file)
        .map_err(|source| RevokeError::TokenFile { path: token_file, source })?;
    if token.trim().is_empty() {
        return Err(RevokeError::Token);
    }
    MetadataValue::try_from(format!("Bearer {}", token.trim())).map_err(|_| RevokeError::Token)
}

fn with<T>(message: T, bearer: Option<MetadataValue<Ascii>>) -> Request<T> {
    let mut request = Request::new(message);
    if let Some(bearer) = bearer {
        request.metadata_mut().insert("authorization", bearer);
    }
    request
}

fn read_target(id: String) -> Result<Target, RevokeError> {
    match id.split_once('_') {
        Some(("sess", _)) => Ok(Target::SessionId(id)),
        Some(("user", _)) => Ok(Target::UserId(id)),
        Some(("org", _)) => Ok(Target::OrganizationId(id)),
        Some(_) | None => Err(RevokeError::Target(id)),
    }
}

/// Seconds from a number and its unit.
fn read_lasting(text: &str) -> Result<u64, RevokeError> {
    let unclear = || RevokeError::Lasting(text.to_owned());
    let unit = text.chars().last().ok_or_else(unclear)?;
    let seconds_each = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3600,
        'd' => 86_400,
        _ => return Err(unclear()),
    };
    let number = text.strip_suffix(unit).and_then(|number| number.parse::<u64>().ok());
    number.and_then(|number| number.checked_mul(seconds_each)).ok_or_else(unclear)
}

#[expect(clippy::print_stdout, reason = "a command speaks to the person who ran it")]
fn print(said: &str) {
    println!("{said}");
}

#[cfg(test)]
mod tests {
    use super::{RevokeError, read_lasting, read_target};
    use crate::pb::v1::revocation_target::Target;

    #[test]
    fn times_are_a_number_and_a_unit() {
        for (text, seconds) in [("90s", 90), ("15m", 900), ("12h", 43_200), ("7d", 604_800)] {
            assert_eq!(read_lasting(text).unwrap(), seconds);
        }
        for text in ["", "s", "7", "7w", "-1s", "1.5h", "7 d", "99999999999999999999d", "é"] {
            assert!(matches!(read_lasting(text), Err(RevokeError::Lasting(_))), "{text}");
        }
    }

    #[test]
    fn ids_say_what_they_name() {
        assert!(matches!(read_target("sess_1".into()), Ok(Target::SessionId(_))));
        assert!(matches!(read_target("user_1".into()), Ok(Target::UserId(_))));
        assert!(matches!(read_target("org_1".into()), Ok(Target::OrganizationId(_))));
        for id in ["", "ada", "mch_1", "User_1"] {
            assert!(matches!(read_target(id.into()), Err(RevokeError::Target(_))), "{id}");
        }
    }
}
