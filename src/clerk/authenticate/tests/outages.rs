//! Clerk down or slow, over real sockets: what needs Clerk is refused soon, and everybody else goes on.

use crate::{
    clerk::{
        Authenticator, Connected, Counters, VerifiedTokens,
        backend_api::{
            ApiBase, BackendApi, CallLimits, CallRate, CircuitPolicy, GuardedTransport,
            HttpTransport, PlainHttp, Transport,
        },
        fixture::{browsing, get, now, options, run},
        keys::{KeySource, Keys, RotationPolicy},
        request::Authentication,
    },
    core::{
        clock::{Clock as _, ManualClock, Stopwatch},
        credential::CredentialKinds,
    },
    stand_in::{
        clerk::{Endpoint, Fault, Setup, SignIn, StandIn},
        people,
    },
};
use secrecy::SecretString;
use std::{sync::Arc, time::Duration};

const LIMITS: CallLimits = CallLimits {
    deadline: Duration::from_millis(250),
    concurrent: 8,
    rate: CallRate::Unlimited,
    attempts: 1,
    pause: Duration::ZERO,
    circuit: CircuitPolicy { failures: 5, open_for: Duration::from_secs(5) },
};
/// Much longer than any deadline, and much shorter than the slow Clerk.
const BOUND: Duration = Duration::from_secs(10);
const SLOW: Fault = Fault::Slow(Duration::from_secs(60));

struct World {
    clerk: StandIn,
    clock: Arc<ManualClock>,
    authenticator: Authenticator,
    /// The cookies of a browser whose session is good.
    valid: String,
    /// The cookies of a browser whose session has expired and can be renewed.
    expired: String,
}

impl World {
    async fn new() -> Self {
        let clock = Arc::new(ManualClock::at(now()));
        let setup = Setup { clock: Arc::clone(&clock) as _, ..Setup::new() };
        let clerk = StandIn::start(setup).await.unwrap();
        let transport: Arc<dyn Transport> = Arc::new(HttpTransport::new().unwrap());
        let base = ApiBase::parse(&clerk.backend_api_url(), PlainHttp::LoopbackOnly).unwrap();
        let counters = Arc::new(Counters::default());
        let keys = Keys::fetched(
            KeySource::frontend_api(&base).unwrap(),
            Arc::clone(&transport),
            Arc::clone(&clock) as _,
            RotationPolicy { wait: BOUND, ..RotationPolicy::STANDARD },
            Arc::clone(&counters),
        );
        let guarded = GuardedTransport::new(
            transport,
            LIMITS,
            Arc::clone(&clock) as _,
            Arc::clone(&counters),
        );
        let secret_key = SecretString::from(clerk.secret_key());
        let backend_api = Some(BackendApi::new(base, secret_key, Arc::new(guarded)));
        let authenticator = Authenticator::new(
            browsing(clerk.publishable_key(), options()),
            Connected { keys, backend_api, machine_tokens: None },
            Arc::new(VerifiedTokens::new(1024 * 1024)),
            counters,
        );
        let signed_in = clerk.sign_in(&SignIn::usual(&people::reader())).unwrap();
        let cookies =
            || clerk.cookie_header(&signed_in, &clerk.session_token(&signed_in.session, None));
        let expired = cookies();
        clock.advance(Duration::from_secs(700));
        let valid = cookies();
        let world = Self { clerk, clock, authenticator, valid, expired };
        assert!(world.is_served().await, "with the first keys");
        world
    }

    async fn ask(&self, target: &str, cookie: &str) -> Authentication {
        let headers = [("cookie", cookie)];
        self.authenticator
            .authenticate(&get(target, &headers), CredentialKinds::SESSION, self.clock.now())
            .await
    }

    async fn is_served(&self) -> bool {
        matches!(self.ask("/", &self.valid).await, Authentication::SignedIn(_))
    }

    /// Asks for a renewal and, while it is under way, for a good session. Returns what came of the
    /// renewal.
    async fn renew_beside_others(&self) -> Authentication {
        let stopwatch = Stopwatch::start();
        let (renewal, served) = tokio::join!(self.ask("/", &self.expired), self.is_served());
        assert!(served, "a good session needs nobody");
        assert!(stopwatch.elapsed() < BOUND, "{:?}", stopwatch.elapsed());
        renewal
    }
}

fn clerk_reason(found: &Authentication) -> String {
    let Authentication::SignedOut(out) = found else { panic!("{found:?}") };
    out.reason.clerk_reason().into_owned()
}

#[test]
fn a_clerk_that_fails_is_left_alone_after_a_few_calls_and_tried_again_later() {
    for (fault, code) in [
        (SLOW, "fetch-error"),
        (Fault::server_error(), "unexpected-bapi-error"),
        (Fault::Down, "fetch-error"),
    ] {
        run(async {
            let world = World::new().await;
            world.clerk.faults().inject_everywhere(&fault);
            for _ in 0..5 {
                let found = clerk_reason(&world.renew_beside_others().await);
                assert_eq!(found, format!("session-token-expired-refresh-{code}"), "{fault:?}");
            }
            let before = world.clerk.requests().total();
            for _ in 0..20 {
                let found = clerk_reason(&world.renew_beside_others().await);
                assert_eq!(found, "session-token-expired-refresh-fetch-error", "{fault:?}");
                let returning = world.ask("/?__clerk_handshake_nonce=n", "").await;
                assert_eq!(clerk_reason(&returning), "session-token-missing");
            }
            assert_eq!(world.clerk.requests().total(), before, "{fault:?}");
            let counters = world.authenticator.counters();
            let counts = (counters.call_failed.get(), counters.call_refused_by_circuit.get());
            assert_eq!(counts, (5, 40), "{fault:?}");

            world.clerk.faults().clear();
            world.clock.advance(Duration::from_secs(5));
            let found = world.renew_beside_others().await;
            assert!(matches!(found, Authentication::SignedIn(_)), "{fault:?} {found:?}");
        });
    }
}

#[test]
fn a_nonce_that_a_slow_clerk_keeps_is_given_up_soon() {
    run(async {
        let world = World::new().await;
        world.clerk.faults().inject(Endpoint::HandshakePayload, SLOW);
        let stopwatch = Stopwatch::start();
        let (returning, served) =
            tokio::join!(world.ask("/?__clerk_handshake_nonce=n", ""), world.is_served());
        assert!(served && stopwatch.elapsed() < BOUND);
        assert_eq!(clerk_reason(&returning), "session-token-missing");
        assert_eq!(world.clerk.requests().count(Endpoint::HandshakePayload), 1);
    });
}

#[test]
fn a_clerk_that_answers_with_rubbish_renews_nobody() {
    run(async {
        let world = World::new().await;
        world.clerk.faults().inject_everywhere(&Fault::garbage());
        for _ in 0..10 {
            let found = clerk_reason(&world.renew_beside_others().await);
            assert_eq!(found, "session-token-expired-refresh-fetch-error");
        }
    });
}

#[test]
fn a_crowd_at_a_slow_clerk_is_cut_short() {
    run(async {
        let world = World::new().await;
        world.clerk.faults().inject(Endpoint::Refresh, SLOW);
        let stopwatch = Stopwatch::start();
        let mut crowd = tokio::task::JoinSet::new();
        let world = Arc::new(world);
        for _ in 0..100 {
            let world = Arc::clone(&world);
            crowd.spawn(async move { clerk_reason(&world.renew_beside_others().await) });
        }
        while let Some(found) = crowd.join_next().await {
            assert_eq!(found.unwrap(), "session-token-expired-refresh-fetch-error");
        }
        assert!(stopwatch.elapsed() < BOUND);
        let counters = world.authenticator.counters();
        let by_number = counters.call_refused_by_concurrency.get();
        let by_circuit = counters.call_refused_by_circuit.get();
        assert_eq!(by_number + by_circuit + counters.call_failed.get(), 100);
        assert!(by_number > 0);
        // The eight at first, and those that took the places of the four before the circuit opened.
        assert!(world.clerk.requests().count(Endpoint::Refresh) <= 12);
    });
}

#[test]
fn good_sessions_outlive_clerk() {
    run(async {
        let World { clerk, clock, authenticator, valid, expired } = World::new().await;
        drop(clerk);
        for _ in 0..10 {
            for (cookie, signed_in) in [(&valid, true), (&expired, false)] {
                let stopwatch = Stopwatch::start();
                let headers = [("cookie", cookie.as_str())];
                let found = authenticator
                    .authenticate(&get("/", &headers), CredentialKinds::SESSION, clock.now())
                    .await;
                assert_eq!(matches!(found, Authentication::SignedIn(_)), signed_in, "{found:?}");
                assert!(stopwatch.elapsed() < BOUND);
            }
        }
        assert_eq!(authenticator.counters().call_failed.get(), 5);
    });
}
