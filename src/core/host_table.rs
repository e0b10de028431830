//! Things that belong to hosts: one for each host or wildcard, and one for all others.
//!
//! A host has exactly one of them: its own, else that of the longest wildcard that covers it, else
//! the general one. A lookup never falls through to a second.

use super::host::Host;
use std::{collections::HashMap, fmt};
use thiserror::Error;

/// A host, or a wildcard for the hosts below one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum HostPattern {
    /// This host.
    Exact(Box<str>),
    /// Every host with one or more labels before this one: `*.shop.test` covers `a.shop.test` and
    /// `b.a.shop.test`, not `shop.test`.
    Below(Box<str>),
}

/// Why a text is no host pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum HostPatternError {
    /// A star that is not the whole first label.
    #[error("`*.` stands at the beginning only")]
    Wildcard,
    /// A port, a scheme, a trailing dot or anything else that is no host name.
    #[error("this is no host name")]
    Name,
}

impl HostPatternError {
    /// What to write instead.
    #[must_use]
    pub const fn help(self) -> &'static str {
        match self {
            Self::Wildcard => "write `*.` before a host name: it stands for one or more labels",
            Self::Name => "write the name alone, such as `admin.shop.test`, without scheme or port",
        }
    }
}

impl HostPattern {
    /// Reads a pattern; letter case does not matter.
    ///
    /// # Errors
    /// [`HostPatternError`] if the text is neither a host nor `*.` before one.
    pub fn parse(text: &str) -> Result<Self, HostPatternError> {
        let suffix = text.strip_prefix("*.");
        let name = suffix.unwrap_or(text);
        if name.contains('*') {
            return Err(HostPatternError::Wildcard);
        }
        let host = Host::parse(name).map_err(|_| HostPatternError::Name)?;
        // What `Host` would silently drop, a port or a trailing dot, is no part of a pattern.
        if !host.as_str().eq_ignore_ascii_case(name) || name.starts_with('.') {
            return Err(HostPatternError::Name);
        }
        let name = host.as_str().into();
        Ok(if suffix.is_some() { Self::Below(name) } else { Self::Exact(name) })
    }
}

impl HostPattern {
    /// Whether a host is one of those it stands for.
    #[must_use]
    pub fn covers(&self, host: &Host) -> bool {
        match self {
            Self::Exact(name) => **name == *host.as_str(),
            Self::Below(suffix) => {
                host.as_str().strip_suffix(&**suffix).is_some_and(|labels| labels.ends_with('.'))
            }
        }
    }
}

impl fmt::Display for HostPattern {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact(name) => formatter.write_str(name),
            Self::Below(suffix) => write!(formatter, "*.{suffix}"),
        }
    }
}

/// One thing for each host.
#[derive(Debug)]
pub struct HostTable<T> {
    general: T,
    exact: HashMap<Box<str>, T>,
    /// By the part behind `*.`.
    below: HashMap<Box<str>, T>,
}

impl<T> HostTable<T> {
    /// Without any hosts, `general` is for every one.
    #[must_use]
    pub fn new(general: T) -> Self {
        Self { general, exact: HashMap::new(), below: HashMap::new() }
    }

    /// Gives a host or wildcard a thing of its own; returns the one it had.
    pub fn insert(&mut self, pattern: HostPattern, thing: T) -> Option<T> {
        match pattern {
            HostPattern::Exact(name) => self.exact.insert(name, thing),
            HostPattern::Below(suffix) => self.below.insert(suffix, thing),
        }
    }

    /// Changes what is for every host without one of its own.
    pub fn replace_general(&mut self, general: T) {
        self.general = general;
    }

    /// The one thing for a host.
    #[must_use]
    pub fn select(&self, host: &Host) -> &T {
        let host = host.as_str();
        let exact = self.exact.get(host);
        exact.or_else(|| self.longest_below(host)).unwrap_or(&self.general)
    }

    fn longest_below(&self, host: &str) -> Option<&T> {
        if self.below.is_empty() {
            return None;
        }
        let dots = host.match_indices('.').map(|(at, _)| at);
        dots.filter_map(|at| host.get(at + 1..)).find_map(|suffix| self.below.get(suffix))
    }

    /// Every thing, the general one first.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        std::iter::once(&self.general).chain(self.exact.values()).chain(self.below.values())
    }
}

#[cfg(test)]
mod tests {
    use super::{Host, HostPattern, HostPatternError as E};

    #[test]
    fn a_pattern_is_a_host_or_a_wildcard_before_one() {
        for (text, pattern) in [
            ("shop.test", HostPattern::Exact("shop.test".into())),
            ("SHOP.Test", HostPattern::Exact("shop.test".into())),
            ("localhost", HostPattern::Exact("localhost".into())),
            ("10.0.0.1", HostPattern::Exact("10.0.0.1".into())),
            ("[::1]", HostPattern::Exact("[::1]".into())),
            ("*.Shop.test", HostPattern::Below("shop.test".into())),
        ] {
            assert_eq!(HostPattern::parse(text), Ok(pattern), "{text}");
        }
    }

    #[test]
    fn a_pattern_covers_its_host_or_the_hosts_below() {
        for (pattern, covered, others) in [
            ("shop.test", &["shop.test"][..], &["a.shop.test", "xshop.test", "test"][..]),
            ("*.shop.test", &["a.shop.test", "b.a.shop.test"], &["shop.test", "xshop.test"]),
        ] {
            let pattern = HostPattern::parse(pattern).unwrap();
            let covers = |host: &&str| pattern.covers(&Host::parse(host).unwrap());
            assert!(covered.iter().all(covers) && !others.iter().any(covers), "{pattern}");
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for (text, error) in [
            ("", E::Name),
            ("*.", E::Name),
            (".shop.test", E::Name),
            ("*..shop.test", E::Name),
            ("shop.test.", E::Name),
            ("shop.test:443", E::Name),
            ("https://shop.test", E::Name),
            ("shop.test/a", E::Name),
            ("a.test,b.test", E::Name),
            ("\u{e4}.test", E::Name),
            ("*", E::Wildcard),
            ("*shop.test", E::Wildcard),
            ("a.*.test", E::Wildcard),
            ("*.*.test", E::Wildcard),
        ] {
            assert_eq!(HostPattern::parse(text), Err(error), "{text}");
        }
    }
}
