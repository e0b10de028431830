//! Arguments that must stand in the text of a condition, read when the policy is.

use super::{super::wording::Excerpt, problem::ConditionMistake, term::OffsetSeconds};
use ipnet::IpNet;
use regex::{Regex, RegexBuilder};
use std::net::IpAddr;

/// What one pattern may take, in bytes.
const PATTERN_BYTES: usize = 256 << 10;
/// No place on earth is further from UTC, in seconds.
const FURTHEST: i32 = 14 * 60 * 60;

/// A text to split at.
pub(super) fn separator(text: &str) -> Result<Box<str>, ConditionMistake> {
    if text.is_empty() { Err(ConditionMistake::EmptySeparator) } else { Ok(text.into()) }
}

/// A regular expression. The engine takes time in proportion to the text, whatever the pattern.
pub(super) fn pattern(text: &str) -> Result<Regex, ConditionMistake> {
    let built =
        RegexBuilder::new(text).size_limit(PATTERN_BYTES).dfa_size_limit(PATTERN_BYTES).build();
    built.map_err(|error| {
        // Syntax errors are drawn over several lines; the last one says what is wrong.
        let message = error.to_string();
        let last = message.lines().last().unwrap_or_default();
        ConditionMistake::Pattern(Excerpt::of(last.trim_start_matches("error: ")))
    })
}

/// A network in CIDR notation, without bits behind its prefix.
pub(super) fn network(text: &str) -> Result<IpNet, ConditionMistake> {
    let written = || Excerpt::of(text);
    let is_address = || text.parse::<IpAddr>().is_ok();
    let network: IpNet = match text.parse() {
        Ok(network) => network,
        Err(_) if is_address() => {
            let bits = if text.contains(':') { 128 } else { 32 };
            let meant = format!("{text}/{bits}").into();
            return Err(ConditionMistake::NetworkBits { written: written(), meant });
        }
        Err(_) => return Err(ConditionMistake::Network(written())),
    };
    // Addresses are compared as IPv4 wherever they are, so such a network would hold none.
    if let IpNet::V6(mapped) = network
        && let Some(address) = mapped.addr().to_ipv4_mapped()
        && let Some(bits) = mapped.prefix_len().checked_sub(96)
    {
        let meant = format!("{address}/{bits}").into();
        return Err(ConditionMistake::NetworkBits { written: written(), meant });
    }
    let meant = network.trunc();
    if meant != network {
        let meant = meant.to_string().into();
        return Err(ConditionMistake::NetworkBits { written: written(), meant });
    }
    Ok(network)
}

/// `UTC`, or `+hh:mm` east of it and `-hh:mm` west of it.
pub(super) fn offset(text: &str) -> Result<OffsetSeconds, ConditionMistake> {
    let read = || {
        if text == "UTC" || text == "Z" {
            return Some(0);
        }
        let (sign, distance) = match text.as_bytes().first()? {
            b'+' => (1, &text[1..]),
            b'-' => (-1, &text[1..]),
            _ => return None,
        };
        let (hours, minutes) = distance.split_once(':')?;
        let two_digits = |digits: &str| {
            let sound = digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_digit());
            if sound { digits.parse::<i32>().ok() } else { None }
        };
        let (hours, minutes) = (two_digits(hours)?, two_digits(minutes)?);
        let seconds = hours * 3600 + minutes * 60;
        if minutes < 60 && seconds <= FURTHEST { Some(sign * seconds) } else { None }
    };
    read().map(OffsetSeconds).ok_or_else(|| ConditionMistake::Offset(Excerpt::of(text)))
}
