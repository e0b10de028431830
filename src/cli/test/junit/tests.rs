use super::{played, unplayed};
use crate::{
    policy::{Policy, Source, suite::Suite},
    rehearsal,
};
use std::sync::Arc;

#[test]
fn a_build_server_reads_every_case_and_nothing_breaks_out_of_its_place() {
    let source = Source::new(
        "policy \"<&>\".yaml",
        "version: 1\n\
         routes:\n  /a: { role: admin }\n\
         tests:\n  people: { p: { organization: acme } }\n  cases:\n  \
         - { as: nobody, request: GET /a, expect: deny signed_out }\n  \
         - { as: p, request: GET /a, expect: allow, rule: \"<b> & 'c'\", \
         name: \"]]></testcase>\\u0007\\n\\\"\" }\n",
    );
    let policy = Policy::load(&source).unwrap();
    let suite = Suite::load(&[source], &[]).unwrap();
    insta::assert_snapshot!(played(&rehearsal::run(Arc::new(policy), &suite)));
}

#[test]
fn what_cannot_be_played_is_an_error_for_each_thing_that_is_wrong() {
    let source = Source::new("a.test.yaml", "cases: [ { as: <b>, expect: allow } ]\npeopel: {}\n");
    let errors = Suite::load(&[], &[source]).unwrap_err();
    insta::assert_snapshot!(unplayed(&errors.diagnostics()));
}
