//! The listener that proxies and services ask at over HTTP.

use super::{
    authzen::{self, AuthzenApi},
    forward_auth::{self, ForwardAuth, ForwardAuthDoor},
};
use crate::{
    authorizer::Authorizer,
    serve::{PanicHook, http::server, limits::Limits, listener::Listener, respond::Disclosure},
};
use axum::{Router, http::StatusCode, routing::any};
use std::{io, sync::Arc};

/// What is served at the listener.
#[derive(Clone, Debug)]
pub struct HttpDoors {
    /// For proxies.
    pub forward_auth: Option<ForwardAuth>,
    /// For services that speak `AuthZEN`.
    pub authzen: Option<AuthzenApi>,
}

/// What stands behind the doors.
#[derive(Clone, Debug)]
pub(in crate::serve) struct Behind {
    pub(in crate::serve) authorizer: Arc<Authorizer>,
    pub(in crate::serve) disclosure: Disclosure,
    pub(in crate::serve) on_panic: PanicHook,
}

/// Serves until `draining` completes and every call under way is answered.
pub(in crate::serve) async fn serve(
    listener: Listener,
    doors: HttpDoors,
    behind: Behind,
    limits: Limits,
    draining: impl Future<Output = ()>,
) -> io::Result<()> {
    server::serve_until(listener, router(doors, behind), limits, draining).await
}

pub(super) fn router(doors: HttpDoors, behind: Behind) -> Router {
    let HttpDoors { forward_auth, authzen } = doors;
    let mut router = Router::new().fallback(|| async { StatusCode::NOT_FOUND });
    if let Some(proxies) = forward_auth {
        let Behind { authorizer, disclosure, on_panic } = behind.clone();
        let door = ForwardAuthDoor::new(authorizer, proxies, disclosure, on_panic);
        let routes = Router::new().route("/forward-auth/{profile}", any(forward_auth::ask));
        router = router.merge(routes.with_state(Arc::new(door)));
    }
    if let Some(api) = authzen {
        router = router.merge(authzen::routes(api, behind));
    }
    router
}
