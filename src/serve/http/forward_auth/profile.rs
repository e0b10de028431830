//! What each proxy says, and what it can carry.

use std::fmt;

/// The proxy that asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// nginx, `auth_request`.
    Nginx,
    /// Traefik, `ForwardAuth`.
    Traefik,
    /// Caddy, `forward_auth`.
    Caddy,
    /// `HAProxy`, with the action in `deploy/haproxy/bailiff.lua`.
    Haproxy,
}

/// The one header that each part of the original request is read from. Everything else that claims to
/// know it is the client's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sources {
    pub(super) method: &'static str,
    pub(super) target: &'static str,
    pub(super) host: &'static str,
    pub(super) scheme: &'static str,
    pub(super) address: &'static str,
}

/// Headers that the shipped configurations set, since nothing tells these proxies' authorizers by
/// itself.
const ORIGINAL: Sources = Sources {
    method: "x-original-method",
    target: "x-original-uri",
    host: "x-original-host",
    scheme: "x-original-proto",
    address: "x-original-address",
};

/// Headers that the proxy sets by itself, over whatever the client sent.
const FORWARDED: Sources = Sources {
    method: "x-forwarded-method",
    target: "x-forwarded-uri",
    host: "x-forwarded-host",
    scheme: "x-forwarded-proto",
    address: "x-forwarded-for",
};

/// How an answer must look for the proxy to carry it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Carries {
    /// Refusals as they are. Cookies of an allowed request are named one by one.
    NumberedCookies,
    /// Refusals as they are, and every cookie.
    Everything,
    /// Refusals and cookies as they are; which headers change is listed for a program to act upon.
    Lists,
    /// 401 and 403 alone, without a body, and of repeated headers the first.
    StatusAlone,
}

impl Profile {
    /// Every profile.
    pub const ALL: [Self; 4] = [Self::Nginx, Self::Traefik, Self::Caddy, Self::Haproxy];

    /// The name in settings and in the path.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Nginx => "nginx",
            Self::Traefik => "traefik",
            Self::Caddy => "caddy",
            Self::Haproxy => "haproxy",
        }
    }

    /// From its name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|profile| profile.as_str() == name)
    }

    pub(super) const fn sources(self) -> Sources {
        match self {
            Self::Nginx | Self::Haproxy => ORIGINAL,
            Self::Traefik | Self::Caddy => FORWARDED,
        }
    }

    /// Whether the proxy removes from a request whatever header it is told to.
    pub(super) const fn removes_any_header(self) -> bool {
        matches!(self.carries(), Carries::Lists)
    }

    pub(super) const fn carries(self) -> Carries {
        match self {
            Self::Nginx => Carries::StatusAlone,
            Self::Traefik => Carries::Everything,
            Self::Caddy => Carries::NumberedCookies,
            Self::Haproxy => Carries::Lists,
        }
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// Whether a header speaks of the sub-request, or claims to know the original one: whichever proxy
/// asks, what is decided about sees none of them.
pub(super) fn is_about_forwarding(name: &str) -> bool {
    let is_source = |Sources { method, target, host, scheme, address }| {
        [method, target, host, scheme, address].contains(&name)
    };
    is_source(ORIGINAL) || is_source(FORWARDED) || matches!(name, "host" | "connection")
}

#[cfg(test)]
mod tests {
    use super::Profile;

    #[test]
    fn names_lead_back() {
        for profile in Profile::ALL {
            assert_eq!(Profile::from_name(profile.as_str()), Some(profile));
        }
        for other in ["", "envoy", "Nginx", "nginx "] {
            assert_eq!(Profile::from_name(other), None, "{other}");
        }
    }
}
