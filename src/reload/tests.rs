//! What a follower does with what it finds.

use super::{
    Again, Followed, Following, Handle, Loader, Look, PolicyState, PolicyStatus, Refused, Timing,
    Told, follow,
};
use crate::{
    authorizer::{Policies, PolicySlot},
    core::clock::{ManualClock, Timestamp},
    policy::{Policy, Source},
    telemetry::metrics::{Metrics, ReloadResult},
};
use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tempfile::TempDir;

const SOON: Duration = Duration::from_millis(20);
const NEVER: Duration = Duration::from_secs(3600);
const PATIENCE: Duration = Duration::from_secs(20);

/// Reads `policy.yaml`; the word `panic` makes it panic.
#[derive(Debug)]
struct FileLoader {
    path: PathBuf,
    seen: String,
    /// Whether changes of the folder are noticed.
    noticed: bool,
}

impl Loader for FileLoader {
    fn look(&mut self, again: Again) -> Look {
        let text = fs::read_to_string(&self.path).unwrap_or_default();
        assert!(!text.contains("panic"), "{text}");
        if text == self.seen && again == Again::No {
            return Look::Unchanged;
        }
        self.seen.clone_from(&text);
        match Policy::load(Source::new("policy.yaml", &text)) {
            Ok(policy) => Look::Good(Arc::new(policy)),
            Err(errors) => Look::Bad(refused(&errors.to_string())),
        }
    }

    fn folders(&self) -> Vec<PathBuf> {
        self.path.parent().filter(|_| self.noticed).map(Path::to_owned).into_iter().collect()
    }

    fn concerns(&self, changed: &Path) -> bool {
        changed == self.path
    }
}

fn refused(text: &str) -> Refused {
    let (summary, detail) = (text.to_owned(), text.to_owned());
    Refused { result: ReloadResult::Invalid, summary, detail }
}

fn policy(text: &str) -> Arc<Policy> {
    Arc::new(Policy::load(Source::new("policy.yaml", text)).unwrap())
}

const FIRST: &str = "version: 1\nroutes: { /a: public }\n";
const SECOND: &str = "version: 1\nroutes: { /b: public }\n";

struct Running {
    folder: TempDir,
    policies: Policies,
    status: PolicyStatus,
    metrics: Arc<Metrics>,
    _handle: Handle,
}

impl Running {
    fn start(noticed: bool, timing: Timing) -> Self {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("policy.yaml");
        fs::write(&path, FIRST).unwrap();
        let loader = Box::new(FileLoader { path, seen: FIRST.to_owned(), noticed });
        let policies = Policies::from(policy(FIRST));
        let metrics = Arc::new(Metrics::new().unwrap());
        let clock = Arc::new(ManualClock::at(Timestamp::from_unix_seconds(1_700_000_000)));
        let slot = PolicySlot::Live;
        let followed = Followed::new(slot, loader, policies.clone(), Arc::clone(&metrics), clock);
        followed.put_in_force(&policy(FIRST), Duration::ZERO);
        let status = followed.status().clone();
        let handle = follow(followed, Following::Changes, timing).unwrap();
        Self { folder, policies, status, metrics, _handle: handle }
    }

    fn write(&self, text: &str) {
        // As editors do: never half a file.
        let (aside, path) =
            (self.folder.path().join("aside"), self.folder.path().join("policy.yaml"));
        fs::write(&aside, text).unwrap();
        fs::rename(aside, path).unwrap();
    }

    async fn until(&self, wanted: impl FnMut(&PolicyState) -> bool) -> PolicyState {
        let mut changes = self.status.changes();
        let state = tokio::time::timeout(PATIENCE, changes.wait_for(wanted)).await;
        state.expect("in time").expect("it is followed").clone()
    }

    async fn until_in_force(&self, text: &str) {
        let wanted = policy(text).revision().clone();
        let is_wanted = |state: &PolicyState| {
            state.refused.is_none()
                && state.in_force.as_ref().is_some_and(|(revision, _)| *revision == wanted)
        };
        self.until(is_wanted).await;
        assert_eq!(*self.policies.now().live.revision(), wanted);
    }
}

fn noticing() -> Timing {
    Timing { settle: SOON, settle_at_most: SOON * 10, compare: NEVER }
}

#[tokio::test]
async fn a_change_that_is_noticed_is_taken_up() {
    let running = Running::start(true, noticing());
    for text in [SECOND, FIRST, SECOND] {
        running.write(text);
        running.until_in_force(text).await;
    }
}

#[tokio::test]
async fn a_change_that_nothing_was_noticed_of_is_taken_up_when_contents_are_compared() {
    let timing = Timing { settle: SOON, settle_at_most: SOON * 10, compare: SOON * 2 };
    let running = Running::start(false, timing);
    running.write(SECOND);
    running.until_in_force(SECOND).await;
}

#[tokio::test]
async fn what_changed_before_anybody_watched_is_taken_up() {
    let running = Running::start(false, noticing());
    running.write(SECOND);
    running.until_in_force(SECOND).await;
}

#[tokio::test]
async fn a_bad_file_keeps_the_last_good_policy_and_is_told_of() {
    let running = Running::start(true, noticing());
    running.write("version: 2\n");
    let state = running.until(|state| state.refused.is_some()).await;
    assert_eq!(running.policies.now().live.revision(), policy(FIRST).revision());
    assert!(state.in_force.is_some_and(|(revision, _)| revision == *policy(FIRST).revision()));

    let lines = running.status.lines();
    assert_eq!(lines.len(), 2);
    let loaded =
        format!("policy: revision {}, loaded 2023-11-14T22:13:20Z", policy(FIRST).revision());
    assert_eq!(lines[0], loaded);
    assert!(
        lines[1].starts_with("policy: its files are refused since 2023-11-14T22:13:20Z: invalid:"),
        "{lines:?}"
    );
    let page = running.metrics.page();
    assert!(page.contains(r#"bailiff_policy_bad{policy="live"} 1"#), "{page}");

    running.write(SECOND);
    running.until_in_force(SECOND).await;
    assert_eq!(running.status.lines().len(), 1);
}

#[tokio::test]
async fn a_panic_while_reading_is_a_refusal_and_the_next_file_is_read_again() {
    let running = Running::start(true, noticing());
    running.write("panic");
    let state = running.until(|state| state.refused.is_some()).await;
    let result = state.refused.map(|(refused, _)| refused.result);
    assert_eq!(result, Some(ReloadResult::Panicked));
    running.write(SECOND);
    running.until_in_force(SECOND).await;
}

#[tokio::test]
async fn files_that_never_hold_still_are_read_all_the_same() {
    let timing = Timing { settle: SOON * 5, settle_at_most: SOON * 10, compare: NEVER };
    let running = Running::start(true, timing);
    let unrest = async {
        for number in 0.. {
            running.write(&format!("{SECOND}# {number}\n"));
            tokio::time::sleep(SOON).await;
        }
    };
    tokio::select! {
        () = running.until_in_force(SECOND) => {}
        () = unrest => {}
    }
}

#[tokio::test]
async fn the_same_refusal_is_told_of_once_unless_somebody_asks() {
    let metrics = Arc::new(Metrics::new().unwrap());
    let clock = Arc::new(ManualClock::at(Timestamp::from_unix_seconds(0)));
    let loader = FileLoader { path: PathBuf::new(), seen: String::new(), noticed: false };
    let policies = Policies::from(policy(FIRST));
    let followed =
        Followed::new(PolicySlot::Next, Box::new(loader), policies, Arc::clone(&metrics), clock);
    let told = |times: u32| {
        let line =
            format!(r#"bailiff_policy_reloads_total{{policy="next",result="invalid"}} {times}"#);
        assert!(metrics.page().contains(&line), "{line}");
    };
    followed.refuse(&refused("x"), Told::Once);
    followed.refuse(&refused("x"), Told::Once);
    told(1);
    followed.refuse(&refused("x"), Told::Again);
    told(2);
    followed.refuse(&refused("y"), Told::Once);
    told(3);
    assert_eq!(followed.status().lines()[0], "next policy: none");
}
