use super::{given, lower_case_names, of_call};
use crate::{
    core::question::CredentialSource,
    pb::v1::{Credential, HttpHeader, HttpHeaders, credential::Source},
};
use tonic::metadata::MetadataMap;

fn credential(source: Source) -> Credential {
    Credential { source: Some(source) }
}

fn headers(lines: &[(&str, &str)]) -> Credential {
    let line =
        |&(name, value): &(&str, &str)| HttpHeader { name: name.into(), value: value.into() };
    credential(Source::Headers(HttpHeaders { headers: lines.iter().map(line).collect() }))
}

/// The header lines of a source that is headers.
fn lines<'a>(source: &CredentialSource<'a>) -> Vec<(&'a str, &'a [u8])> {
    match source {
        CredentialSource::Headers(headers) => {
            headers.iter().map(|line| (line.name, line.value)).collect()
        }
        CredentialSource::Request | CredentialSource::Token(_) => panic!("{source:?}"),
    }
}

#[test]
fn an_absent_credential_and_an_empty_one_name_no_source() {
    assert!(given(None).is_none());
    assert!(given(Some(&Credential { source: None })).is_none());
}

#[test]
fn a_token_is_taken_as_it_is() {
    let credential = credential(Source::Token("a.b.c".into()));
    assert!(matches!(given(Some(&credential)), Some(CredentialSource::Token("a.b.c"))));
}

#[test]
fn a_source_without_a_credential_in_it_is_somebody_who_is_signed_out() {
    for empty in [credential(Source::Token(String::new())), headers(&[])] {
        assert_eq!(lines(&given(Some(&empty)).unwrap()), []);
    }
}

#[test]
fn header_names_are_found_in_any_case_and_repeats_stay_apart() {
    let mut credential = headers(&[("Cookie", "a=1"), ("COOKIE", "b=2"), (":path", "/")]);
    lower_case_names(Some(&mut credential));
    let found = given(Some(&credential)).unwrap();
    assert_eq!(lines(&found), [("cookie", &b"a=1"[..]), ("cookie", b"b=2")]);
}

#[test]
fn every_authorization_of_the_call_is_seen_and_nothing_else_of_it() {
    let mut metadata = MetadataMap::new();
    metadata.append("authorization", "Bearer 1".parse().unwrap());
    metadata.append("authorization", "Bearer 2".parse().unwrap());
    metadata.append("cookie", "__session=x".parse().unwrap());
    let found = of_call(&metadata);
    let expected = [("authorization", &b"Bearer 1"[..]), ("authorization", b"Bearer 2")];
    assert_eq!(lines(&found), expected);
    assert_eq!(lines(&of_call(&MetadataMap::new())), []);
}
