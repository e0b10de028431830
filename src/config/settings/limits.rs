//! Settings of how much Bailiff takes on.

use super::SettingsError;
use crate::{config::file::LimitsEntry, serve::limits::Limits};
use std::time::Duration;

const DECISIONS_AT_ONCE: usize = 4096;

/// How much Bailiff takes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LimitSettings {
    /// Questions that are decided at once.
    pub decisions_at_once: usize,
    /// The limits of connections, and of leaving.
    pub serve: Limits,
}

impl LimitSettings {
    /// What holds unless something else is set.
    pub const STANDARD: Self =
        Self { decisions_at_once: DECISIONS_AT_ONCE, serve: Limits::STANDARD };

    pub(super) fn resolve(entry: LimitsEntry) -> Result<Self, SettingsError> {
        let LimitsEntry {
            decisions_at_once,
            connections,
            first_bytes_ms,
            streams_per_connection,
            head_ms,
            leave_ms,
            drain_ms,
        } = entry;
        let Self { decisions_at_once: usual, serve } = Self::STANDARD;
        let millis = |set: Option<u32>, usual: Duration| {
            set.map_or(usual, |millis| Duration::from_millis(millis.into()))
        };
        for (setting, none) in [
            ("limits.decisions_at_once", decisions_at_once == Some(0)),
            ("limits.connections", connections == Some(0)),
            ("limits.first_bytes_ms", first_bytes_ms == Some(0)),
            ("limits.streams_per_connection", streams_per_connection == Some(0)),
            ("limits.head_ms", head_ms == Some(0)),
        ] {
            if none {
                return Err(SettingsError::Value {
                    setting,
                    value: "0".to_owned(),
                    expected: "at least 1",
                });
            }
        }
        Ok(Self {
            decisions_at_once: decisions_at_once.unwrap_or(usual),
            serve: Limits {
                connections: connections.unwrap_or(serve.connections),
                first_bytes: millis(first_bytes_ms, serve.first_bytes),
                streams: streams_per_connection.unwrap_or(serve.streams),
                head_time: millis(head_ms, serve.head_time),
                leave: millis(leave_ms, serve.leave),
                drain: millis(drain_ms, serve.drain),
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::LimitSettings;
    use crate::config::file::LimitsEntry;
    use std::time::Duration;

    #[test]
    fn what_is_not_set_is_standard() {
        let set = LimitSettings::resolve(LimitsEntry::default()).unwrap();
        assert_eq!(set, LimitSettings::STANDARD);
        let entry = LimitsEntry { drain_ms: Some(0), ..LimitsEntry::default() };
        let set = LimitSettings::resolve(entry).unwrap();
        assert_eq!((set.serve.drain, set.serve.leave), (Duration::ZERO, Duration::from_secs(2)));
    }

    #[test]
    fn a_limit_that_would_let_nothing_through_is_refused_by_name() {
        for (entry, name) in [
            (
                LimitsEntry { decisions_at_once: Some(0), ..LimitsEntry::default() },
                "decisions_at_once",
            ),
            (
                LimitsEntry { streams_per_connection: Some(0), ..LimitsEntry::default() },
                "streams_per_connection",
            ),
            (LimitsEntry { head_ms: Some(0), ..LimitsEntry::default() }, "head_ms"),
            (LimitsEntry { connections: Some(0), ..LimitsEntry::default() }, "connections"),
            (LimitsEntry { first_bytes_ms: Some(0), ..LimitsEntry::default() }, "first_bytes_ms"),
        ] {
            let error = LimitSettings::resolve(entry).unwrap_err().to_string();
            assert!(error.contains(name), "{error}");
        }
    }
}
