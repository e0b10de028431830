//! Why Redis cannot be used, in words that hold nothing of its address or its passwords.

use redis::{ErrorKind, RedisError, ServerErrorKind};
use std::{error::Error, fmt, io, sync::Arc};

/// What is wrong with the link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Nothing listens there.
    Unreachable,
    /// It does not answer in time.
    Silent,
    /// The connection ended.
    Broken,
    /// Its certificate is not trusted, or it does not speak TLS.
    Tls,
    /// It asks for a password, or refuses the one it gets.
    Credentials,
    /// The user may not do what is needed.
    Permission,
    /// It is there and cannot take part: it loads its files, takes no writes, or is full.
    Unwilling,
    /// It answers otherwise than Redis does.
    Odd,
}

impl Trouble {
    /// In words that complete "cannot be used: …".
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unreachable => "nothing listens there",
            Self::Silent => "it does not answer in time",
            Self::Broken => "the connection broke",
            Self::Tls => "TLS fails: its certificate is not trusted, or it speaks none",
            Self::Credentials => "it refuses the user or the password",
            Self::Permission => "the user may not do what is needed there",
            Self::Unwilling => "it is there and takes no part",
            Self::Odd => "it answers otherwise than Redis does",
        }
    }

    /// Sorts an error in. The error itself is not shown: servers choose its text.
    pub(super) fn of(error: &RedisError) -> Self {
        match (error.kind(), error.code()) {
            (ErrorKind::AuthenticationFailed, _) | (_, Some("NOAUTH" | "WRONGPASS")) => {
                Self::Credentials
            }
            (ErrorKind::Server(ServerErrorKind::NoPerm), _) => Self::Permission,
            (_, Some("OOM" | "MISCONF" | "NOREPLICAS"))
            | (
                ErrorKind::Server(
                    ServerErrorKind::BusyLoading
                    | ServerErrorKind::ReadOnly
                    | ServerErrorKind::MasterDown
                    | ServerErrorKind::ClusterDown
                    | ServerErrorKind::TryAgain,
                ),
                _,
            ) => Self::Unwilling,
            _ if is_tls(error) => Self::Tls,
            _ if error.is_connection_refusal() => Self::Unreachable,
            _ if error.is_timeout() => Self::Silent,
            (ErrorKind::Io, _) => Self::Broken,
            _ => Self::Odd,
        }
    }
}

/// Whether what failed is the handshake. Its error lies within one of input and output, which lies
/// within a shared pointer.
fn is_tls(error: &RedisError) -> bool {
    let shared = error.source().and_then(|cause| cause.downcast_ref::<SharedError>());
    let io = shared.and_then(|shared| shared.downcast_ref::<io::Error>());
    io.and_then(io::Error::get_ref).is_some_and(<dyn Error + Send + Sync>::is::<rustls::Error>)
}

/// How the client keeps the causes of its errors.
type SharedError = Arc<dyn Error + Send + Sync>;

impl fmt::Display for Trouble {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}
