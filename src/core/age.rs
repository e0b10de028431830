//! How old something may be, as policies write it: `30m`, `12h`, `7d`.

use std::{fmt, num::NonZeroU32, time::Duration};
use thiserror::Error;

/// An age that something must be under, in whole minutes: Clerk tells the ages of factors in them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AgeLimit(NonZeroU32);

/// A text that is no age.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum AgeError {
    /// `0h`.
    #[error("is no time at all")]
    Zero,
    /// More than can be asked for.
    #[error("is too long")]
    TooLong,
    /// `30`.
    #[error("has no unit")]
    NoUnit,
    /// `30s`: ages are told in minutes.
    #[error("is finer than minutes")]
    Seconds,
    /// Anything else; and how it would be written, where that is plain.
    #[error("is no length of time")]
    Form(Option<String>),
}

/// The units, with the minutes that each stands for.
const UNITS: [(char, u32); 3] = [('d', 24 * 60), ('h', 60), ('m', 1)];

impl AgeLimit {
    /// So many minutes; `None` for none.
    #[must_use]
    pub const fn from_minutes(minutes: u32) -> Option<Self> {
        match NonZeroU32::new(minutes) {
            Some(minutes) => Some(Self(minutes)),
            None => None,
        }
    }

    /// Reads one number and one unit, `m`, `h` or `d`, of at most that many minutes.
    ///
    /// # Errors
    /// [`AgeError`] for any other text.
    pub fn parse(text: &str, most_minutes: u32) -> Result<Self, AgeError> {
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let (number, unit) = text.split_at(digits);
        let per_unit = UNITS.iter().find(|(name, _)| unit.chars().eq([*name]));
        let canonical = digits > 0 && (digits == 1 || !number.starts_with('0'));
        let Some((_, per_unit)) = per_unit.filter(|_| canonical) else {
            return Err(misspelt(number, unit));
        };
        // What is too long for a number is too long.
        let minutes = number.parse::<u32>().ok().and_then(|number| number.checked_mul(*per_unit));
        let minutes = minutes.filter(|minutes| *minutes <= most_minutes);
        Self::from_minutes(minutes.ok_or(AgeError::TooLong)?).ok_or(AgeError::Zero)
    }

    /// The minutes.
    #[must_use]
    pub const fn minutes(self) -> NonZeroU32 {
        self.0
    }

    /// Whether an age is under it.
    #[must_use]
    pub fn is_over(self, age: Duration) -> bool {
        age < Duration::from_secs(u64::from(self.0.get()) * 60)
    }
}

/// What was meant by `12 hours`, `12H` or `012h`.
fn misspelt(number: &str, unit: &str) -> AgeError {
    if unit.is_empty() && !number.is_empty() {
        return AgeError::NoUnit;
    }
    let unit = unit.trim().to_ascii_lowercase();
    let unit = match &*unit {
        "s" | "sec" | "secs" | "second" | "seconds" | "ms" => return AgeError::Seconds,
        "m" | "min" | "mins" | "minute" | "minutes" => 'm',
        "h" | "hr" | "hrs" | "hour" | "hours" => 'h',
        "d" | "day" | "days" => 'd',
        _ => return AgeError::Form(None),
    };
    let number = number.trim_start_matches('0');
    AgeError::Form((!number.is_empty()).then(|| format!("{number}{unit}")))
}

/// In the largest unit that it is whole in: `90m`, `2h`, `1d`.
impl fmt::Display for AgeLimit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let minutes = self.0.get();
        let whole = UNITS.iter().find(|(_, per_unit)| minutes.is_multiple_of(*per_unit));
        let (unit, per_unit) = whole.copied().unwrap_or(('m', 1));
        write!(formatter, "{}{unit}", minutes / per_unit)
    }
}

#[cfg(test)]
mod tests {
    use super::{AgeError, AgeLimit};
    use proptest::prelude::*;
    use std::time::Duration;

    fn read(text: &str) -> Result<u32, AgeError> {
        AgeLimit::parse(text, 100_000).map(|limit| limit.minutes().get())
    }

    #[test]
    fn one_number_and_one_unit_are_an_age() {
        for (text, minutes) in [("1m", 1), ("90m", 90), ("12h", 720), ("7d", 10_080)] {
            assert_eq!(read(text), Ok(minutes), "{text}");
        }
    }

    #[test]
    fn anything_else_is_none_and_what_was_meant_is_told_where_it_is_plain() {
        let meant = |text: &str| AgeError::Form(Some(text.to_owned()));
        for (text, error) in [
            ("0m", AgeError::Zero),
            ("0d", AgeError::Zero),
            ("70d", AgeError::TooLong),
            ("99999999999999999999h", AgeError::TooLong),
            ("4294967295d", AgeError::TooLong),
            ("30s", AgeError::Seconds),
            ("30 seconds", AgeError::Seconds),
            ("12H", meant("12h")),
            ("12 hours", meant("12h")),
            ("30min", meant("30m")),
            ("007d", meant("7d")),
            ("00m", AgeError::Form(None)),
            ("", AgeError::Form(None)),
            ("h", AgeError::Form(None)),
            ("30", AgeError::NoUnit),
            ("-5m", AgeError::Form(None)),
            ("1.5h", AgeError::Form(None)),
            ("1h30m", AgeError::Form(None)),
            ("PT12H", AgeError::Form(None)),
            ("\u{661}h", AgeError::Form(None)),
        ] {
            assert_eq!(read(text), Err(error), "{text:?}");
        }
    }

    #[test]
    fn an_age_is_under_the_limit_until_it_is_reached() {
        let limit = AgeLimit::from_minutes(10).unwrap();
        assert!(limit.is_over(Duration::ZERO));
        assert!(limit.is_over(Duration::from_millis(599_999)));
        assert!(!limit.is_over(Duration::from_secs(600)));
        assert!(!limit.is_over(Duration::MAX));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(minutes in 1..=100_000_u32) {
            let limit = AgeLimit::from_minutes(minutes).unwrap();
            prop_assert_eq!(AgeLimit::parse(&limit.to_string(), 100_000), Ok(limit));
        }

        #[test]
        fn any_text_is_read_or_refused(text in "\\PC{0,12}") {
            let _ = AgeLimit::parse(&text, u32::MAX);
        }
    }
}
