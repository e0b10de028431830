//! The notices that concern tokens still alive.
//!
//! Bounded: when more targets are known than it may hold, everything issued until then counts as
//! stale instead, which asks more people for a fresh token and lets nobody through.

use super::{
    entry::Entry,
    target::{Key, TargetRef},
};
use crate::core::{
    clock::Timestamp,
    id::{OrganizationId, UserId},
    identity::User,
    machine::Machine,
    notice::{CutOff, Notice},
    organization::bare_role,
};
use papaya::HashMap;
use std::{
    sync::atomic::{AtomicI64, Ordering},
    time::Duration,
};

/// How much is kept, and how instants are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How long a token lives at most. A notice is kept so long.
    pub retention: Duration,
    /// How long an operator may block somebody at most.
    pub longest_block: Duration,
    /// How many targets are kept.
    pub targets: usize,
    /// How far the clock that dates tokens may be ahead of the one that dates notices, where a token
    /// that counts for nothing would get through otherwise.
    pub skew: Duration,
}

impl Limits {
    /// What holds unless the settings say otherwise.
    pub const STANDARD: Self = Self {
        retention: Duration::from_secs(24 * 60 * 60),
        longest_block: Duration::from_secs(30 * 24 * 60 * 60),
        targets: 1_000_000,
        skew: Duration::from_secs(5),
    };
}

/// What has been heard of one Clerk instance.
#[derive(Debug)]
pub struct RevocationIndex {
    entries: HashMap<Key, Entry, foldhash::fast::RandomState>,
    limits: Limits,
    /// Tokens up to this instant, in Unix milliseconds, are stale whosever they are.
    flood: AtomicI64,
}

/// Whose token is looked at, and how old what it says is.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The session, of a person's token.
    pub session: Option<&'a str>,
    /// The user.
    pub user: Option<&'a str>,
    /// The active organization.
    pub organization: Option<&'a str>,
    /// The role there, as the token spells it.
    pub role: Option<&'a str>,
    /// When the claims were put together: the earlier of `iat` and `oiat`. `None` counts as ever so
    /// long ago.
    pub as_of: Option<Timestamp>,
    /// Whether it is a machine's, which nobody can get a fresh one for.
    pub is_machine: bool,
}

/// How full an index is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Targets kept.
    pub targets: usize,
    /// Up to when everything counts as stale, because there were too many.
    pub flooded_until: Option<Timestamp>,
}

impl<'a> Subject<'a> {
    /// A person's session token.
    #[must_use]
    pub fn of_user(user: &'a User) -> Self {
        let organization = user.organization.as_ref();
        Self {
            session: Some(user.session.as_str()),
            user: Some(user.id.as_str()),
            organization: organization.map(|active| active.id.as_str()),
            role: organization.and_then(|active| active.role.as_deref()),
            as_of: user.claims_as_of,
            is_machine: false,
        }
    }

    /// A machine credential: it ends with the user or the organization that it acts for. It says
    /// nothing that changes with roles, permissions or plans, so it never goes stale.
    #[must_use]
    pub fn of_machine(machine: &'a Machine) -> Self {
        Self {
            session: None,
            user: machine.user.as_ref().map(UserId::as_str),
            organization: machine.organization.as_ref().map(OrganizationId::as_str),
            role: None,
            as_of: machine.as_of,
            is_machine: true,
        }
    }

    fn targets(&self) -> [Option<TargetRef<'a>>; 6] {
        let member = self.user.zip(self.organization);
        [
            self.session.map(TargetRef::Session),
            self.user.map(TargetRef::User),
            member.map(|(user, organization)| TargetRef::Member(user, organization)),
            self.organization.map(TargetRef::Organization),
            self.role.map(|role| TargetRef::Role(bare_role(role))),
            self.organization.map(|_| TargetRef::Organizations),
        ]
    }
}

impl RevocationIndex {
    /// An index that has heard of nothing.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self {
            entries: HashMap::with_hasher(foldhash::fast::RandomState::default()),
            limits,
            flood: AtomicI64::new(i64::MIN),
        }
    }

    /// Takes a notice in. The same one may come again, and late ones change nothing that came since.
    pub fn apply(&self, notice: &Notice, now: Timestamp) {
        let entry = Entry::of(notice, &self.limits, now);
        if entry.keep_until <= now {
            return;
        }
        let entries = self.entries.pin();
        entries.update_or_insert(Key(notice.target.clone()), |known| known.and(entry), entry);
        if entries.len() > self.limits.targets {
            self.expire(now);
            if entries.len() > self.limits.targets {
                self.flood(now);
            }
        }
    }

    /// Forgets what concerns no token any more.
    pub fn expire(&self, now: Timestamp) {
        self.entries.pin().retain(|_, entry| entry.keep_until > now);
    }

    /// Lets one instant stand for all that is known.
    fn flood(&self, now: Timestamp) {
        self.flood.fetch_max(now.unix_millis(), Ordering::AcqRel);
        self.entries.pin().retain(|_, entry| entry.is_block(now));
    }

    /// Whether a valid token counts. Waits for nobody and copies nothing.
    #[must_use]
    pub fn cut_off(&self, subject: &Subject<'_>, now: Timestamp) -> Option<CutOff> {
        let flooded = self.flood.load(Ordering::Acquire);
        // Nobody can tell whom a flood concerns, so it counts for machines as well.
        let mut worst = (flooded != i64::MIN
            && issued_by(subject.as_of, Timestamp::from_unix_millis(flooded)))
        .then_some(CutOff::Stale);
        if self.entries.is_empty() {
            return worst;
        }
        let entries = self.entries.pin();
        for target in subject.targets().into_iter().flatten() {
            let Some(entry) = entries.get(&target) else { continue };
            match self.verdict(entry, target, subject, now) {
                Some(CutOff::Blocked) => return Some(CutOff::Blocked),
                Some(CutOff::Ended) => worst = Some(CutOff::Ended),
                Some(CutOff::Stale | CutOff::Unknown) => worst = worst.or(Some(CutOff::Stale)),
                None => {}
            }
        }
        worst
    }

    fn verdict(
        &self,
        entry: &Entry,
        target: TargetRef<'_>,
        &Subject { as_of, is_machine, .. }: &Subject<'_>,
        now: Timestamp,
    ) -> Option<CutOff> {
        if entry.keep_until <= now {
            return None;
        }
        if entry.block.is_some_and(|block| now < block.until) {
            return Some(CutOff::Blocked);
        }
        // A session that has ended does not begin again.
        let is_final = matches!(target, TargetRef::Session(_));
        let skewed = |at: Timestamp| at.plus(self.limits.skew);
        if entry.ended.is_some_and(|at| is_final || issued_by(as_of, skewed(at))) {
            return Some(CutOff::Ended);
        }
        if is_machine {
            let severed = entry.severed.is_some_and(|at| issued_by(as_of, skewed(at)));
            return severed.then_some(CutOff::Ended);
        }
        let changed = entry.stale.max(entry.severed);
        changed.is_some_and(|at| issued_by(as_of, at)).then_some(CutOff::Stale)
    }

    /// How full it is.
    #[must_use]
    pub fn standing(&self) -> Standing {
        let flooded = self.flood.load(Ordering::Acquire);
        Standing {
            targets: self.entries.len(),
            flooded_until: (flooded != i64::MIN).then(|| Timestamp::from_unix_millis(flooded)),
        }
    }
}

/// Whether a token may say what held at `at` or before. Tokens are dated in whole seconds, so one of
/// the same second may.
fn issued_by(as_of: Option<Timestamp>, at: Timestamp) -> bool {
    as_of.is_none_or(|as_of| as_of.unix_seconds() <= at.unix_seconds())
}

#[cfg(test)]
mod tests;
