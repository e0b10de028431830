//! The file as a tree in which every key and value knows its place.
//!
//! The tree is generic on purpose: what the keys mean is read from it by [`super::compile`], which can
//! then report everything that is wrong at once, where deriving the shape of the file would stop at
//! the first error.

use super::{
    diagnostic::{PolicyError, PolicyErrors},
    flow_paths,
    problem::Problem,
    source::{File, Place, Source},
    wording::Kind,
};
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, SeqAccess, Visitor},
};
use serde_saphyr::{
    DuplicateKeyPolicy, Error, MergeKeyPolicy, Options, Spanned, UserMessageFormatter,
};
use std::fmt;

/// A value and its place.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) value: Value,
    pub(super) place: Place,
}

/// What a value is.
#[derive(Debug)]
pub(super) enum Value {
    Nothing,
    Text(Box<str>),
    Number(u64),
    /// `true`, `1.5`, `-1`: nothing that a rule holds.
    Other(Scalar),
    List(Vec<Node>),
    Map(Vec<Entry>),
}

/// A value that only the cases of a policy hold, in what they say of tokens and resources.
#[derive(Clone, Copy, Debug)]
pub(super) enum Scalar {
    Boolean(bool),
    Negative(i64),
    Fraction(f64),
}

/// One entry of a map.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) key: Box<str>,
    pub(super) place: Place,
    pub(super) value: Node,
}

impl Node {
    /// Reads a text that stands alone.
    pub(super) fn read(source: &Source) -> Result<Self, PolicyErrors> {
        Self::parse(source).map_err(|error| PolicyErrors::new(source, vec![*error]))
    }

    /// Reads a text.
    pub(super) fn parse(source: &Source) -> Result<Self, Box<PolicyError>> {
        if source.text().len() > Source::MAX_BYTES {
            return Err(PolicyError::new(Place::START, Problem::TooLarge).into());
        }
        serde_saphyr::from_str_with_options(source.text(), options()).or_else(|error| {
            let hidden = flow_paths::hidden(source.text());
            let node = hidden
                .as_ref()
                .and_then(|hidden| serde_saphyr::from_str_with_options(hidden, options()).ok());
            node.zip(hidden)
                .and_then(|(node, hidden)| flow_paths::restored(node, source, &hidden))
                .ok_or_else(|| yaml_error(source, &error).into())
        })
    }

    /// Says which of several texts this has been read from.
    pub(super) fn move_to(&mut self, file: File) {
        self.place = self.place.in_file(file);
        match &mut self.value {
            Value::List(nodes) => nodes.iter_mut().for_each(|node| node.move_to(file)),
            Value::Map(entries) => {
                for entry in entries {
                    entry.place = entry.place.in_file(file);
                    entry.value.move_to(file);
                }
            }
            Value::Nothing | Value::Text(_) | Value::Number(_) | Value::Other(_) => {}
        }
    }

    /// What the value is, for messages.
    pub(super) fn kind(&self) -> Kind {
        match &self.value {
            Value::Nothing => Kind::Nothing,
            Value::Text(_) => Kind::Text,
            Value::Number(_) => Kind::Number,
            Value::Other(_) => Kind::Other,
            Value::List(_) => Kind::List,
            Value::Map(_) => Kind::Map,
        }
    }
}

fn options() -> Options {
    serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_events: 4_000_000,
            max_nodes: 2_000_000,
            max_depth: 48,
            // One requirement may well stand under thousands of routes.
            enforce_alias_anchor_ratio: false,
        },
        alias_limits: serde_saphyr::alias_limits! { max_total_replayed_events: 400_000 },
        // Both entries are wanted, to show both places.
        duplicate_keys: DuplicateKeyPolicy::PassThrough,
        merge_keys: MergeKeyPolicy::Error,
        strict_booleans: true,
        with_snippet: false,
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the parser's errors are not ours to list")]
fn yaml_error(source: &Source, error: &Error) -> PolicyError {
    let place = error.location().map_or(Place::START, |location| source.place(location));
    let mut inner = error.without_snippet();
    while let Error::AliasError { error, .. } = inner {
        inner = error;
    }
    let problem = match inner {
        Error::MergeKeyNotAllowed { .. } => Problem::MergeKey,
        Error::MultipleDocuments { .. } => Problem::SeveralDocuments,
        Error::UnknownAnchor { .. } => Problem::UnknownAnchor,
        Error::Budget { .. }
        | Error::AliasReplayLimitExceeded { .. }
        | Error::AliasReplayStackDepthExceeded { .. } => Problem::TooComplex,
        // Text is only ever asked for where a key stands.
        Error::Unexpected { .. } | Error::NullIntoString { .. } => Problem::KeyNotText,
        Error::ExternalMessage { msg, .. } => Problem::yaml(msg),
        other => Problem::yaml(&other.render_with_formatter(&UserMessageFormatter)),
    };
    PolicyError::new(place, problem)
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Spanned { value, defined, .. } = Spanned::<Value>::deserialize(deserializer)?;
        Ok(Self { value, place: Place::of(defined) })
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValueVisitor)
    }
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Nothing)
    }

    fn visit_bool<E>(self, boolean: bool) -> Result<Value, E> {
        Ok(Value::Other(Scalar::Boolean(boolean)))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        let negative = Value::Other(Scalar::Negative(number));
        Ok(u64::try_from(number).map_or(negative, Value::Number))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(Value::Number(number))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        Ok(Value::Other(Scalar::Fraction(number)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::Text(text.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(node) = elements.next_element()? {
            list.push(node);
        }
        Ok(Value::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut map = Vec::new();
        while let Some((key, value)) = entries.next_entry::<Spanned<Box<str>>, Node>()? {
            map.push(Entry { place: Place::of(key.defined), key: key.value, value });
        }
        Ok(Value::Map(map))
    }
}
