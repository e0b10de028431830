//! A service guards an HTTP route and a gRPC method.

use super::{go, java, node, python, rust};
use crate::support::{
    PATIENCE, grpc,
    http::{self, Answer},
    process::Process,
    sidecar::Sidecar,
    tokens::{
        HOST, Instance, ORGANIZATION,
        Person::{self, Boss, Reader},
    },
    toolchain::{self, Missing},
};
use bailiff::pb::v1::{
    AuthorizeRequest, HttpAnswer, HttpHeader, HttpRequest, authorize_request::Question,
};
use shop::{GetInvoiceRequest, Invoice, invoice_service_client::InvoiceServiceClient};
use std::{
    net::{Ipv4Addr, SocketAddr, TcpListener},
    process::Command,
    time::Duration,
};
use tokio::{net::TcpStream, time};
use tonic::{Code, Status};

#[path = "../../../examples/rust/shop.rs"]
mod shop;

const POLICY: &str = include_str!("../../../examples/policy.yaml");
const INVOICE: &str = "/orgs/acme/invoices/7";

#[tokio::test(flavor = "multi_thread")]
async fn go_lets_in_whom_bailiff_lets_in() {
    guards(go().map(|example| example.program("service"))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn java_lets_in_whom_bailiff_lets_in() {
    guards(java()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn node_lets_in_whom_bailiff_lets_in() {
    guards(node().map(|example| example.program("service"))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn python_lets_in_whom_bailiff_lets_in() {
    guards(python().map(|example| example.program("service"))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rust_lets_in_whom_bailiff_lets_in() {
    guards(rust()).await;
}

/// Everything that is promised of a guarded service, one after the other.
async fn guards(command: Result<Command, Missing>) {
    let Some(command) = toolchain::required(command) else { return };
    let service = Service::start(command).await;
    service.tells_its_handler_who_calls().await;
    service.refuses_in_the_words_of_bailiff().await;
    service.answers_a_path_of_several_readings_with_400().await;
    service.guards_its_method().await;
    service.refuses_everything_while_bailiff_says_nothing().await;
}

/// A service of an example, and the Bailiff that it asks.
struct Service {
    process: Process,
    http: SocketAddr,
    grpc: SocketAddr,
    sidecar: Sidecar,
    instance: Instance,
}

impl Service {
    async fn start(mut command: Command) -> Self {
        let instance = Instance::new();
        let sidecar = Sidecar::start(&instance, POLICY).await;
        let [http, grpc] = free_addresses();
        command.env("BAILIFF_ADDRESS", sidecar.grpc().to_string());
        command.env("HTTP_PORT", http.port().to_string());
        command.env("GRPC_PORT", grpc.port().to_string());
        let process = Process::start("the service", &mut command);
        let service = Self { process, http, grpc, sidecar, instance };
        service.listens(http).await;
        service.listens(grpc).await;
        service
    }

    async fn listens(&self, address: SocketAddr) {
        let listens = async {
            while TcpStream::connect(address).await.is_err() {
                time::sleep(Duration::from_millis(50)).await;
            }
        };
        let patience = time::timeout(3 * PATIENCE, listens).await;
        assert!(patience.is_ok(), "nothing listens at {address}:\n{}", self.process.log());
    }

    async fn tells_its_handler_who_calls(&self) {
        let forged =
            [("x-user-id", "user_2root"), ("X-User-Id", "user_2toor"), ("x-org-id", "org_2root")];
        let answer = self.get(Some(Boss), &forged).await;
        assert_eq!(answer.status, 200, "{answer:?}\n{}", self.process.log());
        let seen = answer.json();
        assert_eq!(seen["id"], "7");
        assert_eq!(seen["read_by"], Boss.id());
        assert_eq!(seen["headers"]["x-user-id"], serde_json::json!([Boss.id()]), "{seen}");
        assert_eq!(seen["headers"]["x-org-id"], serde_json::json!([ORGANIZATION]), "{seen}");
    }

    async fn refuses_in_the_words_of_bailiff(&self) {
        let browser = [
            ("accept", "text/html"),
            ("sec-fetch-dest", "document"),
            ("sec-fetch-mode", "navigate"),
            ("cookie", "__client_uat=0"),
        ];
        for (person, headers, status) in
            [(None, &[][..], 401), (Some(Reader), &[][..], 403), (None, &browser[..], 302)]
        {
            let ready = self.ready_answer(person, headers).await;
            assert_eq!(ready.status, status, "{ready:?}");
            let answer = self.get(person, headers).await;
            assert_eq!(u32::from(answer.status), ready.status, "{answer:?}");
            assert_eq!(answer.body, ready.body);
            for HttpHeader { name, value } in &ready.headers {
                let said = answer.every(name);
                assert!(said.contains(&value.as_str()), "{name}: {value}: {answer:?}");
            }
        }
    }

    async fn answers_a_path_of_several_readings_with_400(&self) {
        let bearer = format!("Authorization: Bearer {}", self.instance.token(Boss));
        let line = "GET /orgs/acme/%2e%2e/invoices/7 HTTP/1.1";
        let answer = http::raw(self.http, line, &[bearer.as_str()]).await;
        assert_eq!(answer.status, 400, "{answer:?}");
    }

    async fn guards_its_method(&self) {
        let invoice = self.call(Some(Boss)).await.expect("an invoice");
        assert_eq!(invoice.id, "7");
        assert_eq!(invoice.read_by, Boss.id());
        let refused = self.call(None).await.expect_err("nobody may");
        assert_eq!(refused.code(), Code::Unauthenticated, "{refused:?}");
        let refused = self.call(Some(Reader)).await.expect_err("a reader may not");
        assert_eq!(refused.code(), Code::PermissionDenied, "{refused:?}");
    }

    async fn refuses_everything_while_bailiff_says_nothing(&self) {
        self.sidecar.signal("STOP");
        let answer = self.get_once(Some(Boss), &[]).await;
        let refused = self.call_once(Some(Boss)).await;
        self.sidecar.signal("CONT");
        assert_eq!(answer.status, 503, "{answer:?}");
        let refused = refused.expect_err("nobody may");
        assert_eq!(refused.code(), Code::Unavailable, "{refused:?}");
        assert_eq!(self.get(Some(Boss), &[]).await.status, 200, "it asks again");
    }

    fn headers<'a>(bearer: &'a str, more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
        let credential = (!bearer.is_empty()).then_some(("authorization", bearer));
        [("host", HOST)].into_iter().chain(credential).chain(more.iter().copied()).collect()
    }

    fn bearer(&self, person: Option<Person>) -> String {
        person.map_or_else(String::new, |person| format!("Bearer {}", self.instance.token(person)))
    }

    /// Repeats a request that got no verdict: a program that has just started, on a busy machine,
    /// may take longer than a guard waits.
    async fn get(&self, person: Option<Person>, more: &[(&str, &str)]) -> Answer {
        let patience = time::Instant::now() + PATIENCE;
        loop {
            let answer = self.get_once(person, more).await;
            if answer.status != 503 || time::Instant::now() > patience {
                return answer;
            }
        }
    }

    async fn get_once(&self, person: Option<Person>, more: &[(&str, &str)]) -> Answer {
        let bearer = self.bearer(person);
        let url = format!("http://{}{INVOICE}", self.http);
        http::get(&url, &Self::headers(&bearer, more)).await
    }

    /// What Bailiff says about the same request.
    async fn ready_answer(&self, person: Option<Person>, more: &[(&str, &str)]) -> HttpAnswer {
        let bearer = self.bearer(person);
        let headers = Self::headers(&bearer, more);
        let header =
            |(name, value): (&str, &str)| HttpHeader { name: name.into(), value: value.into() };
        let request = HttpRequest {
            method: "GET".to_owned(),
            host: HOST.to_owned(),
            path: INVOICE.to_owned(),
            headers: headers.into_iter().map(header).collect(),
            ..HttpRequest::default()
        };
        let question =
            AuthorizeRequest { question: Some(Question::Http(request)), ..Default::default() };
        let mut bailiff = grpc::authorization_client(grpc::channel(self.sidecar.grpc()).await);
        let answer = bailiff.authorize(question).await.expect("an answer").into_inner();
        answer.decision.and_then(|decision| decision.http_answer).expect("a refusal")
    }

    /// The same for the method.
    async fn call(&self, person: Option<Person>) -> Result<Invoice, Status> {
        let patience = time::Instant::now() + PATIENCE;
        loop {
            let answer = self.call_once(person).await;
            let unheard = answer.as_ref().is_err_and(|status| status.code() == Code::Unavailable);
            if !unheard || time::Instant::now() > patience {
                return answer;
            }
        }
    }

    async fn call_once(&self, person: Option<Person>) -> Result<Invoice, Status> {
        let token = person.map(|person| self.instance.token(person));
        let mut service = InvoiceServiceClient::new(grpc::channel(self.grpc).await);
        let question = grpc::with_token(GetInvoiceRequest { id: "7".to_owned() }, token.as_deref());
        let answer = time::timeout(PATIENCE, service.get_invoice(question)).await;
        answer.expect("an answer in time").map(tonic::Response::into_inner)
    }
}

/// Two ports that nobody uses.
fn free_addresses() -> [SocketAddr; 2] {
    let listeners =
        [(); 2].map(|()| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port"));
    listeners.map(|listener| listener.local_addr().expect("an address"))
}
