//! A panic at any door is answered with a refusal, counted, and does not end the process.

use crate::support::{
    check::{Asked, Verdict},
    grpc::{authorization_client, channel, check_client, with_token},
    house::House,
    http,
    stack::SHOP,
    tokens::{Instance, Person::Boss},
    webhooks,
};
use aws_lc_rs::hmac;
use bailiff::{
    authorizer::{
        intake::{Endpoint, Intake},
        operators::{Admitted, Operators},
    },
    clerk::webhook::SigningSecret,
    core::{
        clock::{Clock, SharedClock, SystemClock, Timestamp},
        id::InstanceName,
    },
    pb::v1::{
        AuthorizeRequest, BatchAuthorizeRequest, Credential, GetClaimsRequest, Requirement,
        RevocationTarget, RevokeRequest, authorize_request::Question, credential::Source,
        operator_service_client::OperatorServiceClient, revocation_target::Target,
    },
    revocation::log::{EventLog, LocalLog, LogLimits},
    serve::{
        self, Doors, PanicHook, ServeOptions,
        admin::AdminPages,
        grpc::ext_authz::MetadataFields,
        http::webhook::WebhookDoor,
        limits::Limits,
        listener::{ListenAddress, Listener, SocketOptions},
        respond::Disclosure,
    },
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use secrecy::SecretString;
use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tonic::Code;

/// A clock that can be broken: whoever looks at it then panics, as any mistake in the code would.
#[derive(Debug, Default)]
struct FragileClock(AtomicBool);

impl Clock for FragileClock {
    fn now(&self) -> Timestamp {
        assert!(!self.0.load(Ordering::SeqCst), "the clock is broken");
        SystemClock.now()
    }
}

struct Site {
    clock: Arc<FragileClock>,
    instance: Instance,
    panics: Arc<Mutex<Vec<&'static str>>>,
    grpc: SocketAddr,
    admin: SocketAddr,
    webhook: SocketAddr,
    // Its runtime must not be dropped within another.
    house: Option<House>,
}

const OPERATOR: &str = "made-up-operator-credential";

async fn listener() -> (Listener, SocketAddr) {
    let any = ListenAddress::Tcp("127.0.0.1:0".parse().expect("an address"));
    let listener = Listener::bind(&any, &SocketOptions::STANDARD).await.expect("a free port");
    let ListenAddress::Tcp(address) = *listener.address() else { panic!("a TCP address") };
    (listener, address)
}

impl Site {
    async fn start() -> Self {
        let clock = Arc::new(FragileClock::default());
        let shared: SharedClock = Arc::clone(&clock) as _;
        let instance = Instance::new();
        let house = House::at(&instance, SHOP, Arc::clone(&shared));
        let panics = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&panics);
        let name = InstanceName::new("main");
        let log = EventLog::Local(Arc::new(LocalLog::new(LogLimits::STANDARD, Arc::new(|_| {}))));
        let secrets = vec![SigningSecret::parse(webhooks::SECRET).expect("a secret")];
        let endpoint = Endpoint { instance: name.clone(), instance_id: None, secrets };
        let operators = Operators::new(
            Admitted { token: Some(&SecretString::from(OPERATOR)), clients: &[] },
            vec![name],
            log.clone(),
            Arc::clone(&shared),
            Duration::from_secs(3600),
        );
        let (webhook_listener, webhook) = listener().await;
        let (admin_listener, admin) = listener().await;
        let (grpc_listener, grpc) = listener().await;
        let told = Arc::clone(&clock);
        let pages = AdminPages {
            metrics: Arc::new(move || told.now().rfc3339()),
            missing: Arc::new(Vec::new),
            detail: Arc::new({
                let clock = Arc::clone(&clock);
                move || vec![clock.now().rfc3339()]
            }),
        };
        let door = WebhookDoor {
            intake: Arc::new(Intake::new(vec![endpoint], log)),
            clock: shared,
            count: Arc::new(|_| {}),
        };
        let doors = Doors {
            grpc: vec![grpc_listener],
            http: None,
            admin: Some((admin_listener, pages)),
            webhook: Some((webhook_listener, door)),
        };
        let options = ServeOptions {
            reflection: false,
            explain: false,
            disclosure: Disclosure { rule: false },
            metadata: MetadataFields::ALL,
            limits: Limits { leave: Duration::ZERO, drain: Duration::ZERO, ..Limits::STANDARD },
            events: None,
            operators: operators.ok().map(Arc::new),
            on_panic: PanicHook::new(move |door| {
                seen.lock().unwrap_or_else(PoisonError::into_inner).push(door);
            }),
        };
        let authorizer = Arc::clone(house.authorizer());
        tokio::spawn(serve::run(doors, authorizer, options, std::future::pending()));
        Self { clock, instance, panics, grpc, admin, webhook, house: Some(house) }
    }

    /// Whose panics were counted since this was asked before.
    fn counted(&self) -> Vec<&'static str> {
        std::mem::take(&mut self.panics.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        let house = self.house.take();
        std::thread::spawn(move || drop(house));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_at_any_door_is_a_refusal_and_is_counted() {
    let site = Site::start().await;
    let token = site.instance.token(Boss);
    let bearer = format!("Bearer {token}");
    let mut check = check_client(channel(site.grpc).await);
    let mut authorization = authorization_client(channel(site.grpc).await);
    let mut operator = OperatorServiceClient::new(channel(site.grpc).await);
    let asked = Asked::get("/admin/users").header("authorization", &bearer).message();
    let credential = Credential { source: Some(Source::Token(token)) };
    let question = AuthorizeRequest {
        credential: Some(credential.clone()),
        question: Some(Question::Requirement(Requirement::default())),
        ..AuthorizeRequest::default()
    };
    let claims = GetClaimsRequest { credential: Some(credential), ..Default::default() };
    let order = || {
        let target = Some(Target::UserId("user_2a".to_owned()));
        let target = Some(RevocationTarget { target });
        let reason = "a drill".to_owned();
        let order = RevokeRequest { instance: String::new(), target, seconds: 60, reason };
        with_token(order, Some(OPERATOR))
    };
    let body = r#"{"object":"event","type":"user.deleted","timestamp":1,"data":{"id":"user_2a"}}"#;
    let sent = webhooks::now();
    let secret = STANDARD.decode(webhooks::SECRET.trim_start_matches("whsec_")).expect("base64");
    let key = hmac::Key::new(hmac::HMAC_SHA256, &secret);
    let tag = hmac::sign(&key, format!("msg_1.{sent}.{body}").as_bytes());
    let webhook = webhooks::Webhook {
        id: "msg_1".to_owned(),
        timestamp: sent,
        signature: format!("v1,{}", STANDARD.encode(tag)),
        body: body.to_owned(),
    };
    let page = |path: &str| format!("http://{}{path}", site.admin);

    // The second round finds everything as the first did: no panic has broken anything for good.
    for _ in 0..2 {
        site.clock.0.store(true, Ordering::SeqCst);
        let answer = check.check(asked.clone()).await.expect("an answer, not a failed call");
        assert_eq!(Verdict::of(answer.into_inner()).told(), "503 internal_error");
        assert_eq!(site.counted(), ["ext_authz"]);

        let batch = BatchAuthorizeRequest { requests: vec![question.clone()] };
        let calls = [
            authorization.authorize(question.clone()).await.map(drop),
            authorization.batch_authorize(batch).await.map(drop),
            authorization.get_claims(claims.clone()).await.map(drop),
        ];
        for call in calls {
            assert_eq!(call.map_err(|status| status.code()), Err(Code::Unavailable));
        }
        assert_eq!(site.counted(), ["authorize"; 3]);

        let ordered = operator.revoke(order()).await.map(drop);
        assert_eq!(ordered.map_err(|status| status.code()), Err(Code::Unavailable));
        assert_eq!(site.counted(), ["operator"]);

        let answer = webhook.send(site.webhook).await;
        assert_eq!(answer, (503, "internal_error".to_owned()));
        assert_eq!(site.counted(), ["webhook"]);

        for path in ["/metrics", "/readyz"] {
            assert_eq!(http::get(&page(path), &[]).await.status, 500, "{path}");
        }
        assert_eq!(site.counted(), ["admin"; 2]);
        assert_eq!(http::get(&page("/healthz"), &[]).await.status, 200);

        site.clock.0.store(false, Ordering::SeqCst);
        let answer = check.check(asked.clone()).await.expect("an answer").into_inner();
        assert_eq!(Verdict::of(answer).told(), "200");
        assert!(authorization.authorize(question.clone()).await.is_ok());
        assert!(operator.revoke(order()).await.is_ok());
        assert_eq!(webhook.send(site.webhook).await.0, 200);
        assert_eq!(http::get(&page("/readyz"), &[]).await.status, 200);
        assert_eq!(site.counted(), [""; 0]);
    }
}
