//! The layer, and the service that it makes of another.

use super::{
    answer::{self, Allowed, Refusal},
    connection::Connection,
    question::{self, Setting},
};
use http::{Request, Response, request::Parts};
use std::{
    mem,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};
use tonic::{
    body::Body,
    codegen::{Body as HttpBody, Bytes, StdError},
};
use tower::{Layer, Service};

/// How long Bailiff may take unless the service says otherwise.
const DEADLINE: Duration = Duration::from_millis(500);

/// Puts Bailiff in front of a service.
#[derive(Clone, Debug)]
pub struct AuthorizeLayer {
    connection: Connection,
    setting: Arc<Setting>,
    deadline: Duration,
}

impl AuthorizeLayer {
    /// Asks over this connection and waits half a second for an answer.
    #[must_use]
    pub fn new(connection: Connection) -> Self {
        Self { connection, setting: Arc::default(), deadline: DEADLINE }
    }

    /// Waits this long for an answer, and then refuses.
    #[must_use]
    pub const fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// Says that users come by plain HTTP, as on a developer's machine. Unless it is said, they come
    /// by HTTPS, whatever carries the last stretch.
    #[must_use]
    pub fn plain_http(mut self) -> Self {
        "http".clone_into(&mut Arc::make_mut(&mut self.setting).scheme);
        self
    }

    /// Takes credentials of this Clerk instance alone, by its name in Bailiff's settings.
    #[must_use]
    pub fn instance(mut self, name: &str) -> Self {
        name.clone_into(&mut Arc::make_mut(&mut self.setting).instance);
        self
    }

    async fn ask(&self, parts: &Parts) -> Result<Allowed, Refusal> {
        let mut question = tonic::Request::new(question::question(parts, &self.setting));
        question.set_timeout(self.deadline);
        let mut client = self.connection.client();
        // Connecting counts as well, which the timeout of the call does not cover.
        let answered = tokio::time::timeout(self.deadline, client.authorize(question)).await;
        let answer = answered.map_err(|_late| Refusal::Unavailable)?;
        answer::verdict(answer.map_err(|status| answer::of_error(&status))?.into_inner())
    }

    /// What is left to do where a request goes on: the cookies for its response.
    async fn admit(&self, parts: &mut Parts) -> Result<Vec<String>, Refusal> {
        // Only what is said of this very request is to be found among its extensions.
        parts.extensions.remove::<super::Identity>();
        let Allowed { identity, mut decision } = self.ask(parts).await?;
        if let Some(upstream) = &decision.upstream {
            answer::apply(upstream, &mut parts.headers)?;
        }
        let cookies = mem::take(&mut decision.set_cookies);
        parts.extensions.insert(decision);
        if let Some(identity) = identity {
            parts.extensions.insert(identity);
        }
        Ok(cookies)
    }
}

impl<S> Layer<S> for AuthorizeLayer {
    type Service = AuthorizeService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        AuthorizeService { inner, layer: self.clone() }
    }
}

/// A service that sees what Bailiff allows, and nothing else.
#[derive(Clone, Debug)]
pub struct AuthorizeService<S> {
    inner: S,
    layer: AuthorizeLayer,
}

impl<S, B, R> Service<Request<B>> for AuthorizeService<S>
where
    S: Service<Request<B>, Response = Response<R>> + Clone + Send + 'static,
    S::Future: Send,
    B: Send + 'static,
    R: HttpBody<Data = Bytes> + Send + 'static,
    R::Error: Into<StdError>,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        // The one that is ready goes with the request; its clone need not be.
        let waiting = self.inner.clone();
        let mut inner = mem::replace(&mut self.inner, waiting);
        let layer = self.layer.clone();
        Box::pin(async move {
            let (mut parts, body) = request.into_parts();
            let grpc = question::is_grpc(&parts);
            let cookies = match layer.admit(&mut parts).await {
                Ok(cookies) => cookies,
                Err(refusal) => return Ok(refusal.response(grpc)),
            };
            let mut response = inner.call(Request::from_parts(parts, body)).await?.map(Body::new);
            answer::add_cookies(&cookies, response.headers_mut());
            Ok(response)
        })
    }
}
