use super::{ListenerSettings, listener};
use crate::{
    config::{
        env::{self, Environment, Variable},
        file::SettingsFile,
        settings::{Flags, Settings},
    },
    serve::listener::{
        ListenAddress, SocketOptions,
        tls::{Clients, TlsVersion},
    },
};
use std::{fs, path::Path};

const KEY: &str = "pk_test_a2luZC1vdHRlci00Mi5jbGVyay5hY2NvdW50cy5kZXYk";

/// What an admin listener that is written so comes to.
fn read(written: &str) -> Result<ListenerSettings, String> {
    let file = SettingsFile::parse(&format!("listeners:\n  admin: {written}\n"))?;
    let entry = file.listeners.admin.ok_or("no listener")?;
    listener("listeners.admin", entry, Path::new("/etc/bailiff")).map_err(|error| error.to_string())
}

fn with_tls(more: &str) -> Result<ListenerSettings, String> {
    read(&format!(
        "{{ address: 127.0.0.1:1, tls: {{ certificate_file: c.pem, key_file: k.pem{more} }} }}"
    ))
}

#[test]
fn an_address_alone_is_a_listener_without_tls() {
    let settings = read("127.0.0.1:9194").unwrap();
    assert_eq!(
        settings,
        ListenerSettings::from(ListenAddress::Tcp("127.0.0.1:9194".parse().unwrap()))
    );
    assert_eq!(read("unix:@bailiff").unwrap().address, ListenAddress::Abstract("bailiff".into()));
}

#[test]
fn tls_names_its_files_relative_to_the_settings() {
    let tls = with_tls("").unwrap().tls.unwrap();
    assert_eq!(tls.certificate_file, Path::new("/etc/bailiff/c.pem"));
    assert_eq!(tls.key_file, Path::new("/etc/bailiff/k.pem"));
    assert_eq!((tls.clients, tls.minimum_version), (Clients::Anyone, TlsVersion::Tls12));
    let tls = with_tls(", minimum_version: \"1.3\"").unwrap().tls.unwrap();
    assert_eq!(tls.minimum_version, TlsVersion::Tls13);
}

#[test]
fn clients_must_show_a_certificate_once_their_authority_is_known() {
    let authorities_file = Path::new("/etc/bailiff/ca.pem").to_path_buf();
    let clients = |more: &str| with_tls(more).unwrap().tls.unwrap().clients;
    let required =
        Clients::Required { authorities_file: authorities_file.clone(), allowed: vec![] };
    assert_eq!(clients(", client_ca_file: ca.pem"), required);
    assert_eq!(clients(", client_ca_file: ca.pem, client_auth: required"), required);
    assert_eq!(
        clients(", client_ca_file: ca.pem, client_auth: optional"),
        Clients::Optional { authorities_file: authorities_file.clone() }
    );
    assert_eq!(
        clients(", client_ca_file: ca.pem, allowed_clients: [\"spiffe://shop.test/gateway\"]"),
        Clients::Required { authorities_file, allowed: vec!["spiffe://shop.test/gateway".into()] }
    );
}

#[test]
fn what_would_let_in_more_than_was_meant_is_refused() {
    for (more, named) in [
        (", client_auth: required", "client_ca_file"),
        (", client_auth: optional", "client_ca_file"),
        (", allowed_clients: [a.test]", "client_ca_file"),
        (
            ", client_ca_file: ca, client_auth: optional, allowed_clients: [a.test]",
            "allowed_clients",
        ),
        (", minimum_version: \"1.1\"", "1.1"),
        (", client_auth: whoever", "whoever"),
    ] {
        let problem = with_tls(more).unwrap_err();
        assert!(problem.contains(named) && !problem.contains('\n'), "{more}: {problem}");
    }
    assert!(read("{ address: 127.0.0.1:1, tls: { certificate_file: c.pem } }").is_err());
    assert!(read("{ address: 127.0.0.1:1, tls: { key_file: k.pem } }").is_err());
}

#[test]
fn a_unix_socket_has_a_mode_and_an_owner() {
    let socket = |more: &str| {
        read(&format!("{{ address: \"unix:/run/b.sock\", {more} }}"))
            .map(|settings| settings.socket)
    };
    let standard = SocketOptions::STANDARD;
    assert_eq!(socket("socket_mode: \"0600\"").unwrap(), SocketOptions { mode: 0o600, ..standard });
    for (owner, numbers) in [
        ("1000:1001", (Some(1000), Some(1001))),
        ("1000", (Some(1000), None)),
        (":1001", (None, Some(1001))),
    ] {
        let expected = SocketOptions { owner: numbers, ..standard };
        assert_eq!(socket(&format!("socket_owner: \"{owner}\"")).unwrap(), expected, "{owner}");
    }
    for wrong in [
        "socket_mode: \"0999\"",
        "socket_mode: \"1777\"",
        "socket_mode: rw",
        "socket_mode: \"\"",
        "socket_owner: \"\"",
        "socket_owner: \":\"",
        "socket_owner: envoy",
        "socket_owner: \"-1\"",
        "socket_owner: \"1:2:3\"",
    ] {
        assert!(socket(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn what_has_no_file_has_neither_mode_nor_owner() {
    for address in ["127.0.0.1:1", "unix:@bailiff"] {
        let written = format!("{{ address: \"{address}\", socket_mode: \"0600\" }}");
        assert!(read(&written).unwrap_err().contains("socket_mode"), "{address}");
    }
}

/// Settings with listeners, and these variables and flags.
fn resolve(listeners: &str, set: &[(Variable, &str)], flags: Flags) -> Result<Settings, String> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("bailiff.yaml");
    let text = format!("policy: p.yaml\ninstances: [{{ publishable_key: {KEY} }}]\n{listeners}\n");
    fs::write(&file, text).unwrap();
    let flags = Flags { config: Some(file), ..flags };
    Settings::resolve(&Environment::of(set), &flags).map_err(|error| error.to_string())
}

const TLS: &str = "tls: { certificate_file: c.pem, key_file: k.pem }";

#[test]
fn an_address_from_elsewhere_never_takes_tls_away() {
    let grpc = format!("listeners: {{ grpc: [127.0.0.1:1, {{ address: 127.0.0.1:2, {TLS} }}] }}");
    let admin = format!("listeners: {{ admin: {{ address: 127.0.0.1:2, {TLS} }} }}");
    let flag = |grpc: &str, admin: &str| Flags {
        grpc: if grpc.is_empty() { Vec::new() } else { vec![grpc.to_owned()] },
        admin: (!admin.is_empty()).then(|| admin.to_owned()),
        ..Flags::default()
    };
    let anywhere = "127.0.0.1:3";
    for (problem, by) in [
        (resolve(&grpc, &[(env::GRPC, anywhere)], Flags::default()), "`BAILIFF_GRPC`"),
        (resolve(&grpc, &[], flag(anywhere, "")), "`--grpc`"),
        (resolve(&admin, &[(env::ADMIN, anywhere)], Flags::default()), "`BAILIFF_ADMIN`"),
        (resolve(&admin, &[], flag("", anywhere)), "`--admin`"),
    ] {
        let problem = problem.unwrap_err();
        assert!(problem.contains(by) && problem.contains("tls"), "{problem}");
    }
    // A door that is not there needs no lock.
    assert!(resolve(&admin, &[(env::ADMIN, "off")], Flags::default()).unwrap().admin.is_none());
}

#[test]
fn operators_by_certificate_need_a_listener_that_asks_for_one() {
    let clients = "operator_clients: [\"spiffe://shop.test/operator\"]";
    let listener =
        |tls: &str| format!("listeners: {{ grpc: {{ address: 127.0.0.1:1, {tls} }} }}\n{clients}");
    for without in [clients.to_owned(), listener(TLS)] {
        let problem = resolve(&without, &[], Flags::default()).unwrap_err();
        assert!(problem.contains("`operator_clients`"), "{problem}");
    }
    let tls = "tls: { certificate_file: c.pem, key_file: k.pem, client_ca_file: ca.pem }";
    let settings = resolve(&listener(tls), &[], Flags::default()).unwrap();
    assert!(
        settings
            .events
            .operator_clients
            .iter()
            .map(|name| &**name)
            .eq(["spiffe://shop.test/operator"])
    );
}
