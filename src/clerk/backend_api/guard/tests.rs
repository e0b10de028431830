use super::{CallLimits, CallRate, CircuitPolicy, GuardedTransport};
use crate::{
    clerk::{
        backend_api::{Answer, NoAnswer, Outgoing, Repeat, Sending, Transport},
        counters::Counters,
        fixture::{Script, at, run},
    },
    core::clock::ManualClock,
};
use http::Method;
use std::{
    collections::VecDeque,
    future::{pending, poll_fn},
    num::NonZeroU32,
    pin::pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    task::Poll,
    time::Duration,
};

const LIMITS: CallLimits = CallLimits {
    deadline: Duration::from_millis(20),
    concurrent: 2,
    rate: CallRate::Unlimited,
    attempts: 3,
    pause: Duration::from_millis(1),
    circuit: CircuitPolicy { failures: 3, open_for: Duration::from_secs(5) },
};

fn answer(status: u16) -> Answer {
    Answer { status, content_type: None, retry_after: None, body: Vec::new() }
}

/// A Clerk that takes calls and never answers.
#[derive(Debug)]
struct Stuck;

impl Transport for Stuck {
    fn send<'a>(&'a self, _: Outgoing<'a>) -> Sending<'a> {
        Box::pin(pending())
    }
}

/// A Clerk that nobody reaches three times, that does not answer once, and that is well thereafter.
#[derive(Debug, Default)]
struct DownThenStuckThenWell(AtomicUsize);

impl Transport for DownThenStuckThenWell {
    fn send<'a>(&'a self, _: Outgoing<'a>) -> Sending<'a> {
        match self.0.fetch_add(1, Ordering::Relaxed) {
            0..=2 => Box::pin(async { Err(NoAnswer::Connect) }),
            3 => Box::pin(pending()),
            _ => Box::pin(async { Ok(answer(200)) }),
        }
    }
}

struct World {
    guarded: GuardedTransport,
    clock: Arc<ManualClock>,
    counters: Arc<Counters>,
}

impl World {
    fn new(transport: Arc<dyn Transport>, limits: CallLimits) -> Self {
        let clock = Arc::new(ManualClock::at(at(0)));
        let counters = Arc::new(Counters::default());
        let shared = Arc::clone(&counters);
        let guarded = GuardedTransport::new(transport, limits, Arc::clone(&clock) as _, shared);
        Self { guarded, clock, counters }
    }

    async fn call(&self) -> Result<u16, NoAnswer> {
        self.send(Repeat::Never).await
    }

    /// A call that only asks.
    async fn ask(&self) -> Result<u16, NoAnswer> {
        self.send(Repeat::AfterFailure).await
    }

    async fn send(&self, repeat: Repeat) -> Result<u16, NoAnswer> {
        let url = "https://api.test/".parse().unwrap();
        let request = Outgoing { method: Method::GET, url, secret_key: None, json: None, repeat };
        self.guarded.send(request).await.map(|Answer { status, .. }| status)
    }

    /// Failed, refused by the circuit, refused for their number.
    fn counts(&self) -> (u64, u64, u64) {
        let counters = &self.counters;
        (
            counters.call_failed.get(),
            counters.call_refused_by_circuit.get(),
            counters.call_refused_by_concurrency.get(),
        )
    }
}

/// Lets a future begin, and no more.
async fn begin<F: Future>(future: std::pin::Pin<&mut F>) {
    let mut future = Some(future);
    poll_fn(|context| {
        if let Some(future) = future.take() {
            assert!(future.poll(context).is_pending());
        }
        Poll::Ready(())
    })
    .await;
}

#[expect(clippy::unnecessary_wraps, reason = "stands among answers that do not come")]
fn status(status: u16) -> Result<(u16, String), NoAnswer> {
    Ok((status, "{}".to_owned()))
}

#[test]
fn failures_in_a_row_end_the_calls_and_an_answer_brings_them_back() {
    run(async {
        for failure in [Err(NoAnswer::Connect), Err(NoAnswer::Timeout), status(500), status(503)] {
            let script = Script::new([failure.clone()]);
            let world = World::new(Arc::clone(&script) as _, LIMITS);
            let expected = failure.map(|(status, _)| status);
            for _ in 0..3 {
                assert_eq!(world.call().await, expected);
            }
            for _ in 0..10 {
                assert_eq!(world.call().await, Err(NoAnswer::CircuitOpen));
            }
            assert_eq!((script.count(), world.counts()), (3, (3, 10, 0)));

            world.clock.advance(Duration::from_secs(5));
            assert_eq!(world.call().await, expected, "on trial");
            assert_eq!(world.call().await, Err(NoAnswer::CircuitOpen));
            world.clock.advance(Duration::from_secs(5));
            script.now_answers(status(200));
            for _ in 0..5 {
                assert_eq!(world.call().await, Ok(200));
            }
            assert_eq!((script.count(), world.counts()), (9, (4, 11, 0)));
        }
    });
}

#[test]
fn a_refusal_is_an_answer_so_no_visitor_opens_the_circuit_with_rubbish() {
    run(async {
        for refusal in [400, 401, 404, 422] {
            let world = World::new(Script::new([status(refusal)]), LIMITS);
            for _ in 0..20 {
                assert_eq!(world.call().await, Ok(refusal));
            }
            assert_eq!(world.counts(), (0, 0, 0));
        }
    });
}

#[test]
fn a_call_without_an_answer_ends_with_its_deadline_and_is_a_failure() {
    run(async {
        let world = World::new(Arc::new(Stuck), LIMITS);
        for _ in 0..3 {
            assert_eq!(world.call().await, Err(NoAnswer::Timeout));
        }
        assert_eq!(world.call().await, Err(NoAnswer::CircuitOpen));
        assert_eq!(world.counts(), (3, 1, 0));
    });
}

#[test]
fn what_exceeds_the_number_of_calls_is_refused_without_waiting() {
    run(async {
        let world =
            World::new(Arc::new(Stuck), CallLimits { deadline: Duration::from_secs(60), ..LIMITS });
        {
            let (mut first, mut second) = (pin!(world.call()), pin!(world.call()));
            begin(first.as_mut()).await;
            begin(second.as_mut()).await;
            for _ in 0..5 {
                assert_eq!(world.call().await, Err(NoAnswer::TooManyCalls));
            }
        }
        let mut freed = pin!(world.call());
        begin(freed.as_mut()).await;
        assert_eq!(world.counts(), (0, 0, 5), "a refusal is no failure");
    });
}

#[test]
fn visitors_who_go_away_do_not_open_the_circuit() {
    run(async {
        let world = World::new(Arc::new(Stuck), LIMITS);
        for _ in 0..20 {
            let mut call = pin!(world.call());
            begin(call.as_mut()).await;
        }
        assert_eq!(world.counts(), (0, 0, 0));
    });
}

#[test]
fn a_trial_that_nobody_waits_for_makes_room_for_another() {
    run(async {
        let world = World::new(Arc::new(DownThenStuckThenWell::default()), LIMITS);
        for _ in 0..3 {
            assert_eq!(world.call().await, Err(NoAnswer::Connect));
        }
        world.clock.advance(Duration::from_secs(5));
        {
            let mut trial = pin!(world.call());
            begin(trial.as_mut()).await;
            assert_eq!(world.call().await, Err(NoAnswer::CircuitOpen));
        }
        assert_eq!(world.call().await, Ok(200));
    });
}

#[test]
fn no_calls_at_all_can_be_allowed() {
    run(async {
        let script = Script::new([status(200)]);
        let world = World::new(Arc::clone(&script) as _, CallLimits { concurrent: 0, ..LIMITS });
        assert_eq!(world.call().await, Err(NoAnswer::TooManyCalls));
        assert_eq!(script.count(), 0);
    });
}

/// A Clerk that gives each answer once, then 200, and counts.
#[derive(Debug)]
struct Giving(Mutex<VecDeque<Result<Answer, NoAnswer>>>, AtomicUsize);

impl Giving {
    fn new(answers: impl IntoIterator<Item = Result<Answer, NoAnswer>>) -> Arc<Self> {
        Arc::new(Self(Mutex::new(answers.into_iter().collect()), AtomicUsize::new(0)))
    }

    fn count(&self) -> usize {
        self.1.load(Ordering::Relaxed)
    }
}

impl Transport for Giving {
    fn send<'a>(&'a self, _: Outgoing<'a>) -> Sending<'a> {
        self.1.fetch_add(1, Ordering::Relaxed);
        let next = self.0.lock().unwrap().pop_front().unwrap_or(Ok(answer(200)));
        Box::pin(async move { next })
    }
}

#[expect(clippy::unnecessary_wraps, reason = "stands among answers that do not come")]
fn too_many(retry_after: Option<u64>) -> Result<Answer, NoAnswer> {
    Ok(Answer { retry_after: retry_after.map(Duration::from_secs), ..answer(429) })
}

#[test]
fn a_call_that_only_asks_is_repeated_after_a_failure_and_no_other_is() {
    run(async {
        for failure in [Err(NoAnswer::Connect), Err(NoAnswer::BrokenOff), Ok(answer(500))] {
            let clerk = Giving::new([failure.clone(), failure.clone()]);
            let world = World::new(Arc::clone(&clerk) as _, LIMITS);
            assert_eq!(world.ask().await, Ok(200));
            assert_eq!((clerk.count(), world.counters.call_repeated.get()), (3, 2));

            let clerk = Giving::new([failure.clone()]);
            let world = World::new(Arc::clone(&clerk) as _, LIMITS);
            assert_eq!(world.call().await, failure.map(|answer| answer.status));
            assert_eq!(clerk.count(), 1, "it may have been acted on");
        }
    });
}

#[test]
fn what_was_answered_is_not_asked_again() {
    run(async {
        for status in [200, 400, 401, 404, 429] {
            let clerk = Giving::new([Ok(answer(status))]);
            let world = World::new(Arc::clone(&clerk) as _, LIMITS);
            assert_eq!((world.ask().await, clerk.count()), (Ok(status), 1));
        }
    });
}

#[test]
fn repetitions_end_with_their_number_with_the_circuit_and_with_the_deadline() {
    run(async {
        let down = || (0..10).map(|_| Err(NoAnswer::Connect));
        let clerk = Giving::new(down());
        let limits = CallLimits { attempts: 2, ..LIMITS };
        let world = World::new(Arc::clone(&clerk) as _, limits);
        assert_eq!((world.ask().await, clerk.count()), (Err(NoAnswer::Connect), 2));

        let clerk = Giving::new(down());
        let limits = CallLimits { attempts: 9, ..LIMITS };
        let world = World::new(Arc::clone(&clerk) as _, limits);
        assert_eq!((world.ask().await, clerk.count()), (Err(NoAnswer::Connect), 3));
        assert_eq!(world.ask().await, Err(NoAnswer::CircuitOpen));

        let clerk = Giving::new(down());
        let limits = CallLimits { pause: Duration::from_secs(3600), ..LIMITS };
        let world = World::new(Arc::clone(&clerk) as _, limits);
        assert_eq!((world.ask().await, clerk.count()), (Err(NoAnswer::Connect), 1));

        let world = World::new(Arc::new(Stuck), LIMITS);
        assert_eq!(world.ask().await, Err(NoAnswer::Timeout));
        assert_eq!((world.counts().0, world.counters.call_repeated.get()), (1, 0));
    });
}

#[test]
fn no_more_calls_go_out_than_the_rate_allows_repetitions_included() {
    run(async {
        let rate = CallRate::PerTenSeconds(NonZeroU32::new(6).unwrap());
        let limits = CallLimits { rate, ..LIMITS };
        let clerk = Giving::new([]);
        let world = World::new(Arc::clone(&clerk) as _, limits);
        for _ in 0..3 {
            assert_eq!(world.ask().await, Ok(200));
        }
        for _ in 0..20 {
            assert_eq!(world.ask().await, Err(NoAnswer::RateExceeded));
        }
        assert_eq!((clerk.count(), world.counters.call_refused_by_rate.get()), (3, 20));
        world.clock.advance(Duration::from_secs(10));
        assert_eq!(world.ask().await, Ok(200), "and the circuit has not opened");

        let clerk = Giving::new((0..9).map(|_| Ok(answer(500))));
        let limits = CallLimits {
            circuit: CircuitPolicy { failures: 9, open_for: Duration::from_secs(5) },
            ..limits
        };
        let world = World::new(Arc::clone(&clerk) as _, limits);
        for _ in 0..9 {
            let _ = world.ask().await;
        }
        assert_eq!(clerk.count(), 3);
    });
}

#[test]
fn clerk_is_left_alone_for_as_long_as_it_asks_for() {
    run(async {
        let clerk = Giving::new([too_many(Some(7)), too_many(None)]);
        let world = World::new(Arc::clone(&clerk) as _, LIMITS);
        assert_eq!(world.ask().await, Ok(429));
        world.clock.advance(Duration::from_millis(6_999));
        assert_eq!(world.ask().await, Err(NoAnswer::Blocked));
        world.clock.advance(Duration::from_millis(1));
        assert_eq!(world.ask().await, Ok(429), "asked again, and told so again");
        assert_eq!(world.ask().await, Err(NoAnswer::Blocked));
        world.clock.advance(Duration::from_secs(1));
        assert_eq!(world.ask().await, Ok(200));
        let counters = &world.counters;
        assert_eq!(
            (counters.call_answered_too_many.get(), counters.call_refused_by_block.get()),
            (2, 2)
        );
        assert_eq!((clerk.count(), world.counts()), (3, (0, 0, 0)));
    });
}

#[test]
fn the_level_of_open_circuits_follows_them_and_every_call_that_goes_out_is_counted() {
    run(async {
        let away = || Err(NoAnswer::Connect);
        let script = Script::new([away(), away(), away(), away(), status(200)]);
        let world = World::new(script, LIMITS);
        let seen = || (world.counters.circuits_open.get(), world.counters.call_sent.get());
        for expected in [(0, 1), (0, 2), (1, 3)] {
            assert_eq!(world.call().await, Err(NoAnswer::Connect));
            assert_eq!(seen(), expected);
        }
        assert_eq!(world.call().await, Err(NoAnswer::CircuitOpen));
        assert_eq!(seen(), (1, 3), "what is refused here does not go out");
        // The trial fails: it stays one circuit that is open.
        world.clock.advance(Duration::from_secs(5));
        assert_eq!(world.call().await, Err(NoAnswer::Connect));
        assert_eq!(seen(), (1, 4));
        world.clock.advance(Duration::from_secs(5));
        assert_eq!(world.call().await, Ok(200));
        assert_eq!(seen(), (0, 5));
    });
}
