use super::{AuthzenSettings, HttpEntry, HttpSettings};
use crate::{
    config::{
        env::{self, Environment},
        file::{ForwardAuthEntry, ListenerEntry, OneOrMany, Switch},
    },
    serve::http::forward_auth::Profile,
};
use std::path::Path;

fn forward_auth(profile: &str, peers: &[&str]) -> ForwardAuthEntry {
    ForwardAuthEntry {
        profile: Some(OneOrMany::One(profile.to_owned())),
        trusted_peers: Some(OneOrMany::Many(peers.iter().map(|&peer| peer.to_owned()).collect())),
    }
}

fn resolve(entry: HttpEntry) -> Result<HttpSettings, String> {
    HttpSettings::resolve(entry, Path::new(""), &Environment::default())
        .map_err(|error| error.to_string())
}

fn at(listener: &str, forward_auth: ForwardAuthEntry) -> HttpEntry {
    HttpEntry {
        listener: Some(ListenerEntry::Address(listener.to_owned())),
        forward_auth: Some(forward_auth),
        ..HttpEntry::default()
    }
}

#[test]
fn nothing_is_served_unless_asked_for() {
    let settings = resolve(HttpEntry::default()).unwrap();
    assert!(settings.listener.is_none() && settings.forward_auth.is_none());
    let entry = HttpEntry {
        listener: Some(ListenerEntry::Address("127.0.0.1:80".into())),
        ..HttpEntry::default()
    };
    assert!(resolve(entry).unwrap_err().contains("`forward_auth`"));
}

#[test]
fn proxies_are_asked_for_by_name_and_address() {
    let entry = HttpEntry {
        forward_auth: Some(forward_auth("nginx", &["127.0.0.1"])),
        ..HttpEntry::default()
    };
    let settings = resolve(entry).unwrap();
    assert_eq!(settings.forward_auth.unwrap().profiles, [Profile::Nginx]);
    assert_eq!(settings.listener.unwrap().address.to_string(), "127.0.0.1:9192");
    assert!(resolve(at("off", forward_auth("nginx", &[]))).unwrap().listener.is_none());
}

#[test]
fn without_peers_to_believe_nothing_starts() {
    for (entry, named) in [
        (forward_auth("nginx", &[]), "forward_auth.trusted_peers"),
        (ForwardAuthEntry { trusted_peers: None, ..forward_auth("nginx", &[]) }, "trusted_peers"),
        (forward_auth("nginx", &["0.0.0.0/0"]), "`0.0.0.0/0` trusts every address"),
        (forward_auth("nginx", &["proxy.test"]), "`proxy.test` is neither"),
        (forward_auth("apache", &["10.0.0.1"]), "`apache` is not `nginx`"),
        (ForwardAuthEntry { profile: None, ..forward_auth("", &["10.0.0.1"]) }, "profile"),
    ] {
        let error = resolve(at("127.0.0.1:0", entry)).unwrap_err();
        assert!(error.contains(named), "{error}");
    }
}

#[test]
fn a_listener_that_no_trusted_peer_can_reach_is_a_mistake() {
    assert!(resolve(at("unix:/run/b.sock", forward_auth("nginx", &["unix"]))).is_ok());
    for (listener, peers) in [("unix:/run/b.sock", "10.0.0.1"), ("127.0.0.1:0", "unix")] {
        let error = resolve(at(listener, forward_auth("nginx", &[peers]))).unwrap_err();
        assert!(error.contains("trusted_peers"), "{error}");
    }
}

#[test]
fn the_environment_overrides_the_file() {
    let environment = Environment::of(&[
        (env::HTTP, "127.0.0.1:1"),
        (env::FORWARD_AUTH, "caddy, haproxy"),
        (env::TRUSTED_PEERS, "10.0.0.1,10.1.0.0/16"),
        (env::AUTHZEN, "on"),
        (env::AUTHZEN_URL, "https://pdp.shop.test/"),
    ]);
    let entry = at("127.0.0.1:2", forward_auth("nginx", &[]));
    let settings = HttpSettings::resolve(entry, Path::new(""), &environment).unwrap();
    assert_eq!(settings.listener.unwrap().address.to_string(), "127.0.0.1:1");
    assert_eq!(settings.forward_auth.unwrap().profiles, [Profile::Caddy, Profile::Haproxy]);
    let url = Some("https://pdp.shop.test".to_owned());
    assert_eq!(settings.authzen, Some(AuthzenSettings { url }));
}

#[test]
fn the_address_of_the_authzen_api_is_a_web_address() {
    for url in ["pdp", "ftp://pdp.test", "https://user@pdp.test", "https://pdp.test/?a", "/x"] {
        let entry = HttpEntry {
            authzen: Some(Switch::On),
            authzen_url: Some(url.to_owned()),
            ..HttpEntry::default()
        };
        assert!(resolve(entry).unwrap_err().contains("authzen_url"), "{url}");
    }
    let environment = Environment::of(&[(env::AUTHZEN, "yes")]);
    let error =
        HttpSettings::resolve(HttpEntry::default(), Path::new(""), &environment).unwrap_err();
    assert!(error.to_string().contains("BAILIFF_AUTHZEN"), "{error}");
}
