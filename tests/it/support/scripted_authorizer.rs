//! An authorizer that answers as a test says, to try Envoy's side of the contract by itself.

use super::envoy::AuthorizerAddress;
use envoy_types::ext_authz::v3::pb::{
    Authorization, AuthorizationServer, CheckRequest, CheckResponse,
};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{Request, Response, Status};

/// What to answer a question with.
pub(crate) type Script = fn(&CheckRequest) -> Result<CheckResponse, Status>;

/// A running authorizer.
pub(crate) struct ScriptedAuthorizer {
    address: AuthorizerAddress,
    asked: Arc<Mutex<Vec<CheckRequest>>>,
    task: JoinHandle<()>,
}

impl ScriptedAuthorizer {
    /// Starts it on a free port.
    pub(crate) async fn start(script: Script) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("a bound listener has an address");
        let asked = Arc::new(Mutex::new(Vec::new()));
        let service = Service { script, asked: Arc::clone(&asked) };
        let (_, health) = tonic_health::server::health_reporter();
        let task = tokio::spawn(async move {
            let _ = tonic::transport::Server::builder()
                .add_service(health)
                .add_service(AuthorizationServer::new(service))
                .serve_with_incoming(TcpListenerStream::new(listener))
                .await;
        });
        Self { address: AuthorizerAddress::Tcp(address), asked, task }
    }

    /// Where it listens.
    pub(crate) const fn address(&self) -> &AuthorizerAddress {
        &self.address
    }

    /// Every question so far.
    pub(crate) fn asked(&self) -> Vec<CheckRequest> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for ScriptedAuthorizer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct Service {
    script: Script,
    asked: Arc<Mutex<Vec<CheckRequest>>>,
}

#[tonic::async_trait]
impl Authorization for Service {
    async fn check(
        &self,
        request: Request<CheckRequest>,
    ) -> Result<Response<CheckResponse>, Status> {
        let question = request.into_inner();
        let answer = (self.script)(&question);
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).push(question);
        answer.map(Response::new)
    }
}
