//! The functions that conditions know. Each can be written before or behind its first value:
//! `lower(text)` or `text.lower()`.

use std::fmt;

macro_rules! functions {
    ($($(#[$meaning:meta])* $variant:ident = $name:literal, $arity:literal, $example:literal;)*) => {
        /// One of the functions.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Function {
            $($(#[$meaning])* $variant,)*
        }

        impl Function {
            const ALL: &'static [Self] = &[$(Self::$variant,)*];

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
        }
    };
}

functions! {
    /// How many characters, elements or entries there are.
    Size = "size", 1, "size(identity.scopes)";
    /// In small letters.
    Lower = "lower", 1, "lower(params.org)";
    /// In capitals.
    Upper = "upper", 1, "upper(params.code)";
    /// Without blanks at either end.
    Trim = "trim", 1, "trim(params.name)";
    /// The pieces between the separators.
    Split = "split", 2, "split(params.ids, \",\")";
    /// Whether a text begins with another one.
    StartsWith = "startsWith", 2, "request.path.startsWith(\"/api/\")";
    /// Whether a text ends with another one.
    EndsWith = "endsWith", 2, "request.path.endsWith(\".json\")";
    /// Whether a text holds another one.
    Contains = "contains", 2, "request.path.contains(\"/draft/\")";
    /// Whether a regular expression finds something in a text.
    Matches = "matches", 2, "params.id.matches(\"^[0-9]+$\")";
    /// Whether an address lies in a network.
    InNetwork = "in_network", 2, "in_network(request.ip, \"10.0.0.0/8\")";
    /// The hour of a moment, 0 to 23.
    Hour = "hour", 2, "hour(now, \"+02:00\")";
    /// The minute of a moment, 0 to 59.
    Minute = "minute", 2, "minute(now, \"UTC\")";
    /// The day of the week of a moment, `monday` to `sunday`.
    Weekday = "weekday", 2, "weekday(now, \"UTC\") == \"monday\"";
    /// So many seconds.
    Seconds = "seconds", 1, "seconds(30)";
    /// So many minutes, in seconds.
    Minutes = "minutes", 1, "minutes(10)";
    /// So many hours, in seconds.
    Hours = "hours", 1, "hours(12)";
    /// So many days, in seconds.
    Days = "days", 1, "days(7)";
    /// A whole number: of a text that stands for one, or of a number, towards zero.
    Int = "int", 1, "int(params.page)";
    /// A number, of a text that stands for one.
    Double = "double", 1, "double(request.query.price)";
    /// A text, of a number or of `true` and `false`.
    String = "string", 1, "string(resource.number)";
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
