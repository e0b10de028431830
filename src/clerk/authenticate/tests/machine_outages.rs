//! Opaque credentials over real sockets, when Clerk is slow, down or out of its mind, and when
//! somebody sends more credentials than Clerk would stand.

use crate::{
    clerk::{
        Authenticator, Connected, Counters, MachineError, VerifiedTokens,
        backend_api::{
            ApiBase, CallLimits, CallRate, CircuitPolicy, GuardedTransport, HttpTransport,
            MachineTokenApi, MachineTransports, PlainHttp,
        },
        fixture::{PRODUCTION, PUBLIC_A, instance_of, now, run},
        keys::{Key, Keys},
        request::{Authentication, SignedOutReason},
    },
    core::{
        clock::{Clock as _, ManualClock, Stopwatch},
        credential::{CredentialKind, CredentialKinds},
        reason::Reason,
    },
    stand_in::clerk::{Endpoint, Fault, Grant, Issued, Setup, StandIn},
};
use axum::http::StatusCode;
use secrecy::SecretString;
use std::{num::NonZeroU32, sync::Arc, time::Duration};

const CALLS: u32 = 100;
const LIMITS: CallLimits = CallLimits {
    deadline: Duration::from_millis(250),
    concurrent: 8,
    rate: CallRate::PerTenSeconds(NonZeroU32::new(CALLS).unwrap()),
    attempts: 2,
    pause: Duration::from_millis(5),
    circuit: CircuitPolicy { failures: 5, open_for: Duration::from_secs(5) },
};
/// Much longer than any deadline, and much shorter than the slow Clerk.
const BOUND: Duration = Duration::from_secs(10);
const ENDPOINTS: [Endpoint; 3] =
    [Endpoint::VerifyApiKey, Endpoint::VerifyM2mToken, Endpoint::VerifyOauthToken];

struct World {
    clerk: StandIn,
    clock: Arc<ManualClock>,
    authenticator: Authenticator,
}

impl World {
    async fn new() -> Self {
        let clock = Arc::new(ManualClock::at(now()));
        let clerk = StandIn::start(Setup { clock: Arc::clone(&clock) as _, ..Setup::new() });
        let clerk = clerk.await.unwrap();
        Self::of(clerk, clock, true)
    }

    /// `machine`: whether a machine's own key asks, in place of the instance's.
    fn of(clerk: StandIn, clock: Arc<ManualClock>, secret_key: bool) -> Self {
        let base = ApiBase::parse(&clerk.backend_api_url(), PlainHttp::LoopbackOnly).unwrap();
        let counters = Arc::new(Counters::default());
        let transport = Arc::new(HttpTransport::new().unwrap());
        let transports = MachineTransports::each(|| {
            Arc::new(GuardedTransport::new(
                Arc::clone(&transport) as _,
                LIMITS,
                Arc::clone(&clock) as _,
                Arc::clone(&counters),
            ))
        });
        let key = SecretString::from(clerk.secret_key());
        let machine_key = SecretString::from(clerk.machines().secret_key("mch_us"));
        let api =
            MachineTokenApi::new(base, secret_key.then_some(key), Some(machine_key), transports);
        let authenticator = Authenticator::new(
            instance_of(PRODUCTION, "main"),
            Connected {
                keys: Keys::pinned(Key::from_pem(PUBLIC_A).unwrap()),
                backend_api: None,
                machine_tokens: api.ok(),
            },
            Arc::new(VerifiedTokens::new(1024 * 1024)),
            counters,
        );
        Self { clerk, clock, authenticator }
    }

    async fn ask(&self, token: &str) -> Result<String, Reason> {
        self.found(token).await.map_err(MachineError::reason)
    }

    async fn found(&self, token: &str) -> Result<String, MachineError> {
        let accepts: CredentialKinds = CredentialKind::ALL.into_iter().collect();
        match self.authenticator.authenticate_token(token, accepts, self.clock.now()).await {
            Authentication::Machine(machine) => Ok(machine.id.to_string()),
            Authentication::SignedOut(out) => {
                let SignedOutReason::Machine(_, error) = out.reason else { panic!("{out:?}") };
                Err(error)
            }
            found @ (Authentication::SignedIn(_)
            | Authentication::Pending(_)
            | Authentication::Redirect(_)) => panic!("{found:?}"),
        }
    }

    fn issue_each(&self) -> [Issued; 3] {
        [
            self.clerk.issue(Grant::api_key("user_1", &["a"])),
            self.clerk.issue(Grant::m2m_token("mch_1", &["mch_us"])),
            self.clerk.issue(Grant::oauth_token("user_1", "client_1", &["profile"])),
        ]
    }
}

#[test]
fn every_kind_is_vouched_for_and_its_end_is_noticed() {
    run(async {
        let world = World::new().await;
        for issued in world.issue_each() {
            assert_eq!(world.ask(&issued.secret).await, Ok(issued.id.clone()));
            world.clerk.machines().revoke(&issued);
            assert!(world.ask(&issued.secret).await.is_ok(), "for as long as Clerk's word counts");
            world.clock.advance(Duration::from_secs(30));
            assert_eq!(world.ask(&issued.secret).await, Err(Reason::TokenRevoked));
            world.clerk.machines().forget(&issued);
            assert_eq!(world.ask(&issued.secret).await, Err(Reason::TokenInvalid));
        }
        let mut grant = Grant::api_key("org_1", &[]);
        grant.expires_at = Some(world.clock.now().plus(Duration::from_secs(10)));
        let issued = world.clerk.issue(grant);
        assert!(world.ask(&issued.secret).await.is_ok());
        world.clock.advance(Duration::from_secs(10));
        assert_eq!(world.ask(&issued.secret).await, Err(Reason::TokenExpired));
    });
}

#[test]
fn clerk_itself_refuses_tokens_for_other_machines_where_a_machine_asks() {
    run(async {
        let world = World::new().await;
        let other = world.clerk.issue(Grant::m2m_token("mch_1", &["mch_other"]));
        assert_eq!(world.ask(&other.secret).await, Err(Reason::TokenInvalid));
    });
}

#[test]
fn a_machines_secret_key_is_no_credential_though_it_looks_like_an_api_key() {
    run(async {
        let world = World::new().await;
        let secret_key = world.clerk.machines().secret_key("mch_us");
        assert!(secret_key.starts_with("ak_"));
        assert_eq!(world.ask(&secret_key).await, Err(Reason::TokenInvalid));
    });
}

#[test]
fn without_the_instances_key_only_machines_can_be_asked_about() {
    run(async {
        let World { clerk, clock, .. } = World::new().await;
        let world = World::of(clerk, clock, false);
        let [api_key, m2m, oauth] = world.issue_each();
        assert!(world.ask(&m2m.secret).await.is_ok());
        for issued in [api_key, oauth] {
            assert_eq!(world.ask(&issued.secret).await, Err(Reason::Misconfigured));
        }
    });
}

#[test]
fn whatever_goes_wrong_at_clerk_nobody_is_let_in_and_nobody_waits_long() {
    run(async {
        for (fault, calls) in [
            (Fault::Slow(Duration::from_secs(60)), 1),
            (Fault::Down, 2),
            (Fault::BrokenOff, 2),
            (Fault::server_error(), 2),
            (Fault::garbage(), 1),
            (Fault::unauthorized(), 1),
            (Fault::too_many_requests(3), 1),
            (Fault::answer(StatusCode::FORBIDDEN, "application/json", "{}"), 1),
            (Fault::answer(StatusCode::OK, "application/json", "null"), 1),
            (Fault::answer(StatusCode::OK, "text/html", "<html>"), 1),
            (Fault::answer(StatusCode::FOUND, "text/html", ""), 1),
        ] {
            let world = World::new().await;
            let issued = world.issue_each();
            world.clerk.faults().inject_everywhere(&fault);
            for (issued, endpoint) in issued.iter().zip(ENDPOINTS) {
                let watch = Stopwatch::start();
                let found = world.ask(&issued.secret).await;
                assert_eq!(found, Err(Reason::UpstreamUnavailable), "{fault:?}");
                assert!(watch.elapsed() < BOUND, "{fault:?}");
                assert_eq!(world.clerk.requests().count(endpoint), calls, "{fault:?}");
            }
            world.clerk.faults().clear();
            world.clock.advance(Duration::from_secs(5));
            for issued in issued {
                assert_eq!(world.ask(&issued.secret).await, Ok(issued.id), "after {fault:?}");
            }
        }
    });
}

#[test]
fn one_failure_is_made_up_for() {
    run(async {
        let world = World::new().await;
        for (issued, endpoint) in world.issue_each().iter().zip(ENDPOINTS) {
            world.clerk.faults().inject_times(endpoint, Fault::server_error(), 1);
            assert_eq!(world.ask(&issued.secret).await, Ok(issued.id.clone()));
            assert_eq!(world.clerk.requests().count(endpoint), 2);
        }
    });
}

#[test]
fn clerk_is_left_alone_for_as_long_as_it_asks_for_and_other_kinds_are_not_touched() {
    run(async {
        let world = World::new().await;
        let [api_key, m2m, oauth] = world.issue_each();
        let endpoint = Endpoint::VerifyOauthToken;
        world.clerk.faults().inject_times(endpoint, Fault::too_many_requests(7), 1);
        for _ in 0..20 {
            let found = world.ask(&oauth.secret).await;
            assert_eq!(found, Err(Reason::UpstreamUnavailable));
        }
        assert_eq!(world.clerk.requests().count(endpoint), 1);
        assert!(world.ask(&api_key.secret).await.is_ok() && world.ask(&m2m.secret).await.is_ok());
        world.clock.advance(Duration::from_secs(7));
        assert!(world.ask(&oauth.secret).await.is_ok());
    });
}

#[test]
fn while_clerk_is_down_it_is_not_called_again_and_again_and_what_is_known_still_counts() {
    run(async {
        let world = World::new().await;
        let known = world.clerk.issue(Grant::api_key("user_1", &[]));
        let late = world.clerk.issue(Grant::api_key("user_1", &[]));
        assert!(world.ask(&known.secret).await.is_ok());
        world.clerk.faults().inject_everywhere(&Fault::Down);
        for _ in 0..50 {
            assert_eq!(world.ask(&late.secret).await, Err(Reason::UpstreamUnavailable));
            assert!(world.ask(&known.secret).await.is_ok());
        }
        let calls = world.clerk.requests().count(Endpoint::VerifyApiKey);
        assert!(calls <= 1 + u64::from(LIMITS.circuit.failures), "{calls}");
    });
}

#[test]
fn those_who_present_one_credential_at_once_cause_one_call() {
    run(async {
        let world = Arc::new(World::new().await);
        let issued = world.clerk.issue(Grant::api_key("user_1", &[]));
        let slow = Fault::Slow(Duration::from_millis(50));
        world.clerk.faults().inject(Endpoint::VerifyApiKey, slow);
        let mut asking = tokio::task::JoinSet::new();
        for _ in 0..200 {
            let (world, secret) = (Arc::clone(&world), issued.secret.clone());
            asking.spawn(async move { world.ask(&secret).await });
        }
        assert!(asking.join_all().await.iter().all(Result::is_ok));
        assert_eq!(world.clerk.requests().count(Endpoint::VerifyApiKey), 1);
    });
}

#[test]
fn whoever_gives_up_first_takes_the_answer_from_nobody() {
    run(async {
        let world = Arc::new(World::new().await);
        let issued = world.clerk.issue(Grant::api_key("user_1", &[]));
        let slow = Fault::Slow(Duration::from_millis(100));
        world.clerk.faults().inject(Endpoint::VerifyApiKey, slow);
        let ask = |world: &Arc<World>| {
            let (world, secret) = (Arc::clone(world), issued.secret.clone());
            tokio::spawn(async move { world.ask(&secret).await })
        };
        let first = ask(&world);
        while world.clerk.requests().count(Endpoint::VerifyApiKey) == 0 {
            tokio::task::yield_now().await;
        }
        let second = ask(&world);
        tokio::task::yield_now().await;
        first.abort();
        assert_eq!(second.await.unwrap(), Ok(issued.id));
    });
}

#[test]
fn a_storm_of_made_up_credentials_costs_no_more_calls_than_the_budget_and_no_memory() {
    run(async {
        let world = World::new().await;
        let before = world.clerk.issue(Grant::api_key("user_1", &[]));
        let known = world.clerk.issue(Grant::oauth_token("user_1", "client_1", &[]));
        assert!(world.ask(&known.secret).await.is_ok());
        let mut seconds = 0;
        for number in 0..100_000_u32 {
            if number % 5_000 == 4_999 {
                world.clock.advance(Duration::from_secs(1));
                seconds += 1;
            }
            let found = world.ask(&format!("oat_{number:032x}")).await;
            let refused = [Err(Reason::TokenInvalid), Err(Reason::UpstreamUnavailable)];
            assert!(refused.contains(&found), "{found:?}");
        }
        let calls = world.clerk.requests().count(Endpoint::VerifyOauthToken);
        let allowed = u64::from(CALLS) * (seconds / 10 + 1);
        assert!((u64::from(CALLS) / 2..=allowed).contains(&calls), "{calls} calls");
        // The one that was vouched for is still known, and those of another kind are still asked about.
        assert!(world.ask(&known.secret).await.is_ok());
        assert!(world.ask(&before.secret).await.is_ok());
        let (vouched, unknown) = world.authenticator.opaque_entries().await;
        assert!(vouched <= 2 && unknown <= calls, "{vouched} and {unknown} are kept");
    });
}

#[test]
fn implausible_credentials_cost_nothing_at_all() {
    run(async {
        let world = World::new().await;
        for number in 0..10_000 {
            let token = format!("oat_{number} {}", "x".repeat(number % 700));
            assert_eq!(world.found(&token).await, Err(MachineError::Implausible));
        }
        assert_eq!(world.clerk.requests().total(), 0);
        assert_eq!(world.authenticator.opaque_entries().await, (0, 0));
        assert_eq!(world.authenticator.counters().machine_implausible.get(), 10_000);
    });
}
