//! The functions that conditions know. Each can be written before or behind its first value:
//! `lower(text)` or `text.lower()`.

use std::fmt;

macro_rules! functions {
    ($($variant:ident = $name:literal, $arity:literal, $example:literal, $meaning:literal;)*) => {
        /// One of the functions.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Function {
            $(#[doc = $meaning] $variant,)*
        }

        impl Function {
            /// Every function, in the order of the documentation.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// Every name, `has` included, which is no function but looks like one.
            pub(super) const NAMES: &'static [&'static str] = &["has", $($name,)*];

            /// As it is written.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }

            /// How many values it takes, the one it is called on included.
            #[must_use]
            pub const fn arity(self) -> usize {
                match self {
                    $(Self::$variant => $arity,)*
                }
            }

            /// A call of it.
            #[must_use]
            pub const fn example(self) -> &'static str {
                match self {
                    $(Self::$variant => $example,)*
                }
            }

            /// What it gives, in one sentence.
            #[must_use]
            pub const fn meaning(self) -> &'static str {
                match self {
                    $(Self::$variant => $meaning,)*
                }
            }
        }
    };
}

functions! {
    Size = "size", 1, "size(identity.scopes)",
        "How many characters, elements or entries there are.";
    Lower = "lower", 1, "lower(params.org)",
        "In small letters.";
    Upper = "upper", 1, "upper(params.code)",
        "In capitals.";
    Trim = "trim", 1, "trim(params.name)",
        "Without blanks at either end.";
    Split = "split", 2, "split(params.ids, \",\")",
        "The pieces between the separators.";
    StartsWith = "startsWith", 2, "request.path.startsWith(\"/api/\")",
        "Whether a text begins with another one.";
    EndsWith = "endsWith", 2, "request.path.endsWith(\".json\")",
        "Whether a text ends with another one.";
    Contains = "contains", 2, "request.path.contains(\"/draft/\")",
        "Whether a text holds another one.";
    Matches = "matches", 2, "params.id.matches(\"^[0-9]+$\")",
        "Whether a regular expression finds something in a text.";
    InNetwork = "in_network", 2, "in_network(request.ip, \"10.0.0.0/8\")",
        "Whether an address lies in a network.";
    Hour = "hour", 2, "hour(now, \"+02:00\")",
        "The hour of a moment, 0 to 23.";
    Minute = "minute", 2, "minute(now, \"UTC\")",
        "The minute of a moment, 0 to 59.";
    Weekday = "weekday", 2, "weekday(now, \"UTC\") == \"monday\"",
        "The day of the week of a moment, `monday` to `sunday`.";
    Seconds = "seconds", 1, "seconds(30)",
        "So many seconds.";
    Minutes = "minutes", 1, "minutes(10)",
        "So many minutes, in seconds.";
    Hours = "hours", 1, "hours(12)",
        "So many hours, in seconds.";
    Days = "days", 1, "days(7)",
        "So many days, in seconds.";
    Int = "int", 1, "int(params.page)",
        "A whole number: of a text that stands for one, or of a number, towards zero.";
    Double = "double", 1, "double(request.query.price)",
        "A number, of a text that stands for one.";
    String = "string", 1, "string(resource.number)",
        "A text, of a number or of `true` and `false`.";
}

impl Function {
    /// The function with this name.
    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|function| function.name() == name)
    }
}

impl fmt::Display for Function {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}
