use super::{Lack, lacking};
use crate::{
    config::{
        env::{self, Environment, Variable},
        settings::{Flags, Settings},
    },
    core::credential::{CredentialKind, CredentialKinds},
};

fn lacks(named: &[CredentialKind], set: &[(Variable, &str)]) -> Vec<Lack> {
    let needed = [(env::PUBLISHABLE_KEY, "x"), (env::POLICY, "p.yaml")];
    let all: Vec<_> = needed.iter().chain(set).copied().collect();
    let settings = Settings::resolve(&Environment::of(&all), &Flags::default()).unwrap();
    let named: CredentialKinds = named.iter().copied().collect();
    lacking(named, &settings.instances[0]).collect()
}

#[test]
fn who_names_no_machine_credential_lacks_nothing() {
    assert_eq!(lacks(&[CredentialKind::SessionToken], &[]), []);
}

#[test]
fn opaque_credentials_need_a_secret_key() {
    let all = CredentialKind::ALL;
    assert_eq!(
        lacks(&all, &[]),
        [Lack::ApiKeys, Lack::OpaqueOauthTokens, Lack::OpaqueM2mTokens, Lack::Machine]
    );
    let machine = [(env::MACHINE_SECRET_KEY, "ak_x"), (env::MACHINE_ID, "mch_x")];
    assert_eq!(lacks(&all, &machine), [Lack::ApiKeys, Lack::OpaqueOauthTokens]);
    assert_eq!(lacks(&all, &[(env::SECRET_KEY, "sk_x"), (env::MACHINE_ID, "mch_x")]), []);
}

#[test]
fn a_machines_secret_key_alone_tells_no_jwts_apart() {
    let set = [(env::SECRET_KEY, "sk_x"), (env::MACHINE_SECRET_KEY, "ak_x")];
    assert_eq!(lacks(&CredentialKind::ALL, &set), [Lack::Machine]);
}
