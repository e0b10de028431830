//! A Bailiff within the test program: the pipeline and its doors, without a process or a socket.

use super::tokens::{Instance, ORIGIN};
use bailiff::{
    authorizer::{
        Authorizer, Door, InstanceEntry, Instances, Outcome, Policies, PolicySlot,
        revocations::Revocations,
    },
    clerk::{
        Authenticator, Connected, Instance as ClerkInstance, PublishableKey, VerifiedTokens,
        keys::{Key, Keys},
    },
    core::{
        clock::{SharedClock, SystemClock},
        header::{Header, Headers, Repeats},
        http_request::{HttpRequest, Scheme},
        id::InstanceName,
        location::Origin,
        peer::Peer,
        question::{Also, CredentialSource, Question, Wanted},
    },
    pb::envoy,
    policy::{Policy, Source},
    serve::{
        PanicHook,
        grpc::ext_authz::{ExtAuthzDoor, MetadataFields},
        respond::Disclosure,
    },
    telemetry::metrics::Metrics,
};
use envoy_types::ext_authz::v3::pb::CheckResponse;
use prost::Message as _;
use std::{
    panic::{RefUnwindSafe, UnwindSafe},
    sync::Arc,
};
use tokio::{runtime::Runtime, sync::watch};

/// One instance with a pinned key, and a policy that can be replaced.
pub(crate) struct House {
    authorizer: Arc<Authorizer>,
    policies: Policies,
    door: ExtAuthzDoor,
    runtime: Runtime,
}

// What a panic leaves half done in it is never looked at: the test has failed by then.
impl RefUnwindSafe for House {}
impl UnwindSafe for House {}

impl House {
    /// A house of this instance, decided about by this policy.
    pub(crate) fn of(instance: &Instance, policy: &str) -> Self {
        Self::at(instance, policy, Arc::new(SystemClock))
    }

    /// The same with a clock of the test's own.
    pub(crate) fn at(instance: &Instance, policy: &str, clock: SharedClock) -> Self {
        let name = InstanceName::new("main");
        let publishable_key = PublishableKey::parse(&instance.publishable_key()).expect("a key");
        let mut clerk = ClerkInstance::new(name.clone(), publishable_key);
        clerk.authorized_parties = vec![Origin::new(ORIGIN)];
        let key = Key::from_pem(&instance.key().public_pem()).expect("a public key");
        let outside =
            Connected { keys: Keys::pinned(key), backend_api: None, machine_tokens: None };
        let tokens = Arc::new(VerifiedTokens::new(1024 * 1024));
        let entry = InstanceEntry {
            name,
            authenticator: Authenticator::new(clerk, outside, tokens, Arc::default()),
            hosts: Vec::new(),
            authorized_parties: vec![Origin::new(ORIGIN)],
        };
        let policies = Policies::from(Arc::new(load(policy)));
        let authorizer = Arc::new(Authorizer::new(
            policies.clone(),
            Instances::new(vec![entry]).expect("one instance"),
            Arc::clone(&clock),
            Arc::new(Metrics::new().expect("metrics")),
            watch::channel(true).1,
            Arc::new(Revocations::none(clock)),
        ));
        let door = ExtAuthzDoor::new(
            Arc::clone(&authorizer),
            Disclosure { rule: true },
            MetadataFields::ALL,
            PanicHook::new(|_| {}),
        );
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        Self { authorizer, policies, door, runtime: runtime.expect("a runtime") }
    }

    /// The pipeline.
    pub(crate) const fn authorizer(&self) -> &Arc<Authorizer> {
        &self.authorizer
    }

    /// Puts another policy into force.
    pub(crate) fn govern(&self, policy: Policy) {
        drop(self.policies.replace(PolicySlot::Live, &Arc::new(policy)));
    }

    /// Answers one message of a proxy. A panic is the caller's to see.
    pub(crate) fn check(&self, message: envoy::CheckRequest) -> CheckResponse {
        let answer = self.runtime.block_on(self.door.decide(message, None));
        CheckResponse::decode(&*answer.encode_to_vec()).expect("an answer")
    }

    /// Decides about a request with these header lines.
    pub(crate) fn ask(
        &self,
        method: &str,
        target: &str,
        lines: &[(&str, &[u8])],
        repeats: Repeats,
    ) -> Outcome {
        let lines = lines.iter().map(|&(name, value)| Header { name, value }).collect();
        let question = Question {
            credential: CredentialSource::Request,
            instance: None,
            wanted: Wanted::Http(HttpRequest {
                method,
                scheme: Scheme::Http,
                authority: super::tokens::HOST,
                target,
                headers: Headers::new(lines, repeats),
                peer: None,
            }),
            also: Also::default(),
            peer: Peer::UNKNOWN,
        };
        self.runtime.block_on(self.authorizer.authorize(&question, Door::ExtAuthz))
    }

    /// Decides about a GET with this in `Authorization`.
    pub(crate) fn ask_with(&self, target: &str, authorization: &str) -> Outcome {
        let line = ("authorization", authorization.as_bytes());
        self.ask("GET", target, &[line], Repeats::Separate)
    }
}

fn load(policy: &str) -> Policy {
    Policy::load(Source::new("policy.yaml", policy)).expect("a policy")
}
