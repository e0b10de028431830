//! Ten thousand rules, replaced again and again under load.

use super::revision;
use crate::support::{
    check::{Asked, Verdict},
    grpc,
    sidecar::{self, Sidecar},
    tokens::{Instance, Person::Boss},
};
use serde_json::json;
use std::{
    collections::HashMap,
    fmt::Write as _,
    fs,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};
use tempfile::TempDir;

const RULES: usize = 10_000;
const RELOADS: usize = 6;
const CONNECTIONS: usize = 4;
const IN_FLIGHT: usize = 4;

/// One of two policies of which no rule decides alike: one lets in at even numbers, the other at odd
/// ones. Each names itself to the service in a header of its own.
#[derive(Clone, Copy)]
struct Version {
    lets_in: usize,
    header: &'static str,
}

const VERSIONS: [Version; 2] = [
    Version { lets_in: 0, header: "x-decided-by-even" },
    Version { lets_in: 1, header: "x-decided-by-odd" },
];

impl Version {
    fn text(self) -> String {
        let mut text = "version: 1\nroutes:\n".to_owned();
        for number in 0..RULES {
            let rule = if number % 2 == self.lets_in { "signed_in" } else { "denied" };
            writeln!(text, "  /r{number}/{{id}}: {rule}").expect("writing to a string");
        }
        writeln!(text, "upstream: {{ headers: {{ {}: identity.user.id }} }}", self.header)
            .expect("writing to a string");
        text
    }

    /// Whether an answer about a rule is wholly this policy's.
    fn is_whole(self, number: usize, verdict: &Verdict) -> bool {
        let named = |header: &str| verdict.set.iter().any(|(name, _)| name == header);
        if number % 2 == self.lets_in {
            let others = VERSIONS.iter().filter(|version| version.header != self.header);
            verdict.status == 200
                && named(self.header)
                && others.into_iter().all(|version| !named(version.header))
        } else {
            verdict.told() == "403 denied" && verdict.set.is_empty()
        }
    }
}

/// What was asked and answered.
#[derive(Default)]
struct Tally {
    failed: usize,
    torn: Vec<String>,
    /// By revision.
    answers: HashMap<String, usize>,
}

async fn ask_on(
    sidecar: &Sidecar,
    bearer: String,
    revisions: Arc<[String]>,
    stop: Arc<AtomicBool>,
) -> Vec<tokio::task::JoinHandle<Tally>> {
    let mut tasks = Vec::new();
    for connection in 0..CONNECTIONS {
        let channel = grpc::channel(sidecar.grpc()).await;
        for lane in 0..IN_FLIGHT {
            let mut client = grpc::check_client(channel.clone());
            let (bearer, revisions, stop) =
                (bearer.clone(), Arc::clone(&revisions), Arc::clone(&stop));
            tasks.push(tokio::spawn(async move {
                let mut tally = Tally::default();
                let mut number = connection * 2503 + lane * 617;
                while !stop.load(Ordering::Relaxed) {
                    number = (number + 7919) % RULES;
                    let target = format!("/r{number}/1");
                    let asked = Asked::get(&target).header("authorization", &bearer);
                    let Ok(answer) = client.check(asked.message()).await else {
                        tally.failed += 1;
                        continue;
                    };
                    let verdict = Verdict::of(answer.into_inner());
                    let version = revisions.iter().position(|known| *known == verdict.revision);
                    if !version.is_some_and(|version| VERSIONS[version].is_whole(number, &verdict))
                    {
                        tally.torn.push(format!("{target}: {verdict:?}"));
                    }
                    *tally.answers.entry(verdict.revision).or_default() += 1;
                }
                tally
            }));
        }
    }
    tasks
}

#[tokio::test(flavor = "multi_thread")]
async fn no_question_fails_and_no_decision_is_torn_while_ten_thousand_rules_are_replaced() {
    let texts = VERSIONS.map(Version::text);
    let revisions: Arc<[String]> = texts.each_ref().map(|text| revision(text)).into();
    let directory = TempDir::new().expect("a temporary directory");
    let instance = Instance::new();
    let mut settings = sidecar::settings(directory.path(), &[("main", &instance)]);
    settings["log"]["filter"] = json!("info,bailiff::decision=off");
    let policy = directory.path().join("policy.yaml");
    let sidecar = Sidecar::start_in(directory, &texts[0], &settings).await;

    let stop = Arc::new(AtomicBool::new(false));
    let bearer = format!("Bearer {}", instance.token(Boss));
    let tasks = ask_on(&sidecar, bearer, Arc::clone(&revisions), Arc::clone(&stop)).await;
    for reload in 1..=RELOADS {
        let version = reload % 2;
        let aside = policy.with_extension("aside");
        fs::write(&aside, &texts[version]).expect("it is written");
        fs::rename(aside, &policy).expect("it takes the place");
        // The first version was loaded at the start already.
        let times = reload / 2 + 1;
        sidecar.logged_times(times, super::loaded("live", &revisions[version])).await;
    }
    stop.store(true, Ordering::Relaxed);

    let mut total = Tally::default();
    for task in tasks {
        let Tally { failed, torn, answers } = task.await.expect("a task ends");
        total.failed += failed;
        total.torn.extend(torn);
        for (revision, count) in answers {
            *total.answers.entry(revision).or_default() += count;
        }
    }
    assert_eq!(total.failed, 0, "questions failed");
    assert!(
        total.torn.is_empty(),
        "{} torn decisions: {:#?}",
        total.torn.len(),
        total.torn.first()
    );
    for revision in &*revisions {
        assert!(
            total.answers.get(revision).is_some_and(|count| *count > 100),
            "{:?}",
            total.answers
        );
    }
}
