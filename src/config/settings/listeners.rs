//! Settings of the listeners.

use super::{Flags, SettingsError, comma_list};
use crate::{
    config::{
        env::{self, Environment, Variable},
        file::{ClientAuth, FullListener, ListenerEntry, Listeners, MinimumVersion, TlsEntry},
    },
    serve::listener::{
        ListenAddress, ListenerSettings, SocketOptions,
        tls::{Clients, TlsSettings, TlsVersion},
    },
};
use std::path::Path;

const DEFAULT_GRPC: &str = "127.0.0.1:9191";
const DEFAULT_ADMIN: &str = "127.0.0.1:9194";

/// The gRPC listeners; at least one.
pub(super) fn grpc(
    from_file: Option<Listeners>,
    base: &Path,
    environment: &Environment,
    flags: &Flags,
) -> Result<Vec<ListenerSettings>, SettingsError> {
    const SETTING: &str = "listeners.grpc";
    let plain = |addresses: Vec<String>| addresses.into_iter().map(ListenerEntry::Address);
    let file = from_file.iter().flat_map(|listeners| match listeners {
        Listeners::One(one) => std::slice::from_ref(one),
        Listeners::Many(many) => many,
    });
    let mut encrypted = file.filter(|entry| entry.is_encrypted());
    let written: Vec<ListenerEntry> = if !flags.grpc.is_empty() {
        keeps_tls(SETTING, "--grpc", encrypted.next())?;
        plain(flags.grpc.clone()).collect()
    } else if let Some(list) = environment.get(env::GRPC) {
        keeps_tls(SETTING, env::GRPC.name, encrypted.next())?;
        plain(comma_list(list)).collect()
    } else {
        match from_file {
            None => vec![ListenerEntry::Address(DEFAULT_GRPC.to_owned())],
            Some(Listeners::One(one)) => vec![one],
            Some(Listeners::Many(many)) => many,
        }
    };
    if written.is_empty() {
        return Err(SettingsError::Missing {
            what: "gRPC listener",
            how: "`listeners.grpc` needs at least one address",
        });
    }
    written.into_iter().map(|entry| listener(SETTING, entry, base)).collect()
}

/// The admin listener, unless it is off.
pub(super) fn admin(
    from_file: Option<ListenerEntry>,
    base: &Path,
    environment: &Environment,
    flags: &Flags,
) -> Result<Option<ListenerSettings>, SettingsError> {
    const SETTING: &str = "listeners.admin";
    let written =
        one(SETTING, ("--admin", flags.admin.as_deref()), env::ADMIN, environment, from_file)?;
    match written.unwrap_or_else(|| ListenerEntry::Address(DEFAULT_ADMIN.to_owned())) {
        ListenerEntry::Address(text) if text == "off" => Ok(None),
        entry @ (ListenerEntry::Address(_) | ListenerEntry::Listener(_)) => {
            listener(SETTING, entry, base).map(Some)
        }
    }
}

/// Where one listener is written: in a flag, in the environment or in the file.
pub(super) fn one(
    setting: &'static str,
    (flag, from_flag): (&'static str, Option<&str>),
    variable: Variable,
    environment: &Environment,
    from_file: Option<ListenerEntry>,
) -> Result<Option<ListenerEntry>, SettingsError> {
    let from_environment = environment.get(variable).map(|text| (variable.name, text));
    let Some((by, text)) = from_flag.map(|text| (flag, text)).or(from_environment) else {
        return Ok(from_file);
    };
    if text != "off" {
        keeps_tls(setting, by, from_file.as_ref().filter(|entry| entry.is_encrypted()))?;
    }
    Ok(Some(ListenerEntry::Address(text.to_owned())))
}

/// An address from elsewhere would open a door without the TLS that the file asks for.
fn keeps_tls(
    setting: &'static str,
    by: &'static str,
    encrypted: Option<&ListenerEntry>,
) -> Result<(), SettingsError> {
    encrypted.map_or(Ok(()), |_| Err(SettingsError::WithoutTls { setting, by }))
}

/// Who is an operator by their certificate.
pub(super) fn operator_clients(
    names: Vec<String>,
    grpc: &[ListenerSettings],
) -> Result<Vec<Box<str>>, SettingsError> {
    let asked = |listener: &ListenerSettings| match &listener.tls {
        None => false,
        Some(tls) => tls.clients != Clients::Anyone,
    };
    if names.is_empty() || grpc.iter().any(asked) {
        return Ok(names.into_iter().map(Into::into).collect());
    }
    Err(SettingsError::Missing {
        what: "gRPC listener that asks for certificates",
        how: "`operator_clients` needs one with `tls.client_ca_file`",
    })
}

/// One listener.
pub(super) fn listener(
    setting: &'static str,
    entry: ListenerEntry,
    base: &Path,
) -> Result<ListenerSettings, SettingsError> {
    let address = |text: &str| -> Result<ListenAddress, SettingsError> {
        text.parse().map_err(|source| SettingsError::Listener { setting, source })
    };
    let FullListener { address: text, tls, socket_mode, socket_owner } = match entry {
        ListenerEntry::Address(text) => return address(&text).map(ListenerSettings::from),
        ListenerEntry::Listener(full) => *full,
    };
    let standard = SocketOptions::STANDARD;
    let settings = ListenerSettings {
        address: address(&text)?,
        socket: SocketOptions {
            mode: socket_mode.as_deref().map_or(Ok(standard.mode), mode)?,
            owner: socket_owner.as_deref().map_or(Ok(standard.owner), owner)?,
        },
        tls: tls.map(|entry| tls_settings(entry, base)).transpose()?,
    };
    match &settings.address {
        ListenAddress::Unix(_) => {}
        ListenAddress::Tcp(_) | ListenAddress::Abstract(_) if settings.socket == standard => {}
        ListenAddress::Tcp(_) | ListenAddress::Abstract(_) => {
            return Err(SettingsError::Value {
                setting,
                value: text,
                expected: "a unix socket with a path, since it has `socket_mode` or `socket_owner`",
            });
        }
    }
    Ok(settings)
}

fn tls_settings(entry: TlsEntry, base: &Path) -> Result<TlsSettings, SettingsError> {
    let TlsEntry {
        certificate_file,
        key_file,
        client_ca_file,
        client_auth,
        allowed_clients,
        minimum_version,
    } = entry;
    let clients = match (client_ca_file, client_auth) {
        (None, None) if allowed_clients.is_empty() => Clients::Anyone,
        (None, _) => {
            return Err(SettingsError::Missing {
                what: "authority of clients",
                how: "set `tls.client_ca_file`, or leave `client_auth` and `allowed_clients` out",
            });
        }
        (Some(file), None | Some(ClientAuth::Required)) => Clients::Required {
            authorities_file: base.join(file),
            allowed: allowed_clients.into_iter().map(Into::into).collect(),
        },
        (Some(file), Some(ClientAuth::Optional)) if allowed_clients.is_empty() => {
            Clients::Optional { authorities_file: base.join(file) }
        }
        // Whoever shows no certificate would pass by the list.
        (Some(_), Some(ClientAuth::Optional)) => {
            return Err(SettingsError::Value {
                setting: "tls.client_auth",
                value: "optional".to_owned(),
                expected: "`required`, since `allowed_clients` lists who is let in",
            });
        }
    };
    Ok(TlsSettings {
        certificate_file: base.join(certificate_file),
        key_file: base.join(key_file),
        clients,
        minimum_version: match minimum_version {
            None | Some(MinimumVersion::Tls12) => TlsVersion::Tls12,
            Some(MinimumVersion::Tls13) => TlsVersion::Tls13,
        },
    })
}

fn mode(text: &str) -> Result<u32, SettingsError> {
    let digits = text.strip_prefix("0o").unwrap_or(text);
    match u32::from_str_radix(digits, 8) {
        Ok(mode) if mode <= 0o777 && digits.bytes().all(|byte| byte.is_ascii_digit()) => Ok(mode),
        Ok(_) | Err(_) => Err(SettingsError::Value {
            setting: "socket_mode",
            value: text.to_owned(),
            expected: "an octal number such as `\"0660\"`",
        }),
    }
}

fn owner(text: &str) -> Result<(Option<u32>, Option<u32>), SettingsError> {
    let number = |text: &str| match text {
        "" => Some(None),
        text if text.bytes().all(|byte| byte.is_ascii_digit()) => text.parse().ok().map(Some),
        _ => None,
    };
    let (user, group) = text.split_once(':').unwrap_or((text, ""));
    match (number(user), number(group)) {
        (Some(user), Some(group)) if user.is_some() || group.is_some() => Ok((user, group)),
        _ => Err(SettingsError::Value {
            setting: "socket_owner",
            value: text.to_owned(),
            expected: "a user id and a group id such as `\"1000:1000\"`",
        }),
    }
}

#[cfg(test)]
mod tests;
