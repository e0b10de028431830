//! Places in a log.

use std::{fmt, str::FromStr};
use thiserror::Error;

/// The place of a record: Unix milliseconds and a number within the millisecond, as Redis Streams
/// name their entries. Later records have greater cursors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cursor {
    /// Unix milliseconds.
    pub millis: u64,
    /// Counted from 0 within the millisecond.
    pub sequence: u64,
}

/// A text that is no cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a cursor is two whole numbers with a `-` between them")]
pub struct CursorError;

impl Cursor {
    /// Before every record.
    pub const START: Self = Self { millis: 0, sequence: 0 };

    /// A cursor behind this one, at the time `millis` if that is later.
    #[must_use]
    pub const fn next(self, millis: u64) -> Self {
        if millis > self.millis {
            Self { millis, sequence: 0 }
        } else {
            Self { millis: self.millis, sequence: self.sequence.saturating_add(1) }
        }
    }

    /// The greatest cursor in front of this one.
    #[must_use]
    pub const fn before(self) -> Self {
        if self.sequence > 0 {
            Self { millis: self.millis, sequence: self.sequence - 1 }
        } else {
            Self { millis: self.millis.saturating_sub(1), sequence: u64::MAX }
        }
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}-{}", self.millis, self.sequence)
    }
}

impl FromStr for Cursor {
    type Err = CursorError;

    fn from_str(text: &str) -> Result<Self, CursorError> {
        let number = |digits: &str| {
            let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
            digits.parse().ok().filter(|_| plain).ok_or(CursorError)
        };
        let (millis, sequence) = text.split_once('-').ok_or(CursorError)?;
        Ok(Self { millis: number(millis)?, sequence: number(sequence)? })
    }
}

#[cfg(test)]
mod tests {
    use super::{Cursor, CursorError};

    #[test]
    fn a_cursor_is_read_as_it_is_written() {
        let cursor = Cursor { millis: 1_764_000_000_000, sequence: 7 };
        assert_eq!(cursor.to_string(), "1764000000000-7");
        assert_eq!(cursor.to_string().parse(), Ok(cursor));
        for text in ["", "-", "1", "1-", "-1", "1-x", "+1-0", "1-1-1", "99999999999999999999-0"] {
            assert_eq!(text.parse::<Cursor>(), Err(CursorError), "{text}");
        }
    }

    #[test]
    fn the_next_cursor_is_greater_even_where_the_clock_goes_back() {
        let cursor = Cursor { millis: 100, sequence: 3 };
        assert_eq!(cursor.next(101), Cursor { millis: 101, sequence: 0 });
        assert_eq!(cursor.next(100), Cursor { millis: 100, sequence: 4 });
        assert_eq!(cursor.next(50), Cursor { millis: 100, sequence: 4 });
        assert!(cursor < cursor.next(50));
        assert_eq!(cursor.next(50).before(), cursor);
        assert_eq!(
            Cursor { millis: 5, sequence: 0 }.before(),
            Cursor { millis: 4, sequence: u64::MAX }
        );
    }
}
