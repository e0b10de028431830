//! Both doors when the code behind them panics: refused, counted, and the next call is answered.

use super::{
    AuthzenApi, Behind, HttpDoors,
    caller::{Caller, Place},
    doors::router,
    forward_auth::{ForwardAuth, Profile, TrustedPeers},
};
use crate::{
    authorizer::{Authorizer, InstanceEntry, Instances, revocations::Revocations},
    clerk::{
        Authenticator, Connected, Counters, Instance, PublishableKey, VerifiedTokens,
        keys::{Key, Keys},
    },
    core::{
        clock::{Clock, SharedClock, Timestamp},
        id::InstanceName,
    },
    policy::{Policy, Source},
    serve::{PanicHook, respond::Disclosure},
    stand_in::keys::SigningKey,
    telemetry::metrics::Metrics,
};
use axum::{
    Router,
    body::{Body, to_bytes},
    http::Request,
};
use std::sync::{Arc, Mutex};
use tokio::sync::watch;
use tower::ServiceExt as _;

/// A clock whose battery is empty.
#[derive(Debug)]
struct Dead;

impl Clock for Dead {
    fn now(&self) -> Timestamp {
        panic!("nobody knows what time it is")
    }
}

fn behind(panics: &Arc<Mutex<Vec<&'static str>>>) -> Behind {
    let text = "version: 1\nroutes: { /docs: public }\n";
    let policy = Policy::load(Source::new("policy.yaml", text)).unwrap();
    let key = SigningKey::generate("ins_1").unwrap();
    let name = InstanceName::new("main");
    let publishable_key = PublishableKey::parse("pk_live_Y2xlcmsuYXBwLnRlc3Qk").unwrap();
    let authenticator = Authenticator::new(
        Instance::new(name.clone(), publishable_key),
        Connected {
            keys: Keys::pinned(Key::from_pem(&key.public_pem()).unwrap()),
            backend_api: None,
            machine_tokens: None,
        },
        Arc::new(VerifiedTokens::new(1024)),
        Arc::new(Counters::default()),
    );
    let (hosts, authorized_parties) = (Vec::new(), Vec::new());
    let entry = InstanceEntry { name, authenticator, hosts, authorized_parties };
    let clock: SharedClock = Arc::new(Dead);
    let authorizer = Authorizer::new(
        Arc::new(policy),
        Instances::new(vec![entry]).unwrap(),
        Arc::clone(&clock),
        Arc::new(Metrics::new().unwrap()),
        watch::channel(true).1,
        Arc::new(Revocations::none(clock)),
    );
    let told = Arc::clone(panics);
    Behind {
        authorizer: Arc::new(authorizer),
        disclosure: Disclosure { rule: false },
        on_panic: PanicHook::new(move |door| told.lock().unwrap().push(door)),
    }
}

async fn answer(router: &Router, request: Request<Body>) -> (u16, String) {
    let response = router.clone().oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    let told = format!("{:?}", response.headers());
    let body = to_bytes(response.into_body(), 1 << 16).await.unwrap();
    (status, told + &String::from_utf8_lossy(&body))
}

#[tokio::test]
async fn a_panic_is_refused_and_counted_at_both_doors() {
    let panics = Arc::new(Mutex::new(Vec::new()));
    let doors = HttpDoors {
        forward_auth: Some(ForwardAuth {
            profiles: Profile::ALL.to_vec(),
            trusted_peers: TrustedPeers::parse(["unix"]).unwrap(),
        }),
        authzen: Some(AuthzenApi { url: None }),
    };
    let router = router(doors, behind(&panics));
    let caller = Caller { place: Place::UnixSocket, names: None };
    for (profile, status) in [("nginx", 403), ("traefik", 503), ("caddy", 503), ("haproxy", 503)] {
        let mut request = Request::get(format!("/forward-auth/{profile}"));
        for (name, value) in [("method", "GET"), ("uri", "/docs"), ("host", "a.test")] {
            request = request.header(format!("x-original-{name}"), value);
            request = request.header(format!("x-forwarded-{name}"), value);
        }
        let request =
            request.header("x-original-proto", "http").header("x-forwarded-proto", "http");
        let mut request = request.body(Body::empty()).unwrap();
        request.extensions_mut().insert(caller.clone());
        let (answered, told) = answer(&router, request).await;
        assert_eq!(answered, status, "{profile}");
        assert!(told.contains("internal_error"), "{profile}: {told}");
    }
    let evaluation = r#"{"subject":{"type":"user","id":"a"},"action":{"name":"b"},
        "resource":{"type":"c","id":"d"}}"#;
    for path in ["/access/v1/evaluation", "/access/v1/evaluations"] {
        let request = Request::post(path).header("content-type", "application/json");
        let mut request = request.body(Body::from(evaluation)).unwrap();
        request.extensions_mut().insert(caller.clone());
        let (answered, told) = answer(&router, request).await;
        assert_eq!(answered, 500, "{told}");
        assert!(!told.contains("decision"), "{told}");
    }
    let counted = panics.lock().unwrap();
    let expected = [["forward_auth"; 4].as_slice(), ["authzen"; 2].as_slice()].concat();
    assert_eq!(*counted, expected);
}
