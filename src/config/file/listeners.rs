//! `listeners`: where to listen, as a text or with everything that goes with it.

use schemars::JsonSchema;
use serde::{
    Deserialize, Deserializer,
    de::{
        Error, MapAccess, SeqAccess, Visitor,
        value::{MapAccessDeserializer, SeqAccessDeserializer},
    },
};
use std::fmt;

/// Where to listen.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ListenersEntry {
    /// gRPC: `ext_authz`, `Authorize`, `GetClaims`, health. One listener or a list of them.
    pub grpc: Option<Listeners>,
    /// Forward authentication and `AuthZEN` over HTTP; open where either is set, `off` for none.
    pub http: Option<ListenerEntry>,
    /// Health, readiness and metrics over HTTP; `off` for none.
    pub admin: Option<ListenerEntry>,
    /// Clerk's webhooks; open where there is a signing secret, `off` for none.
    pub webhook: Option<ListenerEntry>,
}

/// One listener or several.
#[derive(Clone, Debug, JsonSchema)]
#[schemars(untagged)]
pub enum Listeners {
    /// One.
    One(ListenerEntry),
    /// Several.
    Many(Vec<ListenerEntry>),
}

/// One listener.
#[derive(Clone, Debug, JsonSchema)]
#[schemars(untagged)]
pub enum ListenerEntry {
    /// Its address alone: `host:port`, `unix:/path` or `unix:@name`.
    Address(String),
    /// Its address, and what goes with it.
    Listener(Box<FullListener>),
}

/// One listener with everything that goes with it.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FullListener {
    /// The address: `host:port`, `unix:/path` or `unix:@name`.
    pub address: String,
    /// TLS; without it the connection is not encrypted.
    pub tls: Option<TlsEntry>,
    /// The permissions of a unix socket's file as an octal text; `"0660"` unless set.
    pub socket_mode: Option<String>,
    /// The user id and the group id that a unix socket's file is given to, as `"1000:1000"`, `"1000"` or
    /// `":1000"`.
    pub socket_owner: Option<String>,
}

/// TLS on a listener.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TlsEntry {
    /// File that holds the certificate and the chain that leads from it to its authority, as PEM.
    pub certificate_file: String,
    /// File that holds its private key, as PEM.
    pub key_file: String,
    /// File that holds the authorities whose clients are let in, as PEM.
    pub client_ca_file: Option<String>,
    /// Whether clients must show a certificate of these authorities; `required` unless set.
    pub client_auth: Option<ClientAuth>,
    /// Names of which a client's certificate must have one, letter by letter: DNS names, or URIs such as
    /// `spiffe://shop.test/gateway`. Whoever has a certificate of the authorities unless set.
    #[serde(default)]
    pub allowed_clients: Vec<String>,
    /// The oldest version of TLS that is spoken; `"1.2"` unless set.
    pub minimum_version: Option<MinimumVersion>,
}

/// Whether clients must show a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClientAuth {
    /// They must.
    Required,
    /// They may; one that they show must hold.
    Optional,
}

/// A version of TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
pub enum MinimumVersion {
    /// TLS 1.2.
    #[serde(rename = "1.2")]
    Tls12,
    /// TLS 1.3.
    #[serde(rename = "1.3")]
    Tls13,
}

impl ListenerEntry {
    /// Whether it asks for TLS.
    #[must_use]
    pub fn is_encrypted(&self) -> bool {
        match self {
            Self::Address(_) => false,
            Self::Listener(full) => full.tls.is_some(),
        }
    }
}

// Written out, since what serde derives for untagged enums loses the place and the cause of an error.

impl<'de> Deserialize<'de> for ListenerEntry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(EntryVisitor)
    }
}

struct EntryVisitor;

impl<'de> Visitor<'de> for EntryVisitor {
    type Value = ListenerEntry;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an address, or a map with `address`")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(ListenerEntry::Address(text.to_owned()))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        let full = FullListener::deserialize(MapAccessDeserializer::new(map))?;
        Ok(ListenerEntry::Listener(Box::new(full)))
    }
}

impl<'de> Deserialize<'de> for Listeners {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ListVisitor)
    }
}

struct ListVisitor;

impl<'de> Visitor<'de> for ListVisitor {
    type Value = Listeners;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an address, a map with `address`, or a list of these")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        EntryVisitor.visit_str(text).map(Listeners::One)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        EntryVisitor.visit_map(map).map(Listeners::One)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
        Vec::deserialize(SeqAccessDeserializer::new(list)).map(Listeners::Many)
    }
}

#[cfg(test)]
mod tests {
    use crate::config::file::{ListenerEntry, SettingsFile};

    #[test]
    fn an_unknown_key_of_a_listener_is_named_with_its_place() {
        for text in [
            "listeners:\n  grpc:\n    address: 127.0.0.1:1\n    tsl: {}\n",
            "listeners:\n  grpc:\n    - address: 127.0.0.1:1\n      tsl: {}\n",
            "listeners:\n  admin:\n    address: 127.0.0.1:1\n    tsl: {}\n",
        ] {
            let problem = SettingsFile::parse(text).unwrap_err();
            assert!(problem.contains("line 4") && problem.contains("tsl"), "{problem}");
        }
    }

    #[test]
    fn off_is_a_text_whatever_yaml_once_took_it_for() {
        for text in ["listeners: { admin: off }", "listeners: { webhook: off }", "reload: off"] {
            assert!(SettingsFile::parse(text).is_ok(), "{text}");
        }
        let file = SettingsFile::parse("listeners: { admin: off }").unwrap();
        assert!(
            matches!(file.listeners.admin, Some(ListenerEntry::Address(text)) if text == "off")
        );
    }

    #[test]
    fn what_is_neither_an_address_nor_a_map_is_refused() {
        for text in ["listeners: { admin: 7 }\n", "listeners: { grpc: [[a]] }\n"] {
            let problem = SettingsFile::parse(text).unwrap_err();
            assert!(problem.contains("an address, or a map with `address`"), "{problem}");
        }
        assert!(SettingsFile::parse("listeners: { grpc: { tls: {} } }\n").is_err());
    }
}
