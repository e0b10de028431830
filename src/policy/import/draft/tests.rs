use super::{Asked, Draft, DraftRoute, DraftRule, commented};
use crate::policy::{Policy, Source};

#[test]
fn requirements_are_written_as_a_policy_has_them() {
    let mut asked = Asked::part("role", "org:admin");
    assert_eq!(asked.text(), "{ role: org:admin }");
    asked.and(&Asked::part("plan", "Pro!"));
    assert_eq!(asked.text(), "{ role: org:admin, plan: \"Pro!\" }");
    asked.and(&Asked::part("role", "org:owner"));
    assert_eq!(
        asked.text(),
        "{ all: [{ role: org:admin }, { plan: \"Pro!\" }, { role: org:owner }] }"
    );
    asked.and(&Asked::undecided());
    assert_eq!(asked.text(), "denied");
    assert_eq!(Asked::NOTHING.text(), "public");
    assert_eq!(Asked::optional().text(), "optional");
    assert_eq!(Asked::signed_in().text(), "signed_in");
}

#[test]
fn a_comment_stays_in_its_line() {
    assert_eq!(commented("a\nroutes:\u{2028}\u{85}\u{feff}b"), "# a routes:   b");
    assert!(commented(&"x".repeat(1000)).len() < 200);
}

#[test]
fn every_template_can_be_a_key() {
    for template in ["/", "/{**}", "/v1/x:batch", "/a,b=c@d", "/a'b", "/a:", "/~a", "/&a", "/*a"] {
        let rule = DraftRule { methods: None, asked: Asked::signed_in(), comments: Vec::new() };
        let route = DraftRoute { template: template.to_owned(), rules: vec![rule] };
        let draft = Draft { routes: vec![route], ..Draft::default() };
        let loaded = Policy::load(Source::new("policy.yaml", &draft.text()));
        // A star is no literal, which is another matter.
        assert_eq!(loaded.is_ok(), !template.starts_with("/*"), "{}", draft.text());
    }
}
