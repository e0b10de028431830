//! Settings of what is asked over HTTP: by proxies, and by services through `AuthZEN`.

#[cfg(test)]
mod tests;

use super::{SettingsError, comma_list, listeners};
use crate::{
    config::{
        env::{self, Environment},
        file::{ForwardAuthEntry, ListenerEntry, OneOrMany, Switch},
    },
    serve::{
        http::forward_auth::{ForwardAuth, Profile, TrustedPeers},
        listener::{ListenAddress, ListenerSettings},
    },
};
use std::path::Path;

const SETTING: &str = "listeners.http";
const DEFAULT_HTTP: &str = "127.0.0.1:9192";

/// What the settings file says of it.
#[derive(Clone, Debug, Default)]
pub(super) struct HttpEntry {
    pub(super) listener: Option<ListenerEntry>,
    pub(super) forward_auth: Option<ForwardAuthEntry>,
    pub(super) authzen: Option<Switch>,
    pub(super) authzen_url: Option<String>,
}

/// The listener for HTTP, and who asks there.
#[derive(Clone, Debug)]
pub struct HttpSettings {
    /// Where it listens, if anything is served there.
    pub listener: Option<ListenerSettings>,
    /// The proxies that ask by sub-request.
    pub forward_auth: Option<ForwardAuth>,
    /// The `AuthZEN` API, where that is on.
    pub authzen: Option<AuthzenSettings>,
}

/// The `AuthZEN` API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthzenSettings {
    /// Its address as services know it, without a slash at the end.
    pub url: Option<String>,
}

impl HttpSettings {
    /// Nothing is served.
    pub const NONE: Self = Self { listener: None, forward_auth: None, authzen: None };

    pub(super) fn resolve(
        entry: HttpEntry,
        base: &Path,
        environment: &Environment,
    ) -> Result<Self, SettingsError> {
        let HttpEntry { listener, forward_auth, authzen, authzen_url } = entry;
        let owned = |variable| environment.get(variable).map(str::to_owned);
        let no_flag = ("--http", None);
        let listener = listeners::one(SETTING, no_flag, env::HTTP, environment, listener)?;
        if matches!(&listener, Some(ListenerEntry::Address(text)) if text == "off") {
            return Ok(Self::NONE);
        }
        let forward_auth = proxies(forward_auth, environment)?;
        let authzen = if authzen_is_on(authzen, environment)? {
            Some(AuthzenSettings { url: web_address(owned(env::AUTHZEN_URL).or(authzen_url))? })
        } else {
            None
        };
        if forward_auth.is_none() && authzen.is_none() {
            return match listener {
                None => Ok(Self::NONE),
                Some(_) => Err(SettingsError::Missing {
                    what: "use for the HTTP listener",
                    how: "set `forward_auth` or `authzen: on`, or leave `listeners.http` out",
                }),
            };
        }
        let standard = || ListenerEntry::Address(DEFAULT_HTTP.to_owned());
        let listener = listeners::listener(SETTING, listener.unwrap_or_else(standard), base)?;
        if let Some(proxies) = &forward_auth
            && !proxies.trusted_peers.reach(!matches!(listener.address, ListenAddress::Tcp(_)))
        {
            return Err(SettingsError::Value {
                setting: SETTING,
                value: listener.address.to_string(),
                expected: "a listener that any of `forward_auth.trusted_peers` can reach: a unix socket needs `unix` there, a port needs addresses",
            });
        }
        Ok(Self { listener: Some(listener), forward_auth, authzen })
    }
}

fn proxies(
    entry: Option<ForwardAuthEntry>,
    environment: &Environment,
) -> Result<Option<ForwardAuth>, SettingsError> {
    let from_environment = environment.get(env::FORWARD_AUTH).map(comma_list);
    if entry.is_none() && from_environment.is_none() {
        return Ok(None);
    }
    let entry = entry.unwrap_or_default();
    let names = from_environment.or(entry.profile.map(many)).unwrap_or_default();
    let profile = |name: &String| {
        Profile::from_name(name).ok_or_else(|| SettingsError::Value {
            setting: "forward_auth.profile",
            value: name.clone(),
            expected: "`nginx`, `traefik`, `caddy` or `haproxy`",
        })
    };
    let profiles = names.iter().map(profile).collect::<Result<Vec<_>, _>>()?;
    if profiles.is_empty() {
        return Err(SettingsError::Missing {
            what: "proxy for `forward_auth`",
            how: "set `forward_auth.profile` or `BAILIFF_FORWARD_AUTH` to `nginx`, `traefik`, `caddy` or `haproxy`",
        });
    }
    let peers = environment.get(env::TRUSTED_PEERS).map(comma_list);
    let peers = peers.or(entry.trusted_peers.map(many)).unwrap_or_default();
    let trusted_peers = TrustedPeers::parse(peers.iter().map(String::as_str))?;
    Ok(Some(ForwardAuth { profiles, trusted_peers }))
}

fn many(entry: OneOrMany) -> Vec<String> {
    match entry {
        OneOrMany::One(one) => vec![one],
        OneOrMany::Many(many) => many,
    }
}

fn authzen_is_on(
    from_file: Option<Switch>,
    environment: &Environment,
) -> Result<bool, SettingsError> {
    match environment.get(env::AUTHZEN) {
        None => Ok(from_file == Some(Switch::On)),
        Some("on") => Ok(true),
        Some("off") => Ok(false),
        Some(other) => Err(SettingsError::Value {
            setting: "BAILIFF_AUTHZEN",
            value: other.to_owned(),
            expected: "`on` or `off`",
        }),
    }
}

/// An address that a path can be put behind.
fn web_address(text: Option<String>) -> Result<Option<String>, SettingsError> {
    let Some(text) = text else { return Ok(None) };
    let is_sound = url::Url::parse(&text).is_ok_and(|url| {
        matches!(url.scheme(), "http" | "https")
            && url.has_host()
            && url.username().is_empty()
            && url.password().is_none()
            && url.query().is_none()
            && url.fragment().is_none()
    });
    if !is_sound {
        return Err(SettingsError::Value {
            setting: "authzen_url",
            value: text,
            expected: "a web address without credentials, query and fragment",
        });
    }
    Ok(Some(text.trim_end_matches('/').to_owned()))
}
