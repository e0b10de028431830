//! The door for operators: liveness, readiness and metrics. It tells how the process is, so it
//! belongs on loopback or on a network of its own, never on a listener that users reach.

use super::{
    Readiness,
    http::server,
    limits::Limits,
    listener::Listener,
    panics::{Net, Panicked},
};
use axum::{
    Router,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use std::{fmt, io, sync::Arc};

/// What the door shows beyond what serving itself knows.
#[derive(Clone)]
pub struct AdminPages {
    /// The metrics in Prometheus's text format.
    pub metrics: Arc<dyn Fn() -> String + Send + Sync>,
    /// What is still missing before requests can be decided, a line each: shown with `/readyz`.
    pub missing: Arc<dyn Fn() -> Vec<String> + Send + Sync>,
    /// What is good to know besides, a line each: shown with `/readyz`, whatever it says.
    pub detail: Arc<dyn Fn() -> Vec<String> + Send + Sync>,
}

impl fmt::Debug for AdminPages {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("AdminPages")
    }
}

#[derive(Clone)]
struct Admin {
    pages: AdminPages,
    readiness: Readiness,
    net: Net,
}

pub(super) async fn serve(
    listener: Listener,
    pages: AdminPages,
    readiness: Readiness,
    limits: Limits,
    net: Net,
) -> io::Result<()> {
    server::serve(listener, router(pages, readiness, net), limits).await
}

fn router(pages: AdminPages, readiness: Readiness, net: Net) -> Router {
    Router::new()
        .route("/healthz", get(alive))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .with_state(Admin { pages, readiness, net })
}

async fn alive() -> Response {
    text(StatusCode::OK, "alive\n".to_owned())
}

async fn ready(State(admin): State<Admin>) -> Response {
    let page = admin.net.catch(async { readiness(&admin) }).await;
    page.unwrap_or_else(|Panicked| broken())
}

fn readiness(admin: &Admin) -> Response {
    let ready = admin.readiness.is_ready();
    let leaving = !ready && admin.readiness.is_leaving();
    let mut lines = vec![if ready { "ready" } else { "not ready" }.to_owned()];
    lines.extend(leaving.then(|| "shutting down".to_owned()));
    if !ready {
        lines.extend((admin.pages.missing)());
    }
    lines.extend((admin.pages.detail)());
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    text(status, lines.join("\n") + "\n")
}

async fn metrics(State(admin): State<Admin>) -> Response {
    let content_type = "text/plain; version=0.0.4; charset=utf-8";
    let page = admin.net.catch(async { (admin.pages.metrics)() }).await;
    page.map_or_else(
        |Panicked| broken(),
        |page| ([(header::CONTENT_TYPE, content_type)], page).into_response(),
    )
}

fn broken() -> Response {
    text(StatusCode::INTERNAL_SERVER_ERROR, "this page cannot be shown\n".to_owned())
}

fn text(status: StatusCode, page: String) -> Response {
    let headers =
        [(header::CONTENT_TYPE, "text/plain; charset=utf-8"), (header::CACHE_CONTROL, "no-store")];
    (status, headers, page).into_response()
}

#[cfg(test)]
mod tests {
    use super::{AdminPages, router};
    use crate::serve::{
        PanicHook,
        panics::Net,
        readiness::{Phase, Readiness},
    };
    use axum::{body::Body, http::Request};
    use std::sync::Arc;
    use tokio::sync::watch;
    use tower::ServiceExt as _;

    async fn get(path: &str, loaded: bool, phase: Phase) -> (u16, String) {
        let pages = AdminPages {
            metrics: Arc::new(|| "bailiff_up 1\n".to_owned()),
            missing: Arc::new(move || {
                if loaded { vec![] } else { vec!["no keys for instance `shop`".to_owned()] }
            }),
            detail: Arc::new(|| vec!["policy: revision r1".to_owned()]),
        };
        let readiness = Readiness::new(watch::channel(loaded).1, watch::channel(phase).1);
        let request = Request::get(path).body(Body::empty()).unwrap();
        let net = Net::under("admin", PanicHook::new(|_| {}));
        let response = router(pages, readiness, net).oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let body = axum::body::to_bytes(response.into_body(), 1024).await.unwrap();
        (status, String::from_utf8(body.into()).unwrap())
    }

    #[tokio::test]
    async fn readiness_says_what_is_missing() {
        assert_eq!(
            get("/readyz", true, Phase::Serving).await,
            (200, "ready\npolicy: revision r1\n".into())
        );
        assert_eq!(
            get("/readyz", false, Phase::Serving).await,
            (503, "not ready\nno keys for instance `shop`\npolicy: revision r1\n".into())
        );
        assert_eq!(
            get("/readyz", true, Phase::Leaving).await,
            (503, "not ready\nshutting down\npolicy: revision r1\n".into())
        );
    }

    #[tokio::test]
    async fn the_process_is_alive_whether_it_is_ready_or_not() {
        assert_eq!(get("/healthz", false, Phase::Draining).await, (200, "alive\n".into()));
    }

    #[tokio::test]
    async fn metrics_are_what_telemetry_renders() {
        assert_eq!(get("/metrics", true, Phase::Serving).await, (200, "bailiff_up 1\n".into()));
    }

    #[tokio::test]
    async fn there_is_no_other_page() {
        for path in ["/", "/debug", "/metrics/", "/config"] {
            assert_eq!(get(path, true, Phase::Serving).await.0, 404, "{path}");
        }
    }
}
