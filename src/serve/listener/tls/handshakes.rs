//! Handshakes under way, beside the accepting of connections.

use super::{Tls, status::TlsStatus};
use crate::{
    core::peer::PeerNames,
    serve::listener::{
        connection::{Connection, ConnectionInfo, Plain},
        crowd::Place,
    },
};
use rustls::ServerConnection;
use std::{
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};
use tokio::{task::JoinSet, time::timeout};
use tokio_rustls::TlsAcceptor;
use webpki::EndEntityCert;

/// How many may be under way. More than this wait in the system's queue.
const MOST: usize = 512;

/// Handshakes under way.
#[derive(Debug)]
pub(in crate::serve::listener) struct Handshakes {
    tls: Tls,
    /// How long one may take.
    time: Duration,
    under_way: JoinSet<Option<Connection>>,
}

impl Handshakes {
    pub(in crate::serve::listener) fn new(tls: Tls, time: Duration) -> Self {
        Self { tls, time, under_way: JoinSet::new() }
    }

    pub(in crate::serve::listener) fn has_room(&self) -> bool {
        self.under_way.len() < MOST
    }

    /// Begins one.
    pub(in crate::serve::listener) fn begin(&mut self, stream: Plain, place: Place) {
        let time = self.time;
        let acceptor = TlsAcceptor::from(self.tls.current.load_full());
        let allowed = Arc::clone(&self.tls.allowed);
        let status = Arc::clone(&self.tls.status);
        self.under_way.spawn(async move {
            let address = stream.peer_address();
            let accepted = timeout(time, acceptor.accept(stream)).await;
            let stream = match accepted {
                Ok(Ok(stream)) => stream,
                Ok(Err(error)) => {
                    status.handshake_failed();
                    tracing::debug!(?address, %error, "a TLS handshake failed");
                    return None;
                }
                Err(_) => {
                    status.handshake_failed();
                    tracing::debug!(?address, "a TLS handshake took too long");
                    return None;
                }
            };
            let names = names(stream.get_ref().1);
            if !Tls::lets_in(&allowed, names.as_ref()) {
                refused(&status, names.as_ref());
                return None;
            }
            Some(Connection::encrypted(stream, ConnectionInfo { address, names }, place))
        });
    }

    /// The next one that succeeds; `Pending` while none does, also where none is under way.
    pub(in crate::serve::listener) fn poll_done(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Connection> {
        loop {
            match self.under_way.poll_join_next(context) {
                Poll::Ready(Some(Ok(Some(connection)))) => return Poll::Ready(connection),
                // One that failed, or that ended with a panic, says nothing about the others.
                Poll::Ready(Some(Ok(None) | Err(_))) => {}
                Poll::Ready(None) | Poll::Pending => return Poll::Pending,
            }
        }
    }
}

fn refused(status: &TlsStatus, names: Option<&PeerNames>) {
    status.client_refused();
    tracing::warn!(?names, "a client with a valid certificate is not among those let in");
}

/// The names in the certificate that the client showed, which has been verified.
fn names(connection: &ServerConnection) -> Option<PeerNames> {
    let certificate = connection.peer_certificates()?.first()?;
    let certificate = EndEntityCert::try_from(certificate).ok()?;
    let names = certificate.valid_uri_names().chain(certificate.valid_dns_names());
    Some(PeerNames::new(names.map(Into::into)))
}
