//! What the real binary tells: traces, metrics and logs over OTLP, the decision log, the metrics page;
//! and that none of it holds a secret.

mod collector;
mod decisions;
mod outage;
mod page;
mod secrets;
mod traces;

use crate::support::{
    check::Asked,
    grpc::{channel, check_client},
    otlp::Receiver,
    sidecar::Sidecar,
    stack::SHOP,
    tokens::{Instance, Person},
};
use serde_json::{Value, json};
use tonic::Request;

/// A sidecar of the shop with these settings besides.
async fn start(instance: &Instance, more: &Value) -> Sidecar {
    Sidecar::start_with_settings(instance, SHOP, more).await
}

/// Settings that send everything to this receiver.
fn all_to(receiver: &Receiver, protocol: &str) -> Value {
    json!({
        "otlp": { "endpoint": receiver.endpoint(protocol), "protocol": protocol },
        "sample_ratio": 1.0,
    })
}

/// Asks for a page as somebody; `call` is in the metadata of the call, `request` among the headers of
/// the request.
async fn ask(
    sidecar: &Sidecar,
    token: Option<&str>,
    call: &[(&'static str, &str)],
    request: &[(&str, &str)],
) {
    let bearer = token.map(|token| format!("Bearer {token}"));
    let mut asked = Asked::get("/orgs/acme/invoices/7?secret=s3cret");
    asked.headers.extend(request);
    asked.headers.extend(bearer.as_deref().map(|value| ("authorization", value)));
    let mut message = Request::new(asked.message());
    for (name, value) in call {
        message.metadata_mut().insert(*name, value.parse().expect("a value"));
    }
    let mut client = check_client(channel(sidecar.grpc()).await);
    client.check(message).await.expect("a refusal is an answer, not a failed call");
}

fn reader(instance: &Instance) -> String {
    instance.token(Person::Reader)
}
