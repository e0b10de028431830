use super::{CallLimits, CircuitPolicy, GuardedTransport};
use crate::{
    clerk::{
        backend_api::{Answer, NoAnswer, Outgoing, Sending, Transport},
        counters::Counters,
        fixture::{Script, at, run},
    },
    core::clock::ManualClock,
};
use http::Method;
use std::{
    future::{pending, poll_fn},
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::Poll,
    time::Duration,
};

const LIMITS: CallLimits = CallLimits {
    deadline: Duration::from_millis(20),
    concurrent: 2,
    circuit: CircuitPolicy { failures: 3, open_for: Duration::from_secs(5) },
};

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
            _ => {
                Box::pin(async { Ok(Answer { status: 200, content_type: None, body: Vec::new() }) })
            }
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
        let url = "https://api.test/".parse().unwrap();
        let request = Outgoing { method: Method::GET, url, secret_key: None, json: None };
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
        for refusal in [400, 401, 404, 422, 429] {
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
