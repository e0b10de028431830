//! The keys of one kind of map, welded to those that the compiler knows.

use serde_json::{Map, Value, json};

/// One key: what it is called, what it means (Markdown), and what it takes.
///
/// `C` is what the shape depends on beside the key.
#[derive(Clone, Copy)]
pub(super) struct Key<C: 'static = ()> {
    name: &'static str,
    meaning: &'static str,
    shape: fn(C) -> Value,
}

pub(super) const fn key<C>(
    name: &'static str,
    meaning: &'static str,
    shape: fn(C) -> Value,
) -> Key<C> {
    Key { name, meaning, shape }
}

/// Every key of a map.
#[derive(Clone, Copy)]
pub(super) struct Keys<C: 'static = ()>(&'static [Key<C>]);

impl<C: Copy> Keys<C> {
    /// Describes the keys that the compiler knows, in its order. Used for constants, so that a
    /// difference between the two does not compile.
    pub(super) const fn of(known: &[&str], described: &'static [Key<C>]) -> Self {
        assert!(known.len() == described.len(), "the compiler knows other keys");
        let mut at = 0;
        while at < known.len() {
            assert!(same(known[at], described[at].name), "the compiler knows other keys");
            at += 1;
        }
        Self(described)
    }

    /// Each key with its shape and its meaning.
    pub(super) fn properties(self, context: C) -> Map<String, Value> {
        let property = |key: &Key<C>| {
            let mut shape = (key.shape)(context);
            if let Value::Object(shape) = &mut shape {
                shape.insert("description".to_owned(), key.meaning.into());
            }
            (key.name.to_owned(), shape)
        };
        self.0.iter().map(property).collect()
    }

    /// A map with any of these keys and no other.
    pub(super) fn object(self, context: C) -> Value {
        json!({
            "type": "object",
            "properties": self.properties(context),
            "additionalProperties": false,
        })
    }

    /// A map with at least one of these keys and no other.
    pub(super) fn some_of(self, context: C) -> Value {
        let mut object = self.object(context);
        if let Value::Object(object) = &mut object {
            object.insert("minProperties".to_owned(), 1.into());
        }
        object
    }
}

const fn same(left: &str, right: &str) -> bool {
    let (left, right) = (left.as_bytes(), right.as_bytes());
    if left.len() != right.len() {
        return false;
    }
    let mut at = 0;
    while at < left.len() {
        if left[at] != right[at] {
            return false;
        }
        at += 1;
    }
    true
}
