//! Runs the calls of a connection where the connection is read.
//!
//! A decision takes microseconds, so to hand it to another task costs more than to make it: the other
//! task has to be woken, often on another processor, and the connection again for each answer. Calls
//! that arrive together are therefore begun one after the other as soon as all have been read, and their
//! answers leave together. A call that has to wait goes on as a task of its own, and so does every call
//! beyond the first few, since then there is enough work for more than one processor.

use crate::serve::panics::caught;
use futures_util::{FutureExt as _, future::BoxFuture};
use hyper::rt::Executor;
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
pub(super) struct Calls(Arc<Mutex<Vec<BoxFuture<'static, ()>>>>);

impl Calls {
    /// The connection as it is to be polled.
    pub(super) const fn driving<C: Future + Unpin>(self, connection: C) -> Driven<C> {
        Driven { connection, calls: self }
    }

    fn take(&self) -> Vec<BoxFuture<'static, ()>> {
        mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl<F: Future<Output = ()> + Send + 'static> Executor<F> for Calls {
    fn execute(&self, call: F) {
        // One that panics must not take the connection along, and with it everybody else's calls.
        let call = caught(call).map(drop).boxed();
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(call);
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
        loop {
            let polled = self.connection.poll_unpin(context);
            let calls = self.calls.take();
            if calls.is_empty() {
                return polled;
            }
            for (number, mut call) in calls.into_iter().enumerate() {
                let here = number < HERE && polled.is_pending();
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
