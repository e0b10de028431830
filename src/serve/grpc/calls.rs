//! Runs the calls of a connection where the connection is read.
//!
//! A decision takes microseconds, so to hand it to another task costs more than to make it: the other
//! task has to be woken, often on another processor, and the connection again for each answer. Calls
//! that arrive together are therefore begun one after the other where they are read, a portion at a time:
//! the answers of each portion leave together, before the next is begun, so that whoever asked has
//! something to go on with. A call that has to wait goes on as a task of its own, and so does every call
//! beyond the first few, since then there is enough work for more than one processor.

mod portions;

use crate::serve::panics::caught;
use futures_util::{FutureExt as _, future::BoxFuture};
use hyper::rt::Executor;
use portions::{InPortions, Portion};
use std::{
    mem,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, Waker},
};

/// Of the calls that arrive together on one connection, those that are run where it is read.
const HERE: usize = 32;

/// The calls of one connection that have not begun yet.
#[derive(Clone, Default)]
pub(super) struct Calls {
    read: Arc<Mutex<Vec<BoxFuture<'static, ()>>>>,
    portion: Portion,
}

impl Calls {
    /// The bytes of the connection as they are to be read.
    pub(super) fn read_from<S>(&self, stream: S) -> InPortions<S> {
        self.portion.clone().of(stream)
    }

    /// The connection as it is to be polled.
    pub(super) const fn driving<C: Future + Unpin>(self, connection: C) -> Driven<C> {
        Driven { connection, calls: self }
    }

    fn take(&self) -> Vec<BoxFuture<'static, ()>> {
        mem::take(&mut *self.read.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl<F: Future<Output = ()> + Send + 'static> Executor<F> for Calls {
    fn execute(&self, call: F) {
        // One that panics must not take the connection along, and with it everybody else's calls.
        let call = caught(call).map(drop).boxed();
        self.read.lock().unwrap_or_else(PoisonError::into_inner).push(call);
    }
}

/// A connection, and the calls that arrive on it.
pub(super) struct Driven<C> {
    connection: C,
    calls: Calls,
}

impl<C> Driven<C> {
    pub(super) const fn connection(&mut self) -> &mut C {
        &mut self.connection
    }
}

impl<C: Future + Unpin> Future for Driven<C> {
    type Output = C::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<C::Output> {
        let mut begun = 0;
        loop {
            let polled = self.connection.poll_unpin(context);
            let calls = self.calls.take();
            // Nobody else wakes a connection that was kept from reading on.
            let is_kept = self.calls.portion.next();
            if calls.is_empty() && !is_kept {
                return polled;
            }
            for mut call in calls {
                begun += 1;
                let here = begun <= HERE && polled.is_pending();
                // One that waits is polled again at once by the task that it becomes, and is woken there.
                let mut nobody = Context::from_waker(Waker::noop());
                if !(here && call.poll_unpin(&mut nobody).is_ready()) {
                    tokio::spawn(call);
                }
            }
            if polled.is_ready() {
                return polled;
            }
        }
    }
}

#[cfg(test)]
mod tests;
