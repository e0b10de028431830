//! From files to policies, and why not.

use super::{FailedTrial, PolicyLoader, Trial};
use crate::{
    policy::{Policy, Source},
    reload::{Again, Loader as _, Look, Refused},
    telemetry::metrics::ReloadResult,
};
use std::{fs, path::Path};
use tempfile::TempDir;

const OPEN: &str = "version: 1\nroutes:\n  /a: public\n";
const CLOSED: &str = "version: 1\nroutes:\n  /a: signed_in\n";

fn folder(text: &str) -> TempDir {
    let folder = TempDir::new().unwrap();
    write(&folder, text);
    folder
}

fn write(folder: &TempDir, text: &str) {
    fs::write(folder.path().join("policy.yaml"), text).unwrap();
}

fn loader(folder: &TempDir, trial: Trial) -> PolicyLoader {
    PolicyLoader::new(folder.path().join("policy.yaml"), trial)
}

/// A trial of policies that never open `/a`.
fn never_open() -> Trial {
    Trial::new(|policy, files| {
        let text = files.policy.as_slice().first().map(Source::text);
        assert_eq!(text.map(|text| text.contains("/a")), Some(policy.rules().count() > 0));
        if policy.rules().any(|rule| rule.access.requirement().is_none()) {
            let (summary, detail) =
                ("1 of 2 cases fails".to_owned(), "as nobody: allow".to_owned());
            return Err(FailedTrial { summary, detail });
        }
        Ok(())
    })
}

fn good(look: Look) -> String {
    match look {
        Look::Good(policy) => policy.revision().to_string(),
        Look::Unchanged => panic!("unchanged"),
        Look::Bad(refused) => panic!("{refused}"),
    }
}

fn bad(look: Look) -> Refused {
    match look {
        Look::Bad(refused) => refused,
        Look::Unchanged => panic!("unchanged"),
        Look::Good(policy) => panic!("{policy:?}"),
    }
}

fn is_unchanged(look: &Look) -> bool {
    matches!(look, Look::Unchanged)
}

fn revision(text: &str) -> String {
    Policy::load(Source::new("policy.yaml", text)).unwrap().revision().to_string()
}

#[test]
fn files_are_made_a_policy_once_for_each_content_unless_that_is_asked_for() {
    let folder = folder(OPEN);
    let mut loader = loader(&folder, Trial::skipped());
    loader.load().unwrap();
    assert!(is_unchanged(&loader.look(Again::No)));
    assert_eq!(good(loader.look(Again::Yes)), revision(OPEN));
    write(&folder, CLOSED);
    assert_eq!(good(loader.look(Again::No)), revision(CLOSED));
    assert!(is_unchanged(&loader.look(Again::No)));
    // Another text for the same policy may bring other tests.
    write(&folder, &format!("# comment\n{CLOSED}"));
    assert_eq!(good(loader.look(Again::No)), revision(CLOSED));
}

#[test]
fn tests_beside_the_policy_are_part_of_what_is_looked_at() {
    let folder = folder(CLOSED);
    let mut loader = loader(&folder, Trial::skipped());
    loader.load().unwrap();
    fs::write(folder.path().join("policy.test.yaml"), "cases: []\n").unwrap();
    assert_eq!(good(loader.look(Again::No)), revision(CLOSED));
}

#[test]
fn a_bad_policy_is_refused_once_and_its_first_error_is_the_reason() {
    let folder = folder(OPEN);
    let mut loader = loader(&folder, Trial::skipped());
    loader.load().unwrap();
    write(&folder, "version: 1\nroutes:\n  /a: publik\n  /b: publik\n");
    let Refused { result, summary, detail } = bad(loader.look(Again::No));
    assert_eq!(result, ReloadResult::Invalid);
    assert!(
        summary.ends_with("policy.yaml:3:7: `publik` is no requirement (and 1 more)"),
        "{summary}"
    );
    assert!(detail.contains("did you mean `public`?"), "{detail}");
    assert!(is_unchanged(&loader.look(Again::No)));
    assert_eq!(bad(loader.look(Again::Yes)).result, ReloadResult::Invalid);
    write(&folder, OPEN);
    assert_eq!(good(loader.look(Again::No)), revision(OPEN));
}

#[test]
fn a_file_that_comes_back_is_read_even_if_it_says_what_it_said() {
    let folder = folder(OPEN);
    let mut loader = loader(&folder, Trial::skipped());
    loader.load().unwrap();
    fs::remove_file(folder.path().join("policy.yaml")).unwrap();
    for _ in 0..2 {
        let refused = bad(loader.look(Again::No));
        assert_eq!(refused.result, ReloadResult::Unreadable);
        assert!(refused.summary.contains("No such file"), "{refused}");
    }
    write(&folder, OPEN);
    assert_eq!(good(loader.look(Again::No)), revision(OPEN));
}

#[test]
fn a_policy_that_fails_its_own_tests_is_refused() {
    let folder = folder(CLOSED);
    let mut loader = loader(&folder, never_open());
    loader.load().unwrap();
    write(&folder, OPEN);
    let Refused { result, summary, detail } = bad(loader.look(Again::No));
    assert_eq!((result, &*summary), (ReloadResult::TestsFailed, "1 of 2 cases fails"));
    assert!(detail.contains("as nobody: allow"));
    assert!(loader.load().is_err_and(|error| error.is_about_the_policy()));
}

#[test]
fn a_file_that_cannot_be_read_says_nothing_about_the_policy() {
    let folder = TempDir::new().unwrap();
    let failed = loader(&folder, Trial::skipped()).load();
    assert!(failed.is_err_and(|error| !error.is_about_the_policy()));
}

#[test]
fn what_may_matter_is_policy_files_their_folder_and_what_kubernetes_turns() {
    let folder = folder(OPEN);
    let loader = PolicyLoader::new(folder.path().to_owned(), Trial::skipped());
    let concerns = |name: &str| loader.concerns(&folder.path().join(name));
    assert!(concerns("policy.yaml") && concerns("other.yml") && concerns("a.test.yaml"));
    assert!(concerns("..data") && concerns("..2026_01"));
    assert!(loader.concerns(folder.path()));
    for other in ["service.log", ".policy.yaml.swp", "4913", "policy.yaml~"] {
        assert!(!concerns(other), "{other}");
    }
    let odd = PolicyLoader::new(Path::new("/etc/bailiff/rules").to_owned(), Trial::skipped());
    assert!(
        odd.concerns(Path::new("/etc/bailiff/rules")) && odd.concerns(Path::new("/etc/bailiff"))
    );
}

#[test]
fn changes_are_looked_for_where_a_link_is_and_where_it_leads() {
    let real = folder(OPEN);
    let links = TempDir::new().unwrap();
    let link = links.path().join("policy.yaml");
    std::os::unix::fs::symlink(real.path().join("policy.yaml"), &link).unwrap();
    let folders = PolicyLoader::new(link, Trial::skipped()).folders();
    assert!(folders.iter().any(|folder| folder == links.path()));
    assert!(folders.contains(&real.path().canonicalize().unwrap()));
}
