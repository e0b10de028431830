//! Keeps the calls that requests cause from piling up when Clerk is down or slow: bounded in time, in
//! number and rate, and not tried at all while they are known to fail.

mod budget;
mod circuit;

pub use budget::CallRate;
pub use circuit::CircuitPolicy;

use super::{Answer, NoAnswer, Outgoing, Repeat, Sending, Transport};
use crate::{clerk::counters::Counters, core::clock::SharedClock};
use budget::{Budget, Spent};
use circuit::{Admission, Change, Circuit, Ending};
use std::{
    num::NonZeroU32,
    pin::{Pin, pin},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{
    select,
    sync::Semaphore,
    time::{Sleep, sleep},
};

/// What Clerk answers where it has been called too often.
const TOO_MANY_REQUESTS: u16 = 429;

/// The limits of the calls that requests cause, for one instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallLimits {
    /// How long one call may take, from the first byte sent to the last one read, repetitions included.
    pub deadline: Duration,
    /// How many calls may be under way at once. What comes on top is refused, not kept waiting.
    pub concurrent: usize,
    /// How many may go out. What comes on top is refused, not kept waiting.
    pub rate: CallRate,
    /// How often a call that may be repeated is sent at most. Zero counts as one.
    pub attempts: u32,
    /// How long to wait before a repetition at least; at most twice as long.
    pub pause: Duration,
    /// When calls are not tried at all.
    pub circuit: CircuitPolicy,
}

impl CallLimits {
    /// 400 ms, which leaves a proxy that waits half a second its answer; 64 calls at once, at any
    /// rate; one repetition after 25 ms or more; 5 failures in a row open the circuit for 5 seconds.
    pub const STANDARD: Self = Self {
        deadline: Duration::from_millis(400),
        concurrent: 64,
        rate: CallRate::Unlimited,
        attempts: 2,
        pause: Duration::from_millis(25),
        circuit: CircuitPolicy { failures: 5, open_for: Duration::from_secs(5) },
    };

    /// The same for calls about machine credentials: so many in any ten seconds.
    #[must_use]
    pub const fn at_rate(calls: NonZeroU32) -> Self {
        Self { rate: CallRate::PerTenSeconds(calls), ..Self::STANDARD }
    }
}

/// A transport within limits. It is meant for calls that somebody waits for; what is fetched in the
/// background has limits of its own. Must be used within a Tokio runtime with time enabled.
#[derive(Debug)]
pub struct GuardedTransport {
    transport: Arc<dyn Transport>,
    limits: CallLimits,
    slots: Semaphore,
    gate: Mutex<Gate>,
    clock: SharedClock,
    counters: Arc<Counters>,
}

/// What decides whether a call goes out.
#[derive(Debug)]
struct Gate {
    budget: Budget,
    circuit: Circuit,
}

impl GuardedTransport {
    /// Puts `limits` on `transport`. Whatever shares the result shares the limits.
    #[must_use]
    pub fn new(
        transport: Arc<dyn Transport>,
        limits: CallLimits,
        clock: SharedClock,
        counters: Arc<Counters>,
    ) -> Self {
        Self {
            transport,
            limits,
            slots: Semaphore::new(limits.concurrent.min(Semaphore::MAX_PERMITS)),
            gate: Mutex::new(Gate {
                budget: Budget::new(limits.rate),
                circuit: Circuit::new(limits.circuit),
            }),
            clock,
            counters,
        }
    }

    async fn exchange(&self, request: Outgoing<'_>) -> Result<Answer, NoAnswer> {
        // First the slot: a call without one must not use the trial up.
        let Ok(_slot) = self.slots.try_acquire() else {
            self.counters.call_refused_by_concurrency.increment();
            return Err(NoAnswer::TooManyCalls);
        };
        let mut deadline = pin!(sleep(self.limits.deadline));
        let attempts = match request.repeat {
            Repeat::Never => 1,
            Repeat::AfterFailure => self.limits.attempts.max(1),
        };
        let mut answer = self.attempt(request.clone(), deadline.as_mut()).await;
        for _ in 1..attempts {
            if !is_worth_repeating(&answer) || !self.pause(deadline.as_mut()).await {
                break;
            }
            match self.attempt(request.clone(), deadline.as_mut()).await {
                // It was not sent: what was heard before stands.
                Err(error) if error.is_refusal_of_ours() => break,
                repeated => answer = repeated,
            }
            self.counters.call_repeated.increment();
        }
        answer
    }

    /// Sends once, if that is within the limits.
    async fn attempt(
        &self,
        request: Outgoing<'_>,
        deadline: Pin<&mut Sleep>,
    ) -> Result<Answer, NoAnswer> {
        let admission = self.admit()?;
        self.counters.call_sent.increment();
        let mut call = UnderWay { guard: self, admission, ending: Ending::Abandoned };
        let answer = select! {
            answer = self.transport.send(request) => answer,
            () = deadline => Err(NoAnswer::Timeout),
        };
        call.ending = match &answer {
            Ok(answer) if answer.status < 500 => Ending::Answered,
            Ok(_) | Err(_) => Ending::Failed,
        };
        if let Ok(Answer { status: TOO_MANY_REQUESTS, retry_after, .. }) = &answer {
            self.counters.call_answered_too_many.increment();
            let now = self.clock.now();
            self.gate(|gate| gate.budget.block(now, *retry_after));
            tracing::warn!(?retry_after, "Clerk is called too often, and is not for a while");
        }
        answer
    }

    /// The circuit is asked first: while it is open nothing is taken out of the budget.
    fn admit(&self) -> Result<Admission, NoAnswer> {
        let now = self.clock.now();
        let admission = self.gate(|gate| {
            let admission = gate.circuit.admit(now).ok_or(NoAnswer::CircuitOpen)?;
            gate.budget.take(now).map_err(|spent| {
                // It was not sent after all: another one may be the trial.
                gate.circuit.ended(admission, Ending::Abandoned, now);
                match spent {
                    Spent::Allowance => NoAnswer::RateExceeded,
                    Spent::Blocked => NoAnswer::Blocked,
                }
            })?;
            Ok(admission)
        });
        match admission {
            Err(NoAnswer::CircuitOpen) => self.counters.call_refused_by_circuit.increment(),
            Err(NoAnswer::RateExceeded) => self.counters.call_refused_by_rate.increment(),
            Err(NoAnswer::Blocked) => self.counters.call_refused_by_block.increment(),
            _ => {}
        }
        admission
    }

    /// Waits before a repetition; `false` once the deadline has passed.
    async fn pause(&self, deadline: Pin<&mut Sleep>) -> bool {
        // Those who failed together must not come back together.
        let pause = self.limits.pause.mul_f64(1.0 + fastrand::f64());
        select! {
            biased;
            () = deadline => false,
            () = sleep(pause) => true,
        }
    }

    fn gate<T>(&self, ask: impl FnOnce(&mut Gate) -> T) -> T {
        ask(&mut self.gate.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Whether the other side may do better the next time. After the deadline there is no next time.
const fn is_worth_repeating(answer: &Result<Answer, NoAnswer>) -> bool {
    match answer {
        Ok(answer) => answer.status >= 500,
        Err(NoAnswer::Connect | NoAnswer::BrokenOff) => true,
        Err(
            NoAnswer::Timeout
            | NoAnswer::TooLarge
            | NoAnswer::CircuitOpen
            | NoAnswer::TooManyCalls
            | NoAnswer::RateExceeded
            | NoAnswer::Blocked,
        ) => false,
    }
}

impl Transport for GuardedTransport {
    fn send<'a>(&'a self, request: Outgoing<'a>) -> Sending<'a> {
        Box::pin(self.exchange(request))
    }
}

/// A call that passed. Reports its end however it comes, also when whoever waited has gone away.
struct UnderWay<'g> {
    guard: &'g GuardedTransport,
    admission: Admission,
    ending: Ending,
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        let guard = self.guard;
        if self.ending == Ending::Failed {
            guard.counters.call_failed.increment();
        }
        let now = guard.clock.now();
        match guard.gate(|gate| gate.circuit.ended(self.admission, self.ending, now)) {
            None => {}
            Some(Change::Opened) => {
                // After a trial it was open all along.
                if self.admission == Admission::Regular {
                    guard.counters.circuits_open.rise();
                }
                tracing::warn!("calls to Clerk fail; for a while none is tried");
            }
            Some(Change::Closed) => {
                guard.counters.circuits_open.fall();
                tracing::info!("calls to Clerk succeed again");
            }
        }
    }
}

#[cfg(test)]
mod tests;
