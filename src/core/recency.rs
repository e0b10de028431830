//! How lately a session must have begun, or its first factor been verified.

use super::{
    age::AgeLimit,
    clock::Timestamp,
    identity::User,
    reason::Reason,
    reverification::{Level, Reverification},
};
use std::{fmt, time::Duration};

/// Something that must have happened lately.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Recency {
    /// The session began.
    Session(AgeLimit),
    /// The first factor was verified, whatever became of a second one.
    FirstFactor(AgeLimit),
}

/// How far the clock that ids are made by may be ahead of this one.
const CLOCK_DIFFERENCE: Duration = Duration::from_secs(5);

impl Recency {
    /// The key by which policies ask it.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Session(_) => "session_max_age",
            Self::FirstFactor(_) => "first_factor_within",
        }
    }

    /// What it must be under.
    #[must_use]
    pub const fn limit(self) -> AgeLimit {
        match self {
            Self::Session(limit) | Self::FirstFactor(limit) => limit,
        }
    }

    /// Whether it is lately enough for a user.
    ///
    /// # Errors
    /// The reason why not; one of its own where the token does not say.
    pub fn check(self, user: &User, now: Timestamp) -> Result<(), Reason> {
        match self {
            Self::Session(limit) => match session_age(user, now) {
                None => Err(Reason::SessionAgeUnknown),
                Some(age) if limit.is_over(age) => Ok(()),
                Some(_) => Err(Reason::SessionTooOld),
            },
            Self::FirstFactor(limit) => match first_factor_age(user, now) {
                FirstFactor::Unknown => Err(Reason::FirstFactorUnknown),
                FirstFactor::Verified(age) if limit.is_over(age) => Ok(()),
                FirstFactor::Verified(_) | FirstFactor::Never => Err(Reason::FirstFactorStale),
            },
        }
    }

    /// The reverification that mends it, where one does.
    #[must_use]
    pub const fn reverification(self) -> Option<Reverification> {
        match self {
            Self::Session(_) => None,
            Self::FirstFactor(limit) => Some(Reverification::Window {
                level: Level::FirstFactor,
                after_minutes: limit.minutes(),
            }),
        }
    }
}

/// In words that complete "needs …".
impl fmt::Display for Recency {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Session(limit) => write!(formatter, "a session younger than `{limit}`"),
            Self::FirstFactor(limit) => {
                write!(formatter, "the first factor verified within `{limit}`")
            }
        }
    }
}

/// How long ago the session began, which no claim says: its id does. `None` where the id holds no
/// moment, or one that has not come yet.
#[must_use]
pub fn session_age(user: &User, now: Timestamp) -> Option<Duration> {
    let began = user.session.made_at()?;
    (began <= now.plus(CLOCK_DIFFERENCE)).then(|| now.since(began))
}

/// What a token says of the first factor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FirstFactor {
    /// Nothing.
    Unknown,
    /// That it was never verified.
    Never,
    /// That it was verified so long ago.
    Verified(Duration),
}

/// How long ago the first factor was verified: what the claim `fva` says, and the time since the
/// claims were put together. Clerk says whole minutes, so up to a minute may be missing.
#[must_use]
pub fn first_factor_age(user: &User, now: Timestamp) -> FirstFactor {
    let (Some(ages), Some(as_of)) = (user.factor_ages, user.claims_as_of) else {
        return FirstFactor::Unknown;
    };
    let Some(minutes) = ages.first else { return FirstFactor::Never };
    // What is too long for a duration is longer than any limit.
    let then = Duration::try_from_secs_f64(minutes * 60.0).unwrap_or(Duration::MAX);
    FirstFactor::Verified(then.saturating_add(now.since(as_of)))
}

#[cfg(test)]
mod tests;
