use super::OrganizationSync;
use crate::core::{
    id::{OrganizationId, OrganizationSlug},
    organization::ActiveOrganization,
};

fn sync(organization: &[&str], personal: Option<&[&str]>) -> OrganizationSync {
    let owned = |list: &[&str]| list.iter().map(|&text| text.to_owned()).collect::<Vec<_>>();
    OrganizationSync::compile(&owned(organization), personal.map(owned).as_deref()).unwrap()
}

fn acme() -> ActiveOrganization {
    ActiveOrganization {
        id: OrganizationId::new("org_1"),
        slug: Some(OrganizationSlug::new("acme")),
        role: None,
        permissions: None,
    }
}

#[test]
fn the_path_differs_when_it_names_another_organization() {
    let sync = sync(&["/by-id/:id", "/by-slug/:slug"], Some(&["/me", "/me/(.*)"]));
    for (path, active, differs) in [
        ("/by-id/org_1", true, false),
        ("/by-id/org_2", true, true),
        ("/by-id/ORG_1", true, true),
        ("/by-id/org_1", false, true),
        ("/by-slug/acme", true, false),
        ("/by-slug/Acme", true, true),
        ("/by-slug/acme", false, true),
        ("/me", true, true),
        ("/me/x", true, true),
        ("/me", false, false),
        ("/elsewhere", true, false),
    ] {
        let organization = active.then(acme);
        assert_eq!(sync.differs(path, organization.as_ref()), differs, "{path} {active}");
    }
}

#[test]
fn an_organization_without_a_slug_is_none_that_a_slug_names() {
    let nameless = ActiveOrganization { slug: None, ..acme() };
    assert!(sync(&["/:slug"], None).differs("/acme", Some(&nameless)));
}

#[test]
fn a_handshake_asks_for_what_the_path_names() {
    let sync = sync(&["/o/:id", "/s/:slug"], Some(&["/me"]));
    assert_eq!(sync.handshake_parameter("/o/org_2").as_deref(), Some("org_2"));
    assert_eq!(sync.handshake_parameter("/s/other").as_deref(), Some("other"));
    assert_eq!(sync.handshake_parameter("/me").as_deref(), Some(""));
    assert_eq!(sync.handshake_parameter("/x"), None);
}

#[test]
fn the_first_pattern_that_matches_stands_for_the_list() {
    let nameless = sync(&["/orgs/(.*)", "/orgs/:id"], Some(&["/orgs/x"]));
    assert_eq!(nameless.handshake_parameter("/orgs/org_2"), None);
    assert_eq!(nameless.handshake_parameter("/orgs/x").as_deref(), Some(""));
    let both = sync(&["/:slug/:id"], None);
    assert_eq!(
        both.handshake_parameter("/acme/org_2").as_deref(),
        Some("org_2"),
        "ids are preferred"
    );
}

#[test]
fn an_empty_list_for_the_personal_account_means_every_path() {
    assert!(sync(&[], Some(&[])).differs("/anything", Some(&acme())));
    assert!(!sync(&[], None).differs("/anything", Some(&acme())));
    assert!(!OrganizationSync::none().differs("/anything", Some(&acme())));
}
