//! The host a request is for, in one spelling.

use thiserror::Error;

/// A host name or address: lower-case, without port, without a trailing dot.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Host(Box<str>);

/// Why an authority names no single host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum HostError {
    /// Nothing there.
    #[error("the host is empty")]
    Empty,
    /// A byte that no host holds: a comma means two `Host` lines, an `@` credentials.
    #[error("the host holds a character that no host name has")]
    Character,
    /// Something other than digits behind the colon.
    #[error("the port is not a number")]
    Port,
}

impl Host {
    /// Reads `host[:port]` as in `:authority`.
    ///
    /// # Errors
    /// [`HostError`] when the text could be read as more than one host, or as none.
    pub fn parse(authority: &str) -> Result<Self, HostError> {
        let (name, port) = split_port(authority);
        if let Some(port) = port
            && (port.is_empty()
                || port.len() > 5
                || !port.bytes().all(|byte| byte.is_ascii_digit()))
        {
            return Err(HostError::Port);
        }
        if name.contains("..") {
            return Err(HostError::Character);
        }
        let name = name.strip_suffix('.').unwrap_or(name);
        if name.is_empty() {
            return Err(HostError::Empty);
        }
        let allowed = |byte: u8| {
            byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'[' | b']' | b':')
        };
        let bracketed = name.starts_with('[');
        let sound = name.bytes().all(allowed)
            && bracketed == name.ends_with(']')
            && (bracketed || !name.contains([':', '[', ']']));
        if sound { Ok(Self(name.to_ascii_lowercase().into())) } else { Err(HostError::Character) }
    }

    /// The host's text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn split_port(authority: &str) -> (&str, Option<&str>) {
    let after_brackets = authority.rfind(']').map_or(0, |end| end + 1);
    match authority[after_brackets..].find(':') {
        Some(colon) => {
            let colon = after_brackets + colon;
            (&authority[..colon], Some(&authority[colon + 1..]))
        }
        None => (authority, None),
    }
}

#[cfg(test)]
mod tests {
    use super::{Host, HostError};

    fn host(text: &str) -> Result<String, HostError> {
        Host::parse(text).map(|host| host.as_str().to_owned())
    }

    #[test]
    fn case_port_and_one_trailing_dot_do_not_matter() {
        for spelling in ["shop.test", "SHOP.test", "shop.test.", "shop.test:8443", "Shop.Test.:80"]
        {
            assert_eq!(host(spelling).as_deref(), Ok("shop.test"), "{spelling}");
        }
        assert_eq!(host("[::1]:80").as_deref(), Ok("[::1]"));
    }

    #[test]
    fn an_authority_that_could_name_two_hosts_is_refused() {
        for (authority, error) in [
            ("", HostError::Empty),
            (".", HostError::Empty),
            (":80", HostError::Empty),
            ("a.test,b.test", HostError::Character),
            ("user@a.test", HostError::Character),
            ("a.test/b", HostError::Character),
            ("a.test b", HostError::Character),
            ("a..test", HostError::Character),
            ("a.test..", HostError::Character),
            ("a.test\\b", HostError::Character),
            ("\u{e4}.test", HostError::Character),
            ("::1", HostError::Port),
            ("a.test:80:90", HostError::Port),
            ("a.test:", HostError::Port),
            ("a.test:8o", HostError::Port),
            ("[::1", HostError::Port),
        ] {
            assert_eq!(host(authority), Err(error), "{authority}");
        }
    }
}
