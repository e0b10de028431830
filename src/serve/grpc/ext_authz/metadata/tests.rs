use super::{MOST, MetadataField, MetadataFields, of, of_refusal};
use crate::{
    authorizer::outcome::Outcome,
    core::{id::OrganizationId, identity::Identity, machine::Machine, reason::Reason},
    pb::envoy::Struct,
    serve::fixtures::{allow, api_key, somebody},
};

fn names(told: Option<Struct>) -> Vec<String> {
    let fields = told.map(|told| told.fields).unwrap_or_default();
    fields.iter().map(|field| String::from_utf8(field.key.to_vec()).unwrap()).collect()
}

/// Every field, by the name that settings call it.
fn fields() -> Vec<(String, MetadataField)> {
    let schema = schemars::schema_for!(MetadataField).to_value();
    let names = schema["oneOf"].as_array().unwrap().iter().map(|field| field["const"].clone());
    names
        .map(|name| {
            (name.as_str().unwrap().to_owned(), serde_json::from_value(name.clone()).unwrap())
        })
        .collect()
}

#[test]
fn settings_call_a_field_as_proxies_do() {
    let fields = fields();
    assert_eq!(fields.len(), 15);
    for (name, field) in fields {
        assert_eq!(field.as_str(), name);
    }
}

#[test]
fn each_field_is_told_where_it_is_chosen_and_nowhere_else() {
    let client = Some("oa_client".into());
    let machine = Machine { client, organization: Some(OrganizationId::new("org_1")), ..api_key() };
    let identity = Identity::Machine(machine.into());
    let of_user = somebody(allow(&[], &[]));
    let of_machine = Outcome { identity, ..somebody(allow(&[], &[])) };
    for (outcome, count) in [(of_user, 11), (of_machine, MOST)] {
        let all = names(of(&outcome, MetadataFields::ALL));
        assert_eq!(all.len(), count, "{all:?}");
        for (_, field) in fields() {
            let only = names(of(&outcome, MetadataFields::of(&[field])));
            let expected: Vec<&String> =
                all.iter().filter(|name| *name == field.as_str()).collect();
            assert_eq!(only.iter().collect::<Vec<_>>(), expected);
        }
    }
}

#[test]
fn where_nothing_is_chosen_or_applies_there_is_no_metadata() {
    let outcome = somebody(allow(&[], &[]));
    assert_eq!(of(&outcome, MetadataFields::of(&[])), None);
    assert_eq!(of(&outcome, MetadataFields::of(&[MetadataField::ClientId])), None);
    assert_eq!(of_refusal(Reason::InternalError, MetadataFields::of(&[])), None);
    let effect = MetadataFields::of(&[MetadataField::Effect]);
    assert_eq!(names(of_refusal(Reason::InternalError, effect)), ["effect"]);
}
