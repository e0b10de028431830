//! Every environment variable Bailiff reads, each once.
//!
//! Clerk's own names are kept where they exist, so that what an application already sets works here.

use std::{collections::BTreeMap, env, fmt, fs, path::PathBuf};
use thiserror::Error;

/// One environment variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Variable {
    /// The name.
    pub name: &'static str,
    /// What it sets.
    pub meaning: &'static str,
    /// Whether `<NAME>_FILE` may name a file that holds the value, as mounted secrets do.
    pub from_file: bool,
}

macro_rules! variables {
    ($($constant:ident = $name:literal, $from_file:literal, $meaning:literal;)*) => {
        $(#[doc = $meaning]
        pub const $constant: Variable =
            Variable { name: $name, meaning: $meaning, from_file: $from_file };)*

        /// Every variable, in the order of the README's table.
        pub const ALL: &[Variable] = &[$($constant,)*];
    };
}

variables! {
    CONFIG = "BAILIFF_CONFIG", false, "Path of the settings file.";
    POLICY = "BAILIFF_POLICY", false, "Path of the policy file, or of a folder of them.";
    NEXT_POLICY = "BAILIFF_NEXT_POLICY", false,
        "Path of a policy that is compared with the one in force.";
    RELOAD = "BAILIFF_RELOAD", false,
        "`off` leaves changed policy files alone until SIGHUP; `on` unless set.";
    PUBLISHABLE_KEY = "CLERK_PUBLISHABLE_KEY", true, "The instance's publishable key.";
    SECRET_KEY = "CLERK_SECRET_KEY", true,
        "The instance's secret key: keys are then fetched from the Backend API, and Clerk is asked there about API keys and other opaque credentials.";
    MACHINE_SECRET_KEY = "CLERK_MACHINE_SECRET_KEY", true,
        "The secret key of the machine that Bailiff stands for: Clerk then knows only machine-to-machine tokens that are meant for it.";
    MACHINE_ID = "BAILIFF_MACHINE_ID", false,
        "That machine's id, `mch_...`: machine-to-machine tokens must be meant for it.";
    JWT_KEY = "CLERK_JWT_KEY", true,
        "The instance's public key as PEM: tokens are then verified without any network.";
    API_URL = "CLERK_API_URL", false, "Base address of the Backend API.";
    SIGN_IN_URL = "CLERK_SIGN_IN_URL", false, "Where users sign in.";
    SIGN_UP_URL = "CLERK_SIGN_UP_URL", false, "Where users sign up.";
    PROXY_URL = "CLERK_PROXY_URL", false, "The Frontend API as browsers reach it, where it is proxied.";
    DOMAIN = "CLERK_DOMAIN", false, "The domain of a satellite application.";
    IS_SATELLITE = "CLERK_IS_SATELLITE", false, "`true` for a satellite application.";
    AUTHORIZED_PARTIES = "CLERK_AUTHORIZED_PARTIES", false,
        "Origins whose tokens are accepted, separated by commas.";
    AUDIENCE = "CLERK_AUDIENCE", false, "Audiences that tokens may be meant for, separated by commas.";
    WEBHOOK_SIGNING_SECRET = "CLERK_WEBHOOK_SIGNING_SECRET", true,
        "Secrets that Clerk signs webhooks with, separated by commas: webhooks are then taken in.";
    GRPC = "BAILIFF_GRPC", false,
        "Addresses of the gRPC listener, separated by commas: `host:port` or `unix:/path`.";
    HTTP = "BAILIFF_HTTP", false,
        "Address of the HTTP listener for forward authentication and `AuthZEN`, or `off`.";
    FORWARD_AUTH = "BAILIFF_FORWARD_AUTH", false,
        "Proxies that ask by HTTP sub-request, separated by commas: `nginx`, `traefik`, `caddy`, `haproxy`.";
    TRUSTED_PEERS = "BAILIFF_TRUSTED_PEERS", false,
        "Addresses and networks of those proxies, separated by commas, or `unix`; nobody else may ask.";
    AUTHZEN = "BAILIFF_AUTHZEN", false, "`on` serves the `AuthZEN` API over HTTP.";
    AUTHZEN_URL = "BAILIFF_AUTHZEN_URL", false, "The address of that API as services know it.";
    ADMIN = "BAILIFF_ADMIN", false, "Address of the admin listener, or `off`.";
    WEBHOOK = "BAILIFF_WEBHOOK", false, "Address of the webhook listener, or `off`.";
    REDIS_URL = "BAILIFF_REDIS_URL", true,
        "Address of the Redis that replicas share events through, with its password.";
    EVENTS = "BAILIFF_EVENTS", false, "`on` lets services subscribe to Clerk's events.";
    OPERATOR_TOKEN = "BAILIFF_OPERATOR_TOKEN", true,
        "What operators show to revoke by hand: `bailiff revoke` is then answered.";
    REFLECTION = "BAILIFF_REFLECTION", false, "`true` serves gRPC reflection.";
    LOG = "BAILIFF_LOG", false, "Log filter, for instance `info` or `warn,bailiff=debug`.";
    LOG_FORMAT = "BAILIFF_LOG_FORMAT", false, "`json` or `text`.";
    LOG_REPLAYABLE = "BAILIFF_LOG_REPLAYABLE", false,
        "`true` logs with each decision what `bailiff replay` needs: the path and the identity.";
    DECISION_LOG = "BAILIFF_DECISION_LOG", false,
        "Where decisions are logged, separated by commas: `stderr`, `stdout`, `otlp`, paths of files; or `off`.";
    OTLP_ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT", false,
        "Address of an OpenTelemetry collector: traces, metrics and logs are then sent to it.";
    OTLP_PROTOCOL = "OTEL_EXPORTER_OTLP_PROTOCOL", false, "`grpc`, unless it is `http/protobuf`.";
    OTLP_HEADERS = "OTEL_EXPORTER_OTLP_HEADERS", true,
        "Headers of every message to the collector: `name=value`, separated by commas.";
    OTLP_CERTIFICATE = "OTEL_EXPORTER_OTLP_CERTIFICATE", false,
        "Path of certificates to trust at the collector instead of the system's.";
    METRIC_EXPORT_INTERVAL = "OTEL_METRIC_EXPORT_INTERVAL", false,
        "How often metrics are sent, in milliseconds; 60,000 unless set.";
    TRACES_SAMPLER_ARG = "OTEL_TRACES_SAMPLER_ARG", false,
        "The share of questions that is traced where the caller's own trace does not say, from 0 to 1.";
    SERVICE_NAME = "OTEL_SERVICE_NAME", false, "What traces, metrics and logs call this service; `bailiff` unless set.";
    RESOURCE_ATTRIBUTES = "OTEL_RESOURCE_ATTRIBUTES", false,
        "What else they say about it: `name=value`, separated by commas.";
    EXPLAIN = "BAILIFF_EXPLAIN", false, "`true` answers requests for explanations over gRPC.";
}

/// Why a variable has no usable value.
#[derive(Debug, Error)]
pub enum EnvironmentError {
    /// The bytes are not UTF-8.
    #[error("`{0}` is not UTF-8 text")]
    NotText(&'static str),
    /// Both the variable and its file form are set.
    #[error("`{0}` and `{0}_FILE` are both set: keep one")]
    Both(&'static str),
    /// The named file cannot be read.
    #[error("`{name}_FILE` names `{}`, which cannot be read: {source}", path.display())]
    File {
        /// The variable.
        name: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

/// The variables that were set, as they stood when the process started.
#[derive(Clone, Default)]
pub struct Environment(BTreeMap<&'static str, String>);

impl Environment {
    /// Reads the process's environment, and the files it points to.
    ///
    /// # Errors
    /// [`EnvironmentError`] if a variable is set in a way that leaves its value unclear.
    pub fn read() -> Result<Self, EnvironmentError> {
        let mut values = BTreeMap::new();
        for variable in ALL {
            if let Some(value) = Self::value(variable)? {
                values.insert(variable.name, value);
            }
        }
        Ok(Self(values))
    }

    /// An environment with these values, for tests and for the demo.
    #[must_use]
    pub fn of(values: &[(Variable, &str)]) -> Self {
        Self(values.iter().map(|(variable, value)| (variable.name, (*value).to_owned())).collect())
    }

    fn value(variable: &Variable) -> Result<Option<String>, EnvironmentError> {
        let name = variable.name;
        let direct = match env::var_os(name).filter(|value| !value.is_empty()) {
            Some(value) => Some(value.into_string().map_err(|_| EnvironmentError::NotText(name))?),
            None => None,
        };
        let file = env::var_os(format!("{name}_FILE")).filter(|path| !path.is_empty());
        match (direct, file.filter(|_| variable.from_file)) {
            (Some(_), Some(_)) => Err(EnvironmentError::Both(name)),
            (direct, None) => Ok(direct),
            (None, Some(path)) => {
                let path = PathBuf::from(path);
                let text = fs::read_to_string(&path).map_err(|source| EnvironmentError::File {
                    name,
                    path,
                    source,
                })?;
                Ok(Some(text.trim_end_matches(['\r', '\n']).to_owned()))
            }
        }
    }

    /// The value of a variable that is set and not empty.
    #[must_use]
    pub fn get(&self, variable: Variable) -> Option<&str> {
        self.0.get(variable.name).map(String::as_str)
    }
}

impl fmt::Debug for Environment {
    /// Shows which variables are set, never what they hold.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_set().entries(self.0.keys()).finish()
    }
}
