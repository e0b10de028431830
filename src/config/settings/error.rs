//! What can be wrong with settings.

use crate::{
    config::{env::EnvironmentError, file::SettingsFileError},
    serve::{http::forward_auth::TrustedPeersError, listener::ListenAddressError},
    telemetry::decision_log::NotMaskable,
};
use std::path::PathBuf;
use thiserror::Error;

/// Why the settings cannot be used. Each message is one line that names the setting.
#[derive(Debug, Error)]
pub enum SettingsError {
    /// The settings file.
    #[error(transparent)]
    File(#[from] SettingsFileError),
    /// The environment.
    #[error(transparent)]
    Environment(#[from] EnvironmentError),
    /// Something that cannot be left out.
    #[error("no {what}: {how}")]
    Missing {
        /// What is missing.
        what: &'static str,
        /// How to set it.
        how: &'static str,
    },
    /// Clerk's environment names speak of one instance, the file of several.
    #[error(
        "`{variable}` is set, but the settings file lists several instances: set it for one of them there"
    )]
    WhichInstance {
        /// The variable.
        variable: &'static str,
    },
    /// A value that means nothing.
    #[error("`{setting}`: `{value}` is not {expected}")]
    Value {
        /// The setting.
        setting: &'static str,
        /// What was written.
        value: String,
        /// What would do.
        expected: &'static str,
    },
    /// A secret key of one kind where another kind belongs.
    #[error("`{setting}` holds {held}: {help}")]
    WrongKey {
        /// The setting.
        setting: &'static str,
        /// What it holds, told by the beginning.
        held: &'static str,
        /// What to do.
        help: &'static str,
    },
    /// Two settings that exclude each other.
    #[error("instance `{instance}`: `{one}` and `{other}` exclude each other: keep one")]
    Exclusive {
        /// The instance.
        instance: String,
        /// One setting.
        one: &'static str,
        /// The other.
        other: &'static str,
    },
    /// Two instances of one name.
    #[error("two instances are called `{0}`: give each a `name` of its own")]
    DuplicateInstance(String),
    /// A file that a setting names.
    #[error("`{setting}` names `{}`, which cannot be read: {source}", path.display())]
    NamedFile {
        /// The setting.
        setting: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// An address that would take the place of a listener with TLS.
    #[error(
        "`{setting}` has `tls` in the settings file, and `{by}` would open it without: keep one"
    )]
    WithoutTls {
        /// The setting.
        setting: &'static str,
        /// What overrides it.
        by: &'static str,
    },
    /// A field of the decision log.
    #[error("`decision_log.mask`: {0}")]
    Mask(#[source] NotMaskable),
    /// The proxies that may ask for others.
    #[error("`forward_auth.trusted_peers`: {0}")]
    TrustedPeers(#[from] TrustedPeersError),
    /// An address to listen on.
    #[error("`{setting}`: {source}")]
    Listener {
        /// The setting.
        setting: &'static str,
        /// What is wrong with it.
        source: ListenAddressError,
    },
}
