//! How recently a user must have proven who they are (Clerk: `has({ reverification })`).

use std::num::NonZeroU32;
use thiserror::Error;

/// Which factors count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Level {
    /// The first factor.
    FirstFactor,
    /// The second factor; the first where no second is enrolled.
    SecondFactor,
    /// Both factors; the first alone where no second is enrolled.
    MultiFactor,
}

impl Level {
    /// Clerk's name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::FirstFactor => "first_factor",
            Self::SecondFactor => "second_factor",
            Self::MultiFactor => "multi_factor",
        }
    }

    /// From Clerk's name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::FirstFactor, Self::SecondFactor, Self::MultiFactor]
            .into_iter()
            .find(|level| level.as_str() == name)
    }
}

/// Clerk's named levels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Preset {
    /// Both factors within 10 minutes.
    StrictMfa,
    /// The second factor within 10 minutes.
    Strict,
    /// The second factor within an hour.
    Moderate,
    /// The second factor within a day.
    Lax,
}

impl Preset {
    /// Every preset.
    pub const ALL: [Self; 4] = [Self::StrictMfa, Self::Strict, Self::Moderate, Self::Lax];

    /// Clerk's name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::StrictMfa => "strict_mfa",
            Self::Strict => "strict",
            Self::Moderate => "moderate",
            Self::Lax => "lax",
        }
    }

    /// From Clerk's name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|preset| preset.as_str() == name)
    }

    const fn window(self) -> (Level, u32) {
        match self {
            Self::StrictMfa => (Level::MultiFactor, 10),
            Self::Strict => (Level::SecondFactor, 10),
            Self::Moderate => (Level::SecondFactor, 60),
            Self::Lax => (Level::SecondFactor, 1440),
        }
    }
}

/// A reverification that is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reverification {
    /// By name.
    Preset(Preset),
    /// A level and the age in minutes that a verification must be under.
    Window {
        /// Which factors count.
        level: Level,
        /// The age in minutes.
        after_minutes: NonZeroU32,
    },
}

impl Reverification {
    /// Which factors count, and the age in minutes that their verification must be under.
    #[must_use]
    pub const fn window(self) -> (Level, u32) {
        match self {
            Self::Preset(preset) => preset.window(),
            Self::Window { level, after_minutes } => (level, after_minutes.get()),
        }
    }

    /// Whether factors verified that long ago are fresh enough. Unknown ages are not.
    ///
    /// Ages are those of the minting of the token, as in Clerk's SDKs: the time since then, at most
    /// one token life, is not added.
    #[must_use]
    pub fn holds(self, ages: Option<FactorAges>) -> bool {
        let Some(ages) = ages else { return false };
        let (level, limit) = self.window();
        let limit = f64::from(limit);
        let fresh = |age: f64| limit > age;
        match (ages.first, ages.second) {
            (None, None) => false,
            // Only a first factor is enrolled: it stands in for the second.
            (Some(first), None) => fresh(first),
            (None, Some(second)) => level == Level::SecondFactor && fresh(second),
            (Some(first), Some(second)) => match level {
                Level::FirstFactor => fresh(first),
                Level::SecondFactor => fresh(second),
                Level::MultiFactor => fresh(first) && fresh(second),
            },
        }
    }
}

/// Minutes since each factor was verified, as of the minting of the token (claim `fva`). `None`: that
/// factor is not enrolled or was never verified.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FactorAges {
    /// First factor.
    pub first: Option<f64>,
    /// Second factor.
    pub second: Option<f64>,
}

/// A `fva` claim that is not two numbers, each -1 or at least 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the factor ages are malformed")]
pub struct MalformedFactorAges;

impl FactorAges {
    /// Reads the two numbers of a `fva` claim; -1 stands for a factor that is not there.
    ///
    /// # Errors
    /// [`MalformedFactorAges`] for other negative numbers and for numbers that are not finite.
    pub fn from_claim(first: f64, second: f64) -> Result<Self, MalformedFactorAges> {
        let age = |minutes: f64| match minutes {
            -1.0 => Ok(None),
            _ if minutes.is_finite() && minutes >= 0.0 => Ok(Some(minutes)),
            _ => Err(MalformedFactorAges),
        };
        Ok(Self { first: age(first)?, second: age(second)? })
    }
}

#[cfg(test)]
mod tests {
    use super::{FactorAges, Level, Preset, Reverification};
    use std::num::NonZeroU32;

    fn within_ten(level: Level, first: f64, second: f64) -> bool {
        let after_minutes = NonZeroU32::new(10).unwrap();
        Reverification::Window { level, after_minutes }
            .holds(FactorAges::from_claim(first, second).ok())
    }

    #[test]
    fn levels_agree_with_clerks_truth_table() {
        for (first, second, expected) in [
            (5.0, -1.0, [true, true, true]),
            (-1.0, 5.0, [false, true, false]),
            (20.0, 5.0, [false, true, false]),
            (5.0, 20.0, [true, false, false]),
            (5.0, 5.0, [true, true, true]),
            (20.0, 20.0, [false, false, false]),
            (-1.0, -1.0, [false, false, false]),
            (-1.0, 20.0, [false, false, false]),
            (20.0, -1.0, [false, false, false]),
        ] {
            let found = [Level::FirstFactor, Level::SecondFactor, Level::MultiFactor]
                .map(|level| within_ten(level, first, second));
            assert_eq!(found, expected, "[{first}, {second}]");
        }
    }

    #[test]
    fn the_limit_itself_is_too_old() {
        assert!(within_ten(Level::FirstFactor, 9.0, -1.0));
        assert!(!within_ten(Level::FirstFactor, 10.0, -1.0));
    }

    #[test]
    fn missing_or_malformed_ages_never_pass() {
        for preset in Preset::ALL {
            assert!(!Reverification::Preset(preset).holds(None));
        }
        for (first, second) in [(-2.0, 0.0), (0.0, -0.5), (f64::NAN, 0.0), (f64::INFINITY, 0.0)] {
            assert!(FactorAges::from_claim(first, second).is_err(), "[{first}, {second}]");
        }
    }

    #[test]
    fn presets_are_clerks() {
        let at = |preset, first, second| {
            Reverification::Preset(preset).holds(FactorAges::from_claim(first, second).ok())
        };
        assert!(at(Preset::Strict, 99.0, 9.0) && !at(Preset::Strict, 0.0, 10.0));
        assert!(at(Preset::StrictMfa, 9.0, 9.0) && !at(Preset::StrictMfa, 10.0, 9.0));
        assert!(at(Preset::Moderate, 99.0, 59.0) && !at(Preset::Moderate, 0.0, 60.0));
        assert!(at(Preset::Lax, 9999.0, 1439.0) && !at(Preset::Lax, 0.0, 1440.0));
        for preset in Preset::ALL {
            assert_eq!(Preset::from_name(preset.as_str()), Some(preset));
        }
        assert_eq!(Preset::from_name("Strict"), None);
    }
}
