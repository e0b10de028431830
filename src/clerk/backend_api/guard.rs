//! Keeps the calls that requests cause from piling up when Clerk is down or slow: bounded in time, in
//! number, and not tried at all while they are known to fail.

mod circuit;

pub use circuit::CircuitPolicy;

use super::{Answer, NoAnswer, Outgoing, Sending, Transport};
use crate::{clerk::counters::Counters, core::clock::SharedClock};
use circuit::{Admission, Change, Circuit, Ending};
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{sync::Semaphore, time::timeout};

/// The limits of the calls that requests cause, for one instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallLimits {
    /// How long one call may take, from the first byte sent to the last one read.
    pub deadline: Duration,
    /// How many calls may be under way at once. What comes on top is refused, not kept waiting.
    pub concurrent: usize,
    /// When calls are not tried at all.
    pub circuit: CircuitPolicy,
}

impl CallLimits {
    /// 400 ms, which leaves a proxy that waits half a second its answer; 64 calls at once; 5 failures
    /// in a row open the circuit for 5 seconds.
    pub const STANDARD: Self = Self {
        deadline: Duration::from_millis(400),
        concurrent: 64,
        circuit: CircuitPolicy { failures: 5, open_for: Duration::from_secs(5) },
    };
}

/// A transport within limits. It is meant for calls that somebody waits for; what is fetched in the
/// background has limits of its own. Must be used within a Tokio runtime with time enabled.
#[derive(Debug)]
pub struct GuardedTransport {
    transport: Arc<dyn Transport>,
    deadline: Duration,
    slots: Semaphore,
    circuit: Mutex<Circuit>,
    clock: SharedClock,
    counters: Arc<Counters>,
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
            deadline: limits.deadline,
            slots: Semaphore::new(limits.concurrent.min(Semaphore::MAX_PERMITS)),
            circuit: Mutex::new(Circuit::new(limits.circuit)),
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
        let Some(admission) = self.circuit(|circuit| circuit.admit(self.clock.now())) else {
            self.counters.call_refused_by_circuit.increment();
            return Err(NoAnswer::CircuitOpen);
        };
        let mut call = UnderWay { guard: self, admission, ending: Ending::Abandoned };
        let answer = timeout(self.deadline, self.transport.send(request)).await;
        let answer = answer.unwrap_or(Err(NoAnswer::Timeout));
        call.ending = match &answer {
            Ok(answer) if answer.status < 500 => Ending::Answered,
            Ok(_) | Err(_) => Ending::Failed,
        };
        answer
    }

    fn circuit<T>(&self, ask: impl FnOnce(&mut Circuit) -> T) -> T {
        ask(&mut self.circuit.lock().unwrap_or_else(PoisonError::into_inner))
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
        match guard.circuit(|circuit| circuit.ended(self.admission, self.ending, now)) {
            None => {}
            Some(Change::Opened) => {
                tracing::warn!("calls to Clerk fail; for a while none is tried");
            }
            Some(Change::Closed) => tracing::info!("calls to Clerk succeed again"),
        }
    }
}

#[cfg(test)]
mod tests;
