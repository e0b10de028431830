//! The doors over HTTP.

use super::listeners::Listeners;
use crate::{
    config::settings::HttpSettings,
    serve::{
        http::{AuthzenApi, HttpDoors},
        listener::{ListenAddress, ListenError, Listener, tls::Protocols},
    },
};

/// Opens the listener, if anything is served there.
pub(super) async fn open_doors(
    settings: HttpSettings,
    listeners: &mut Listeners,
) -> Result<Option<(Listener, HttpDoors)>, ListenError> {
    let HttpSettings { listener, forward_auth, authzen } = settings;
    let Some(settings) = listener else { return Ok(None) };
    let scheme = if settings.tls.is_some() { "https" } else { "http" };
    let listener = listeners.open("http", settings, Protocols::Http1).await?;
    let authzen = authzen.map(|authzen| AuthzenApi {
        url: authzen.url.or_else(|| match listener.address() {
            ListenAddress::Tcp(address) => Some(format!("{scheme}://{address}")),
            ListenAddress::Unix(_) | ListenAddress::Abstract(_) => None,
        }),
    });
    Ok(Some((listener, HttpDoors { forward_auth, authzen })))
}
