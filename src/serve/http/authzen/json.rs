//! JSON with one reading: parsers differ in which of two equal keys they take, so there must be none.

use serde::de::{Deserialize, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use std::fmt;

/// Reads a message. The problem is said in words, with its place.
pub(super) fn parse(bytes: &[u8]) -> Result<Value, String> {
    let mut source = serde_json::Deserializer::from_slice(bytes);
    let value = Unique.deserialize(&mut source).and_then(|value| source.end().map(|()| value));
    value.map_err(|error| format!("the message cannot be read: {error}"))
}

/// A value in which no object has a key twice.
struct Unique;

impl<'de> DeserializeSeed<'de> for Unique {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, source: D) -> Result<Value, D::Error> {
        source.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Unique {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("not a finite number"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = list.next_element_seed(Self)? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Value, A::Error> {
        let mut values = Map::new();
        while let Some(Key(key)) = object.next_key()? {
            let value = object.next_value_seed(Self)?;
            if values.insert(key, value).is_some() {
                return Err(serde::de::Error::custom("a key stands in an object twice"));
            }
        }
        Ok(Value::Object(values))
    }
}

struct Key(String);

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
        String::deserialize(source).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::parse;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    #[test]
    fn a_key_that_stands_twice_is_refused_wherever_it_is() {
        for text in
            [r#"{"a":1,"a":1}"#, r#"{"a":{"b":1,"c":2,"b":3}}"#, r#"[{"a":[{"b":1,"\u0062":2}]}]"#]
        {
            assert!(parse(text.as_bytes()).unwrap_err().contains("twice"), "{text}");
        }
        let text = br#" {"a":{"b":1},"b":[null,true,-2,1.5,"x",{"b":2}]} "#;
        let value = json!({"a": {"b": 1}, "b": [null, true, -2, 1.5, "x", {"b": 2}]});
        assert_eq!(parse(text), Ok(value));
    }

    #[test]
    fn what_is_no_json_is_refused_with_its_place() {
        for text in ["", "{", "{} {}", "{'a':1}", "nope", "\u{0}", "{\"a\":1e999}"] {
            assert!(parse(text.as_bytes()).is_err(), "{text:?}");
        }
        assert!(parse(&b"[".repeat(100_000)).unwrap_err().contains("recursion"));
        assert!(parse(b"{\"a\":}").unwrap_err().contains("line 1 column"));
        assert!(parse(b"\"\xff\"").is_err());
    }

    proptest! {
        #[test]
        fn it_reads_what_others_read(text in "[\\[\\]{}\",:0-9a-e.\\- \\\\]{0,24}") {
            if let Ok(ours) = parse(text.as_bytes()) {
                let theirs: Value = serde_json::from_str(&text).unwrap();
                prop_assert_eq!(ours, theirs);
            }
        }
    }
}
