//! The throw-away instance that people sign in to, and the pipeline that decides about them.

use super::people::{ClaimsVersion, Minted, mint};
use crate::{
    authorizer::{
        Authorizer, InstanceEntry, Instances, InstancesError, Outcome, revocations::Revocations,
    },
    clerk::{
        Authenticator, Connected, Counters, Instance, PublishableKey, PublishableKeyError,
        VerifiedTokens,
        keys::{Key, KeyError, Keys},
    },
    core::{
        clock::{ManualClock, SharedClock, Timestamp},
        id::InstanceName,
        identity::Identity,
        question::Question,
    },
    policy::{
        Policy,
        suite::{Case, Person, Who},
    },
    stand_in::keys::{SigningKey, SigningKeyError},
    telemetry::metrics::{Metrics, MetricsError},
};
use std::{
    collections::HashMap,
    pin::pin,
    sync::{Arc, OnceLock},
    task::{Context, Poll, Waker},
};
use thiserror::Error;
use tokio::sync::watch;

const NAME: &str = "rehearsal";
/// `clerk.app.test$`: a production instance, so that no development browser is asked for.
const PUBLISHABLE_KEY: &str = "pk_live_Y2xlcmsuYXBwLnRlc3Qk";
/// Room for the tokens of a large suite.
const TOKEN_BYTES: u64 = 64 * 1024 * 1024;

/// Why nothing can be played.
#[derive(Debug, Error)]
pub enum StageError {
    /// No key to sign with.
    #[error(transparent)]
    SigningKey(#[from] SigningKeyError),
    /// The key cannot be pinned.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The instance has no key of its own.
    #[error(transparent)]
    PublishableKey(#[from] PublishableKeyError),
    /// There is no instance.
    #[error(transparent)]
    Instances(#[from] InstancesError),
    /// The pipeline cannot count.
    #[error(transparent)]
    Metrics(#[from] MetricsError),
}

/// Everything that a decision needs, without a listener and without a network. Its key dies with the
/// process.
#[derive(Debug)]
pub struct Stage {
    policy: Arc<Policy>,
    key: Arc<SigningKey>,
    issuer: Box<str>,
    instance: InstanceName,
    cookies: CookieNames,
    clock: Arc<ManualClock>,
    authorizer: Authorizer,
    signed: HashMap<(Box<str>, ClaimsVersion, Timestamp), Arc<str>>,
}

/// The cookies of the instance whose names hang on its key.
#[derive(Debug)]
struct CookieNames {
    session: Box<str>,
    client_uat: Box<str>,
}

/// What somebody shows of themselves.
#[derive(Clone, Debug)]
pub enum Presented {
    /// Nothing.
    Nothing,
    /// A session token.
    Token {
        /// The token, signed.
        token: Arc<str>,
        /// A `Cookie` line that holds it, as Clerk's front end writes it.
        cookie: Box<str>,
    },
    /// Who they are, their credential not being looked at.
    Identity(Identity),
}

/// The key of this process: generated once, since that takes longer than a thousand cases, and never
/// written down. No instance that serves knows it.
fn signing_key() -> Result<Arc<SigningKey>, SigningKeyError> {
    static KEY: OnceLock<Arc<SigningKey>> = OnceLock::new();
    if let Some(key) = KEY.get() {
        return Ok(Arc::clone(key));
    }
    let key = Arc::new(SigningKey::generate("ins_rehearsal")?);
    Ok(Arc::clone(KEY.get_or_init(|| key)))
}

impl Stage {
    /// Sets up an instance and a pipeline that decides by `policy`.
    ///
    /// # Errors
    /// [`StageError`], none of which a policy can cause.
    pub fn new(policy: Arc<Policy>) -> Result<Self, StageError> {
        let key = signing_key()?;
        let publishable_key = PublishableKey::parse(PUBLISHABLE_KEY)?;
        let issuer = publishable_key.default_issuer();
        let suffix = publishable_key.cookie_suffix();
        let cookies = CookieNames {
            session: suffix.suffixed("__session"),
            client_uat: suffix.suffixed("__client_uat"),
        };
        let instance = InstanceName::new(NAME);
        let outside = Connected {
            keys: Keys::pinned(Key::from_pem(&key.public_pem())?),
            backend_api: None,
            machine_tokens: None,
        };
        let entry = InstanceEntry {
            name: instance.clone(),
            authenticator: Authenticator::new(
                Instance::new(instance.clone(), publishable_key),
                outside,
                Arc::new(VerifiedTokens::new(TOKEN_BYTES)),
                Arc::new(Counters::default()),
            ),
            hosts: Vec::new(),
            authorized_parties: Vec::new(),
        };
        let clock = Arc::new(ManualClock::at(Case::USUAL_TIME));
        let (_, ready) = watch::channel(true);
        let authorizer = Authorizer::new(
            Arc::clone(&policy),
            Instances::new(vec![entry])?,
            Arc::clone(&clock) as SharedClock,
            Arc::new(Metrics::new()?),
            ready,
            Arc::new(Revocations::none(Arc::clone(&clock) as SharedClock)),
        );
        let signed = HashMap::new();
        Ok(Self { policy, key, issuer, instance, cookies, clock, authorizer, signed })
    }

    /// The policy that decides.
    #[must_use]
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// What a person presents at the moment `now`. A token is signed once, however often it is
    /// presented.
    pub fn present(
        &mut self,
        person: &Person,
        version: ClaimsVersion,
        now: Timestamp,
    ) -> Presented {
        let known = (person.name().into(), version, now);
        let token = match (person.who(), self.signed.get(&known)) {
            (Who::User(_), Some(token)) => Arc::clone(token),
            (Who::Nobody | Who::User(_) | Who::Machine(_), _) => {
                match mint(person, version, &self.issuer, &self.instance, now) {
                    Minted::Nothing => return Presented::Nothing,
                    Minted::Machine(machine) => {
                        return Presented::Identity(Identity::Machine(Arc::from(machine)));
                    }
                    Minted::Session(token) => {
                        let token: Arc<str> = token.sign(&self.key).into();
                        self.signed.insert(known, Arc::clone(&token));
                        token
                    }
                }
            }
        };
        let CookieNames { session, client_uat } = &self.cookies;
        // The browser signed in long before any token was issued.
        let cookie =
            format!("__client_uat=1; {client_uat}=1; __session={token}; {session}={token}");
        Presented::Token { token, cookie: cookie.into() }
    }

    /// Decides a question at the moment `now`, leaving no trace in logs and counts. `identity` is
    /// whoever asks, where that is not to be found out from the question.
    ///
    /// `None` if deciding had to wait for something, which it never does where keys are pinned and
    /// nobody is sent to Clerk.
    #[must_use]
    pub fn decide(
        &self,
        question: &Question<'_>,
        identity: Option<&Identity>,
        now: Timestamp,
    ) -> Option<Outcome> {
        self.clock.set(now);
        if let Some(identity) = identity {
            return Some(self.authorizer.rehearse_as(identity.clone(), question));
        }
        match pin!(self.authorizer.rehearse(question)).poll(&mut Context::from_waker(Waker::noop()))
        {
            Poll::Ready(outcome) => Some(outcome),
            Poll::Pending => None,
        }
    }
}
