//! A small client asks for verdicts and claims.

use super::{Example, go, node, python};
use crate::support::{
    sidecar::Sidecar,
    stack::SHOP,
    tokens::{
        Instance,
        Person::{Boss, Reader},
    },
    toolchain,
};
use serde_json::Value;

#[tokio::test(flavor = "multi_thread")]
async fn python_gets_verdicts_and_claims() {
    answers_rightly(toolchain::required(python())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn node_gets_verdicts_and_claims() {
    answers_rightly(toolchain::required(node())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn go_gets_verdicts_and_claims() {
    answers_rightly(toolchain::required(go())).await;
}

/// Runs an example as somebody who may, somebody who may not and nobody.
async fn answers_rightly(example: Option<Example>) {
    let Some(example) = example else { return };
    let instance = Instance::new();
    let sidecar = Sidecar::start(&instance, SHOP).await;
    let ask = |token: &str| example.ask(&sidecar, token);

    let boss = ask(&instance.token(Boss));
    assert_eq!(boss["http"]["effect"], "EFFECT_ALLOW", "{boss}");
    assert_eq!(boss["http"]["rule"], "GET /orgs/{org}/invoices/{id}");
    assert_eq!(boss["requirement"]["effect"], "EFFECT_ALLOW");
    assert_eq!(boss["who"]["user"], Boss.id());
    assert_eq!(boss["who"]["claims"]["sub"], Boss.id());

    let reader = ask(&instance.token(Reader));
    assert_eq!(reader["http"]["effect"], "EFFECT_ALLOW", "{reader}");
    assert_eq!(reader["requirement"]["effect"], "EFFECT_DENY");
    assert_eq!(reader["requirement"]["reason"], "permission");
    assert_eq!(reader["requirement"]["status"], 403);

    let nobody = ask("garbage");
    assert_eq!(nobody["http"]["effect"], "EFFECT_DENY", "{nobody}");
    assert_eq!(nobody["http"]["status"], 401);
    assert_eq!(nobody["who"].get("user"), None);
    let code = nobody["who"]["code"].as_str().unwrap_or_default();
    assert_eq!(code.to_ascii_uppercase(), "UNAUTHENTICATED");
}

impl Example {
    /// The JSON line that it prints for a token.
    fn ask(&self, sidecar: &Sidecar, token: &str) -> Value {
        let output = self
            .program("client")
            .arg(token)
            .env("BAILIFF_ADDRESS", sidecar.grpc().to_string())
            .output()
            .expect("the example starts");
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{}: {told}", self.folder.display());
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {told}"))
    }
}
