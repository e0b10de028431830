//! Bytes that are read a portion at a time.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Bytes of a portion: with the headers of a browser's request, half a dozen calls. Envoy sends what its
/// clients have asked for in the meantime in one piece, and does nothing until the first answer arrives.
pub(super) const BYTES: usize = 12 * 1024;

/// How much of the present portion has been read.
#[derive(Clone, Debug, Default)]
pub(super) struct Portion(Arc<AtomicUsize>);

impl Portion {
    /// The stream, to be read in portions.
    pub(super) const fn of<S>(self, stream: S) -> InPortions<S> {
        InPortions { stream, portion: self }
    }

    /// Begins the next portion where this one is over, and says so.
    pub(super) fn next(&self) -> bool {
        let is_over = self.is_over();
        if is_over {
            self.0.store(0, Ordering::Relaxed);
        }
        is_over
    }

    fn is_over(&self) -> bool {
        self.0.load(Ordering::Relaxed) >= BYTES
    }
}

/// A stream of which no more is read once a portion is over, until the next has begun. Whoever begins it
/// must read on, for the reader is not woken.
pub(in crate::serve::grpc) struct InPortions<S> {
    stream: S,
    portion: Portion,
}

impl<S: AsyncRead + Unpin> AsyncRead for InPortions<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.portion.is_over() {
            return Poll::Pending;
        }
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(context, buffer);
        match polled {
            Poll::Ready(_) => {
                let read = buffer.filled().len() - before;
                self.portion.0.fetch_add(read, Ordering::Relaxed);
            }
            // Whatever comes next has not arrived together with this.
            Poll::Pending => self.portion.0.store(0, Ordering::Relaxed),
        }
        polled
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for InPortions<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
