//! What an allowed request may carry to the service, made safe to send.

use super::is_header_value;
use crate::core::{cookie, decision::Upstream};

/// The same changes with every name in one list only.
///
/// A value that is empty, or that cannot stand in a header, is not sent: proxies drop the one and
/// differ about the other. The client's own header must not get through in its place, so the name is
/// removed instead. What is set is not removed, since removals come last.
#[must_use]
pub fn sendable(upstream: Upstream) -> Upstream {
    let Upstream { set, remove } = upstream;
    let (set, withheld): (Vec<_>, Vec<_>) =
        set.into_iter().partition(|(name, value)| !value.is_empty() && is_sendable(name, value));
    let withheld = withheld.into_iter().map(|(name, _)| name);
    let is_set = |name: &str| set.iter().any(|(kept, _)| kept.eq_ignore_ascii_case(name));
    let remove = remove.into_iter().chain(withheld).filter(|name| !is_set(name)).collect();
    Upstream { set, remove }
}

/// Cookies are the client's own, which may hold more than our values.
fn is_sendable(name: &str, value: &str) -> bool {
    if name == "cookie" { cookie::is_sendable(value) } else { is_header_value(value) }
}

#[cfg(test)]
mod tests {
    use super::sendable;
    use crate::core::decision::Upstream;
    use proptest::prelude::*;

    fn upstream(set: &[(&str, &str)], remove: &[&str]) -> Upstream {
        Upstream {
            set: set.iter().map(|&(name, value)| (name.into(), value.into())).collect(),
            remove: remove.iter().map(|&name| name.into()).collect(),
        }
    }

    #[test]
    fn sound_changes_stay_as_they_are() {
        let sound = upstream(&[("x-user-id", "user_1")], &["x-org-id", "x_user_id"]);
        assert_eq!(sendable(sound.clone()), sound);
    }

    #[test]
    fn a_header_that_is_set_is_not_removed() {
        let both = upstream(&[("x-user-id", "user_1")], &["X-User-Id", "x-org-id"]);
        assert_eq!(sendable(both), upstream(&[("x-user-id", "user_1")], &["x-org-id"]));
    }

    #[test]
    fn a_value_that_cannot_be_sent_removes_the_clients_own() {
        for value in ["", "a\r\nx-admin: 1", "a\nb", "\0", "\u{e9}", "\u{7f}"] {
            let changes = upstream(&[("x-user-id", value)], &[]);
            assert_eq!(sendable(changes), upstream(&[], &["x-user-id"]), "{value:?}");
        }
    }

    #[test]
    fn cookies_are_sent_as_the_client_wrote_them_unless_they_would_end_the_header() {
        let sound = upstream(&[("cookie", "a=\u{e9};\tb=1")], &[]);
        assert_eq!(sendable(sound.clone()), sound);
        for value in ["a=1\r\nx: y", "a=1\ny", "a=\0", "a=\u{7f}", "a=\u{85}", ""] {
            assert_eq!(sendable(upstream(&[("cookie", value)], &[])), upstream(&[], &["cookie"]));
        }
    }

    proptest! {
        #[test]
        fn no_name_is_in_both_lists_and_none_is_lost(
            set in proptest::collection::vec(("[a-cA-C]", "[a\r\u{e9}]{0,2}"), 0..6),
            remove in proptest::collection::vec("[a-cA-C]", 0..4),
        ) {
            let given = Upstream {
                set: set.iter().map(|(name, value)| (name.as_str().into(), value.as_str().into())).collect(),
                remove: remove.iter().map(|name| name.as_str().into()).collect(),
            };
            let sent = sendable(given.clone());
            for name in &sent.remove {
                prop_assert!(!sent.set.iter().any(|(kept, _)| kept.eq_ignore_ascii_case(name)));
            }
            for name in given.set.iter().map(|(name, _)| name).chain(&given.remove) {
                let mut spoken_for = sent.set.iter().map(|(name, _)| name).chain(&sent.remove);
                prop_assert!(spoken_for.any(|sent| sent.eq_ignore_ascii_case(name)));
            }
        }
    }
}
