//! Who asks: one of the people in the policy's tests, whoever a token names, or whoever a log line
//! names.

use super::ExplainError;
use crate::{
    clerk::{Inspection, Standing, keys::Key},
    config::{policy_file::PolicyFiles, suite_file},
    core::{
        clock::Timestamp,
        id::InstanceName,
        identity::{Identity, User},
        reason::Reason,
    },
    policy::{
        Who,
        replay::LoggedDecision,
        suite::{self, Person},
    },
    rehearsal::people::{ClaimsVersion, Minted, mint},
    stand_in::keys::SigningKey,
};
use std::{path::Path, sync::Arc};

/// Who asks, and how far that is to be believed.
#[derive(Debug)]
pub(super) struct Identified {
    pub(super) who: Found,
    pub(super) source: Source,
    /// Whether a signature was checked; `None` where there is none to check.
    pub(super) verified: Option<bool>,
    /// What a reader must know of it.
    pub(super) remarks: Vec<String>,
}

/// Who was found.
#[derive(Debug)]
pub(super) enum Found {
    Somebody(Identity),
    Nobody(Reason),
}

/// Where an identity comes from.
#[derive(Clone, Copy, Debug)]
pub(super) enum Source {
    Nobody,
    Person,
    Token,
    Log,
}

impl Source {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Nobody => "nobody",
            Self::Person => "person",
            Self::Token => "token",
            Self::Log => "log",
        }
    }
}

impl Identified {
    pub(super) const fn nobody() -> Self {
        let who = Found::Nobody(Reason::SignedOut);
        Self { who, source: Source::Nobody, verified: None, remarks: Vec::new() }
    }

    /// Whoever asked according to a log line, which is what [`LoggedDecision::inquiry`] tells.
    pub(super) fn logged(logged: &LoggedDecision) -> Self {
        let mut remarks = vec![format!(
            "logged as {} {}; headers, query, claims, resource and context are not in the log, and \
             conditions find none",
            logged.effect.as_str(),
            logged.reason.code(),
        )];
        if !logged.was_anybody_asked() {
            remarks.push(
                "nobody was asked who they are; this is explained as if nobody were signed in"
                    .to_owned(),
            );
        }
        Self { source: Source::Log, remarks, ..Self::nobody() }
    }

    pub(super) fn who(&self) -> Who<'_> {
        match &self.who {
            Found::Nobody(reason) => Who::Nobody(*reason),
            Found::Somebody(identity) => {
                identity.caller().map_or(Who::Nobody(Reason::SignedOut), Who::Caller)
            }
        }
    }
}

/// One of the people in the tests of the policy at `path`.
pub(super) fn of_person(
    path: &Path,
    name: &str,
    now: Timestamp,
) -> Result<Identified, ExplainError> {
    let suite = suite_file::of(&PolicyFiles::read(path)?)?;
    let person = suite.person(name).ok_or_else(|| ExplainError::Person(name.to_owned()))?;
    let who = found(person, now)?;
    Ok(Identified { who, source: Source::Person, ..Identified::nobody() })
}

/// Mints what the person presents, and reads it as it is read when it comes in.
fn found(person: &Person, now: Timestamp) -> Result<Found, ExplainError> {
    const ISSUER: &str = "https://clerk.app.test";
    match person.who() {
        suite::Who::User(user) if user.expired => return Ok(Found::Nobody(Reason::TokenExpired)),
        suite::Who::User(_) | suite::Who::Nobody | suite::Who::Machine(_) => {}
    }
    let instance = InstanceName::new("tests");
    Ok(match mint(person, ClaimsVersion::Two, ISSUER, &instance, now) {
        Minted::Nothing => Found::Nobody(Reason::SignedOut),
        Minted::Machine(machine) => Found::Somebody(Identity::Machine(Arc::from(machine))),
        Minted::Session(token) => {
            let failed = |source| ExplainError::Mint { person: person.name().to_owned(), source };
            let key = SigningKey::generate("ins_tests").map_err(failed)?;
            let inspection = Inspection::of(&token.sign(&key), None)?;
            standing(inspection.standing, inspection.user?)
        }
    })
}

/// Whoever a token names. A signature is only checked where there is a key.
pub(super) fn of_token(
    token: &str,
    key_file: Option<&Path>,
    now: Timestamp,
) -> Result<Identified, ExplainError> {
    let key = key_file.map(|path| Ok::<_, ExplainError>(Key::from_pem(&super::read(path)?)?));
    let key = key.transpose()?;
    let text = if token == "-" { super::read(Path::new("-"))? } else { token.to_owned() };
    let token = text.trim();
    let inspection = Inspection::of(token.strip_prefix("Bearer ").unwrap_or(token), key.as_ref())?;
    let mut remarks = Vec::new();
    let verified = match inspection.signature {
        None => {
            remarks.push(
                "THE SIGNATURE IS NOT VERIFIED: anybody can have written this token; give \
                 `--jwt-key-file` to check it"
                    .to_owned(),
            );
            false
        }
        Some(Ok(())) => true,
        Some(Err(error)) => return Err(ExplainError::Signature(error)),
    };
    if let Some(expiry) = inspection.expires_at.filter(|expiry| *expiry <= now) {
        let ago = now.since(expiry).as_secs();
        remarks.push(format!(
            "the token expired {ago} seconds ago; this is explained as if it were still valid"
        ));
    }
    if inspection.ambiguous_permissions {
        remarks.push(
            "the permission masks can be read in two ways: only what both grant counts".to_owned(),
        );
    }
    let who = standing(inspection.standing, inspection.user?);
    Ok(Identified { who, source: Source::Token, verified: Some(verified), remarks })
}

fn standing(standing: Option<Standing>, user: User) -> Found {
    match standing {
        Some(Standing::Pending) => Found::Nobody(Reason::SessionPending),
        Some(Standing::Nobody) => Found::Nobody(Reason::SignedOut),
        Some(Standing::SignedIn) | None => Found::Somebody(Identity::User(Arc::new(user))),
    }
}
