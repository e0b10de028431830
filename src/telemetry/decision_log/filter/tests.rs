use super::{DecisionLine, MASKABLE, Mask, NotMaskable, Only};
use crate::core::clock::Timestamp;

fn full() -> DecisionLine<'static> {
    DecisionLine {
        rule: Some("GET /a"),
        method: Some("GET"),
        host: Some("shop.test"),
        instance: Some("shop"),
        user: Some("user_1"),
        credential: Some("session_token"),
        subject: Some("mch_1"),
        credential_id: Some("ak_1"),
        session: Some("sess_1"),
        organization: Some("org_1"),
        path: Some("/a".into()),
        action: Some("x"),
        also_action: Some("y"),
        also_require: Some("{}"),
        identity: Some("{}".to_owned()),
        ..DecisionLine::new(
            Timestamp::from_unix_seconds(0),
            "ext_authz",
            "allow",
            "allowed",
            "r",
            "api",
        )
    }
}

#[test]
fn each_maskable_field_is_left_out_alone() {
    for field in MASKABLE {
        let mask = Mask::of(&[(*field).to_owned()]).unwrap();
        let mut line = full();
        mask.apply(&mut line);
        let line = serde_json::to_value(&line).unwrap();
        for other in MASKABLE {
            assert_eq!(line.get(*other).is_some(), other != field, "{field}: {line}");
        }
    }
}

#[test]
fn what_every_line_has_cannot_be_masked() {
    for field in ["effect", "reason", "usr", ""] {
        let refused = Mask::of(&[field.to_owned()]).unwrap_err();
        assert_eq!(refused, NotMaskable(field.to_owned()));
        assert!(refused.to_string().contains("organization"), "{refused}");
    }
}

#[test]
fn empty_lists_choose_everything_and_others_what_they_name() {
    assert!(Only::ALL.wants("ext_authz", "allow", None));
    let denials = Only { effects: vec!["deny".to_owned()], ..Only::ALL };
    assert!(denials.wants("authorize", "deny", Some("x")));
    assert!(!denials.wants("authorize", "allow", Some("x")));
    let rules = Only { rules: vec!["GET /a".to_owned()], ..Only::ALL };
    assert!(rules.wants("authorize", "allow", Some("GET /a")));
    assert!(!rules.wants("authorize", "allow", Some("GET /b")));
    assert!(!rules.wants("authorize", "deny", None));
    let doors = Only { doors: vec!["authorize".to_owned()], ..Only::ALL };
    assert!(!doors.wants("ext_authz", "deny", None));
}
