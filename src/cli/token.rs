//! `bailiff token`

use super::exit::{Exit, complain};
use crate::{
    clerk::{
        Inspection, TokenError,
        keys::{Key, KeyError},
    },
    core::{
        clock::{Clock as _, SystemClock},
        entitlement::Entitlements,
        id::OrganizationSlug,
        identity::User,
    },
};
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use std::{
    fs,
    io::{self, Read as _},
    path::PathBuf,
};
use thiserror::Error;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Show what a token says, as JSON. Asks nobody, and believes nothing unless a key is given.
    Inspect(Arguments),
}

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The token; read from standard input if absent, so that it does not stay in the shell's history.
    token: Option<String>,
    /// The instance's public key as PEM, to check the signature with.
    #[arg(long, value_name = "FILE")]
    jwt_key_file: Option<PathBuf>,
}

#[derive(Debug, Error)]
enum InspectError {
    #[error("standard input cannot be read: {0}")]
    Input(#[source] io::Error),
    #[error("`--jwt-key-file` names `{}`, which cannot be read: {source}", path.display())]
    KeyFile { path: PathBuf, source: io::Error },
    #[error("`--jwt-key-file`: {0}")]
    Key(#[from] KeyError),
    #[error("{0}")]
    Token(#[from] TokenError),
}

pub(super) fn run(command: Command) -> Exit {
    let Command::Inspect(arguments) = command;
    match inspect(arguments) {
        Ok(inspection) => {
            let good = inspection.user.is_ok() && !matches!(inspection.signature, Some(Err(_)));
            print(&describe(&inspection));
            if good { Exit::Good } else { Exit::Bad }
        }
        Err(error) => {
            complain(&error);
            match error {
                InspectError::Token(_) => Exit::Bad,
                InspectError::Input(_) | InspectError::KeyFile { .. } | InspectError::Key(_) => {
                    Exit::Usage
                }
            }
        }
    }
}

fn inspect(Arguments { token, jwt_key_file }: Arguments) -> Result<Inspection, InspectError> {
    let key = match jwt_key_file {
        None => None,
        Some(path) => {
            let pem = fs::read_to_string(&path)
                .map_err(|source| InspectError::KeyFile { path, source })?;
            Some(Key::from_pem(&pem)?)
        }
    };
    let token = if let Some(token) = token.filter(|token| token != "-") {
        token
    } else {
        let mut text = String::new();
        io::stdin().read_to_string(&mut text).map_err(InspectError::Input)?;
        text
    };
    let token = token.trim();
    Ok(Inspection::of(token.strip_prefix("Bearer ").unwrap_or(token), key.as_ref())?)
}

fn describe(inspection: &Inspection) -> Value {
    let signature = match &inspection.signature {
        None => json!("not checked: no key was given"),
        Some(Ok(())) => json!("good"),
        Some(Err(error)) => json!(error.to_string()),
    };
    let left = inspection.expires_at.map(|expiry| {
        let (expiry, now) = (expiry.unix_seconds(), SystemClock.now().unix_seconds());
        json!({ "unix_seconds": expiry, "seconds_left": expiry.saturating_sub(now) })
    });
    json!({
        "signature": signature,
        "expires": left,
        "identity": match &inspection.user {
            Ok(user) => identity(user),
            Err(error) => json!({ "error": error.to_string() }),
        },
        "permission_masks": if inspection.ambiguous_permissions {
            "ambiguous: only what both readings grant counts"
        } else {
            "unambiguous"
        },
        "header": inspection.header,
        "claims": inspection.claims,
    })
}

fn identity(user: &User) -> Value {
    let names =
        |list: &Entitlements| list.iter().map(|held| held.text.to_string()).collect::<Vec<_>>();
    json!({
        "user": user.id.as_str(),
        "session": user.session.as_str(),
        "organization": user.organization.as_ref().map(|active| json!({
            "id": active.id.as_str(),
            "slug": active.slug.as_ref().map(OrganizationSlug::as_str),
            "role": active.role,
            "permissions": active.permissions,
        })),
        "features": names(&user.features),
        "plans": names(&user.plans),
        "factor_ages": user.factor_ages.map(|ages| [ages.first, ages.second]),
        "impersonated": user.actor.is_some(),
    })
}

#[expect(clippy::print_stdout, reason = "a command speaks to the person who ran it")]
fn print(description: &Value) {
    println!("{description:#}");
}
