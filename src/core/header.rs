//! Request headers as a door received them.

/// One header line. The name is lower-case; the value may hold any byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header<'a> {
    /// Lower-case name.
    pub name: &'a str,
    /// Value, not trimmed, not decoded.
    pub value: &'a [u8],
}

/// Whether a repeated header still arrives as several lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeats {
    /// Each line is an entry of its own.
    Separate,
    /// The proxy joined equal names with a comma, cookies as well (Envoy's `headers` map).
    Joined,
}

/// The header lines of one request, in the order received.
#[derive(Clone, Debug)]
pub struct Headers<'a> {
    lines: Vec<Header<'a>>,
    repeats: Repeats,
}

/// A header that must stand alone, looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Single<'a> {
    /// No such line.
    Absent,
    /// Exactly one line, and it is text.
    Value(&'a str),
    /// Several lines, or bytes that are not UTF-8: nobody can say which value the upstream takes.
    Ambiguous,
}

impl<'a> Headers<'a> {
    /// Takes the lines as a door received them. Names must be lower-case already.
    #[must_use]
    pub const fn new(lines: Vec<Header<'a>>, repeats: Repeats) -> Self {
        Self { lines, repeats }
    }

    /// No headers at all.
    #[must_use]
    pub const fn none() -> Self {
        Self { lines: Vec::new(), repeats: Repeats::Separate }
    }

    /// Whether repeated names arrive as several lines.
    #[must_use]
    pub const fn repeats(&self) -> Repeats {
        self.repeats
    }

    /// Every line.
    pub fn iter(&self) -> impl Iterator<Item = Header<'a>> + '_ {
        self.lines.iter().copied()
    }

    /// Whether there is no line at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// The values of every line called `name`, which must be given in lower case.
    pub fn all<'s>(&'s self, name: &'s str) -> impl Iterator<Item = &'a [u8]> + 's {
        self.lines.iter().filter(move |line| line.name == name).map(|line| line.value)
    }

    /// The one value of `name`, which must be given in lower case.
    #[must_use]
    pub fn single(&self, name: &str) -> Single<'a> {
        let mut values = self.all(name);
        match (values.next(), values.next()) {
            (None, _) => Single::Absent,
            (Some(value), None) => {
                std::str::from_utf8(value).map_or(Single::Ambiguous, Single::Value)
            }
            (Some(_), Some(_)) => Single::Ambiguous,
        }
    }

    /// The text of `name` where nothing hangs on it: `None` when absent, empty or ambiguous.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&'a str> {
        match self.single(name) {
            Single::Value(text) if !text.is_empty() => Some(text),
            Single::Value(_) | Single::Absent | Single::Ambiguous => None,
        }
    }
}
