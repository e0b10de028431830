//! The Clerk instance, and its session tokens.

use crate::Failure;
use bailiff::{
    core::clock::{Clock as _, SystemClock, Timestamp},
    stand_in::{
        clerk::{Setup, StandIn},
        people,
        tokens::{Minting, Token},
    },
};
use std::time::Duration;

/// Made up anew for this program.
pub(crate) const SIGNING_SECRET: &str = "whsec_bWFkZS11cC1zaWduaW5nLWtleS1mb3ItbG9hZA==";
pub(crate) const INSTANCE_ID: &str = "ins_load";

pub(crate) async fn start() -> Result<StandIn, Failure> {
    Ok(StandIn::start(Setup::new()).await?)
}

/// Unix seconds.
pub(crate) fn now() -> i64 {
    SystemClock.now().unix_seconds()
}

/// Tokens of sessions of that name and a number, issued ten seconds ago and good for an hour.
pub(crate) fn tokens(clerk: &StandIn, name: &str, count: usize) -> Vec<String> {
    let minting = Minting {
        issued_at: Timestamp::from_unix_seconds(now() - 10),
        lifetime: Duration::from_secs(3600),
        ..clerk.minting()
    };
    let key = clerk.keys().current();
    let token = |number| {
        let facts = people::boss().starting_facts(&session(name, number));
        Token::session(&facts, &minting).sign(&key)
    };
    // Signing is what takes long here.
    let half = count / 2;
    std::thread::scope(|scope| {
        let second = scope.spawn(|| (half..count).map(token).collect::<Vec<_>>());
        let first = (0..half).map(token);
        first.chain(second.join().unwrap_or_default()).collect()
    })
}

/// The session of that number.
pub(crate) fn session(name: &str, number: usize) -> String {
    format!("sess_{name}{number}")
}
