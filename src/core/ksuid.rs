//! The moment that Clerk's ids hold.
//!
//! Behind the prefix of `sess_...` and `user_...` stands a KSUID: 20 bytes in 27 digits of base 62, of
//! which the first four count the seconds from 14 May 2014 to the making of the id. Clerk's
//! documentation does not say so, but ids and times that stand together in it agree to the second.

use super::clock::Timestamp;

/// The second from which KSUIDs count, in Unix seconds.
const EPOCH: i64 = 1_400_000_000;
const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const LENGTH: usize = 27;
/// The bits of one of the five words that the 20 bytes are worked with in.
const WORD_BITS: u32 = 32;
const WORD: u64 = (1 << WORD_BITS) - 1;

/// When a KSUID was made; `None` where the text is none.
#[must_use]
pub fn made_at(text: &str) -> Option<Timestamp> {
    if text.len() != LENGTH {
        return None;
    }
    let mut words = [0_u64; 5];
    for digit in text.bytes() {
        let mut carry = (0_u64..).zip(DIGITS).find(|(_, known)| **known == digit)?.0;
        for word in words.iter_mut().rev() {
            let product = *word * 62 + carry;
            (carry, *word) = (product >> WORD_BITS, product & WORD);
        }
        // 27 digits can count further than 20 bytes.
        if carry != 0 {
            return None;
        }
    }
    let [seconds, ..] = words;
    Some(Timestamp::from_unix_seconds(EPOCH + i64::try_from(seconds).ok()?))
}

/// A KSUID made at that second, the earliest or the latest that there can be where it lies outside.
/// The rest of it is drawn from `seed`, so that the same one comes of the same.
#[must_use]
pub fn make(at: Timestamp, seed: &str) -> String {
    let seconds = u64::try_from(at.unix_seconds().saturating_sub(EPOCH)).unwrap_or(0).min(WORD);
    let mut words = [seconds, 0, 0, 0, 0];
    // FNV-1a, once for each word: nothing hangs on its being hard to guess.
    for (word, salt) in words.iter_mut().skip(1).zip(b'a'..) {
        let mix = |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        *word = [salt].into_iter().chain(seed.bytes()).fold(0xcbf2_9ce4_8422_2325, mix) & WORD;
    }
    let mut digits = [b'0'; LENGTH];
    for digit in digits.iter_mut().rev() {
        let mut rest = 0;
        for word in &mut words {
            let dividend = (rest << WORD_BITS) | *word;
            (*word, rest) = (dividend / 62, dividend % 62);
        }
        let value = usize::try_from(rest).unwrap_or_default();
        *digit = DIGITS.get(value).copied().unwrap_or(b'0');
    }
    digits.iter().copied().map(char::from).collect()
}

#[cfg(test)]
mod tests {
    use super::{Timestamp, made_at, make};
    use proptest::prelude::*;

    #[test]
    fn ids_that_clerk_shows_with_their_times_hold_them() {
        // The example of `user.created` in Clerk's guide to webhooks: `created_at` is 1654012591514.
        for id in ["29w83sxmDNGwOuEthce5gg56FcC", "29w83yL7CwVlJXylYLxcslromF1"] {
            assert_eq!(made_at(id), Some(Timestamp::from_unix_seconds(1_654_012_591)), "{id}");
        }
    }

    #[test]
    fn the_first_and_the_last_are_read_and_what_is_no_ksuid_is_not() {
        let read = |text: &str| made_at(text).map(Timestamp::unix_seconds);
        assert_eq!(read("000000000000000000000000000"), Some(1_400_000_000));
        assert_eq!(read("aWgEPTl1tmebfsQzFP4bxwgy80V"), Some(1_400_000_000 + i64::from(u32::MAX)));
        for odd in [
            "",
            "aWgEPTl1tmebfsQzFP4bxwgy80W",
            "zzzzzzzzzzzzzzzzzzzzzzzzzzz",
            "29w83sxmDNGwOuEthce5gg56Fc",
            "29w83sxmDNGwOuEthce5gg56FcCC",
            "29w83sxmDNGwOuEthce5gg56Fc-",
            "29w83sxmDNGwOuEthce5gg56F\u{e9}",
            "29w83sxmDNGwOuEthce5gg56Fc ",
        ] {
            assert_eq!(read(odd), None, "{odd:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_made_holds_its_second(seconds in 0..=u32::MAX, seed in ".{0,20}") {
            let at = Timestamp::from_unix_seconds(1_400_000_000 + i64::from(seconds));
            prop_assert_eq!(made_at(&make(at, &seed)), Some(at));
        }

        #[test]
        fn any_text_is_read_or_not_and_nothing_breaks(text in "\\PC{20,30}") {
            let _ = made_at(&text);
        }
    }
}
