//! One kind of number, as people expect of numbers: 5 is 5.0, and half of 5 is 2.5.
//!
//! Whole numbers are exact. A double stands for exactly one number as long as it is smaller than 2^53;
//! beyond, it stands for every number that was rounded to it, and the one that was meant is not known
//! any more. Whatever hangs on the digits that got lost is an error, so that two numbers are never equal
//! by accident.

use super::error::ConditionFault;
use std::cmp::Ordering;

/// The first double that stands for more than one whole number: 2^53.
const VAST: f64 = 9_007_199_254_740_992.0;
/// The same among whole numbers.
const VAST_WHOLE: u128 = 1 << 53;
/// The first double without room for a fraction: 2^52.
const NO_FRACTIONS: f64 = 4_503_599_627_370_496.0;

/// A number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Number {
    /// A whole number.
    Whole(i128),
    /// Not whole, finite, and smaller than [`VAST`] on either side of zero.
    Fraction(f64),
    /// Finite, and at least as far from zero as [`VAST`]: stands for what was rounded to it.
    Vast(f64),
}

type Calculated = Result<Number, ConditionFault>;

impl Number {
    /// `None` for what is no number.
    pub(super) fn from_double(double: f64) -> Option<Self> {
        if !double.is_finite() {
            None
        } else if double.abs() >= VAST {
            Some(Self::Vast(double))
        } else if double.fract() == 0.0 {
            Some(Self::Whole(truncated(double)))
        } else {
            Some(Self::Fraction(double))
        }
    }

    /// `None` for a number that JSON does not have.
    pub(super) fn from_json(number: &serde_json::Number) -> Option<Self> {
        let whole = number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from));
        whole.map(Self::Whole).or_else(|| number.as_f64().and_then(Self::from_double))
    }

    /// Reads a whole number as it is written in decimals.
    pub(super) fn whole(text: &str) -> Option<Self> {
        text.parse().ok().map(Self::Whole)
    }

    /// Reads a number as it is written in decimals.
    pub(super) fn parse(text: &str) -> Option<Self> {
        // Rust reads `inf` and `nan` as well.
        let is_number =
            text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-'));
        let double =
            || if is_number { text.parse().ok().and_then(Self::from_double) } else { None };
        Self::whole(text).or_else(double)
    }

    /// # Errors
    /// [`ConditionFault::Imprecise`] where the two might be the same, and might not.
    pub(super) fn compare(self, other: Self) -> Result<Ordering, ConditionFault> {
        match (self, other) {
            (Self::Whole(left), Self::Whole(right)) => Ok(left.cmp(&right)),
            (Self::Whole(left), Self::Fraction(right)) => Ok(beside(left, right)),
            (Self::Fraction(left), Self::Whole(right)) => Ok(beside(right, left).reverse()),
            (Self::Fraction(left), Self::Fraction(right)) => Ok(left.total_cmp(&right)),
            // Rounding keeps the order: only what is rounded to the same double is in doubt.
            (Self::Vast(_), _) | (_, Self::Vast(_)) => {
                let order = self.rounded().total_cmp(&other.rounded());
                if order.is_eq() { Err(ConditionFault::Imprecise) } else { Ok(order) }
            }
        }
    }

    pub(super) fn add(self, other: Self) -> Calculated {
        match (self, other) {
            (Self::Whole(left), Self::Whole(right)) => exact(left.checked_add(right)),
            _ => real(self.exactly()? + other.exactly()?),
        }
    }

    pub(super) fn subtract(self, other: Self) -> Calculated {
        match (self, other) {
            (Self::Whole(left), Self::Whole(right)) => exact(left.checked_sub(right)),
            _ => real(self.exactly()? - other.exactly()?),
        }
    }

    pub(super) fn multiply(self, other: Self) -> Calculated {
        match (self, other) {
            (Self::Whole(left), Self::Whole(right)) => exact(left.checked_mul(right)),
            (zero @ Self::Whole(0), _) | (_, zero @ Self::Whole(0)) => Ok(zero),
            _ => nonzero(self.exactly()? * other.exactly()?),
        }
    }

    pub(super) fn divide(self, other: Self) -> Calculated {
        match (self, other) {
            (_, Self::Whole(0)) => Err(ConditionFault::DivisionByZero),
            (Self::Whole(left), Self::Whole(right)) if left.checked_rem(right) == Some(0) => {
                exact(left.checked_div(right))
            }
            (zero @ Self::Whole(0), _) => Ok(zero),
            _ => nonzero(self.exactly()? / other.exactly()?),
        }
    }

    /// What is left over by a division, with the sign of what is divided.
    pub(super) fn remainder(self, other: Self) -> Calculated {
        match (self, other) {
            (_, Self::Whole(0)) => Err(ConditionFault::DivisionByZero),
            (Self::Whole(left), Self::Whole(right)) => exact(left.checked_rem(right)),
            (Self::Vast(_), _) | (_, Self::Vast(_)) => Err(ConditionFault::Imprecise),
            (Self::Fraction(_), _) | (_, Self::Fraction(_)) => Err(ConditionFault::NotWhole),
        }
    }

    pub(super) fn negate(self) -> Calculated {
        match self {
            Self::Whole(whole) => exact(whole.checked_neg()),
            Self::Fraction(fraction) => Ok(Self::Fraction(-fraction)),
            Self::Vast(vast) => Ok(Self::Vast(-vast)),
        }
    }

    /// The whole part, towards zero.
    pub(super) fn truncate(self) -> Calculated {
        match self {
            Self::Whole(_) => Ok(self),
            Self::Fraction(fraction) => Ok(Self::Whole(truncated(fraction))),
            Self::Vast(_) => Err(ConditionFault::Imprecise),
        }
    }

    /// The next whole number at or below it.
    pub(super) fn floor(self) -> Result<i128, ConditionFault> {
        match self {
            Self::Whole(whole) => Ok(whole),
            Self::Fraction(fraction) => Ok(truncated(fraction.floor())),
            Self::Vast(_) => Err(ConditionFault::Imprecise),
        }
    }

    /// As it is written in decimals.
    pub(super) fn text(self) -> Result<String, ConditionFault> {
        match self {
            Self::Whole(whole) => Ok(whole.to_string()),
            Self::Fraction(fraction) => Ok(fraction.to_string()),
            Self::Vast(_) => Err(ConditionFault::Imprecise),
        }
    }

    /// The nearest double.
    #[expect(clippy::cast_precision_loss, reason = "callers know that it is rounded")]
    fn rounded(self) -> f64 {
        match self {
            Self::Whole(whole) => whole as f64,
            Self::Fraction(double) | Self::Vast(double) => double,
        }
    }

    /// The double that stands for this number and no other whole one.
    fn exactly(self) -> Result<f64, ConditionFault> {
        match self {
            Self::Whole(whole) if whole.unsigned_abs() < VAST_WHOLE => Ok(self.rounded()),
            Self::Fraction(fraction) => Ok(fraction),
            Self::Whole(_) | Self::Vast(_) => Err(ConditionFault::Imprecise),
        }
    }
}

/// The order of a whole number and one that is not.
fn beside(whole: i128, fraction: f64) -> Ordering {
    if whole <= truncated(fraction.floor()) { Ordering::Less } else { Ordering::Greater }
}

#[expect(clippy::cast_possible_truncation, reason = "callers hand in less than 2^53")]
const fn truncated(double: f64) -> i128 {
    double as i128
}

fn exact(whole: Option<i128>) -> Calculated {
    whole.map(Number::Whole).ok_or(ConditionFault::Overflow)
}

/// A result that may have been rounded: beyond 2^52 it would be to a whole number.
fn real(result: f64) -> Calculated {
    if result.abs() >= NO_FRACTIONS {
        return Err(ConditionFault::Imprecise);
    }
    Number::from_double(result).ok_or(ConditionFault::Overflow)
}

/// A result that is not zero, however small.
fn nonzero(result: f64) -> Calculated {
    if result == 0.0 { Err(ConditionFault::Imprecise) } else { real(result) }
}

#[cfg(test)]
mod tests;
