//! Maps, and what is found in them.

use super::{error::ConditionFault, value::Value};
use crate::core::{
    header::{Headers, Single},
    question::{JsonObject, Resource},
};
use std::borrow::Cow;
use url::form_urlencoded;

/// A map.
#[derive(Clone, Copy, Debug)]
pub(super) enum Map<'e> {
    /// One without entries.
    Empty,
    Json(&'e JsonObject),
    /// The headers of a request by their names in lower case.
    Headers(&'e Headers<'e>),
    /// The parameters of a query, which is given as it was received.
    Query(&'e str),
    /// A resource: its type, its id, and its attributes beside them.
    Resource(&'e Resource<'e>),
}

impl<'e> Map<'e> {
    /// What stands under a key, if anything does.
    ///
    /// # Errors
    /// [`ConditionFault::Ambiguous`] where services differ in what they find there.
    pub(super) fn get(self, key: &str) -> Result<Option<Value<'e>>, ConditionFault> {
        match self {
            Self::Empty => Ok(None),
            Self::Json(object) => object.get(key).map(Value::from_json).transpose(),
            Self::Headers(headers) => match headers.single(key) {
                Single::Absent => Ok(None),
                Single::Value(text) => Ok(Some(Value::text(text))),
                Single::Ambiguous => Err(ConditionFault::Ambiguous),
            },
            Self::Query(query) => {
                let mut values = parameters(query)?.filter(|(name, _)| *name == *key);
                match (values.next(), values.next()) {
                    (None, _) => Ok(None),
                    (Some((_, value)), None) if !value.contains(char::REPLACEMENT_CHARACTER) => {
                        Ok(Some(Value::Text(value)))
                    }
                    (Some(_), _) => Err(ConditionFault::Ambiguous),
                }
            }
            Self::Resource(resource) => match key {
                "type" => Ok(said(resource.kind)),
                "id" => Ok(said(resource.id)),
                _ => Self::Json(&resource.attributes).get(key),
            },
        }
    }

    /// Whether there is anything under a key.
    ///
    /// # Errors
    /// As for [`Self::get`], but that there may be several of it.
    pub(super) fn has(self, key: &str) -> Result<bool, ConditionFault> {
        match self {
            Self::Empty => Ok(false),
            Self::Json(object) => Ok(object.contains_key(key)),
            Self::Headers(headers) => Ok(headers.all(key).next().is_some()),
            Self::Query(query) => Ok(parameters(query)?.any(|(name, _)| *name == *key)),
            Self::Resource(_) => self.get(key).map(|found| found.is_some()),
        }
    }

    /// How many entries there are, repeated ones included.
    pub(super) fn len(self) -> Result<usize, ConditionFault> {
        match self {
            Self::Empty => Ok(0),
            Self::Json(object) => Ok(object.len()),
            Self::Headers(headers) => Ok(headers.iter().count()),
            Self::Query(query) => Ok(parameters(query)?.count()),
            Self::Resource(resource) => {
                let of_its_own = ["type", "id"].into_iter();
                let said =
                    [resource.kind, resource.id].iter().filter(|text| !text.is_empty()).count();
                let shadowed =
                    of_its_own.filter(|key| resource.attributes.contains_key(*key)).count();
                Ok(resource.attributes.len() - shadowed + said)
            }
        }
    }
}

/// What the asking service said; the empty text is what it left out.
fn said(text: &str) -> Option<Value<'_>> {
    if text.is_empty() { None } else { Some(Value::text(text)) }
}

/// The parameters of a query, decoded. Some servers take `;` for a separator, so that nobody can say
/// which parameters a query with one has.
fn parameters(
    query: &str,
) -> Result<impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)>, ConditionFault> {
    if query.contains(';') {
        return Err(ConditionFault::Ambiguous);
    }
    Ok(form_urlencoded::parse(query.as_bytes()))
}
