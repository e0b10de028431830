use super::{Checked, Exit, PolicyFiles, counted};
use crate::policy::Source;

fn exits(text: &str) -> (Exit, Exit) {
    let policy = Source::new("policy.yaml", text).into();
    let checked = Checked::of(&PolicyFiles { policy, tests: Vec::new() });
    (checked.exit(false), checked.exit(true))
}

#[test]
fn warnings_are_refused_on_request_and_notes_never() {
    let note = "version: 1\nroutes: { /a: { any: [{ plan: pro }] } }\n";
    let warning = "version: 1\nunlisted: signed_in\n";
    assert_eq!(exits("version: 1"), (Exit::Good, Exit::Good));
    assert_eq!(exits(note), (Exit::Good, Exit::Good));
    assert_eq!(exits(warning), (Exit::Good, Exit::Bad));
    assert_eq!(exits("version: 2"), (Exit::Bad, Exit::Bad));
    assert_eq!(exits("version: 1\ntests: { cases: [7] }"), (Exit::Bad, Exit::Bad));
    let allowed = format!("{warning}lints: {{ open-unlisted: allow }}\n");
    assert_eq!(exits(&allowed), (Exit::Good, Exit::Good));
}

#[test]
fn counts_read_well() {
    assert_eq!(counted(0, "note"), "");
    assert_eq!(counted(1, "note"), ", 1 note");
    assert_eq!(counted(2, "note"), ", 2 notes");
}
