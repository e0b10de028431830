//! One decision as a line of the log. Ids and templates, never a token, a header or a claim.

#[cfg(test)]
mod tests;

use crate::core::clock::Timestamp;
use schemars::{JsonSchema, Schema, generate::SchemaSettings};
use std::borrow::Cow;
use time::OffsetDateTime;

/// What the log calls its decisions.
pub const TARGET: &str = "bailiff::decision";

/// A decision. What does not apply is left out.
#[derive(Clone, Debug, JsonSchema)]
// What serde makes of it is the measure for what `json` writes.
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(deny_unknown_fields)]
#[schemars(title = "Decision", description = "One line of Bailiff's decision log.")]
pub struct DecisionLine<'a> {
    /// When it was made, in UTC.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub timestamp: LineTime,
    /// Always `INFO`.
    #[schemars(extend("const" = "INFO"))]
    pub level: &'static str,
    /// Always `decided`.
    #[schemars(extend("const" = "decided"))]
    pub message: &'static str,
    /// The door the question came by.
    pub door: &'static str,
    /// What came of it.
    #[schemars(extend("enum" = ["allow", "deny", "redirect"]))]
    pub effect: &'static str,
    /// The reason code.
    #[schemars(extend("pattern" = "^[a-z_]+$"))]
    pub reason: &'static str,
    /// The entry of the policy that decided: its template, never the path.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub rule: Option<&'a str>,
    /// The revision of the policy.
    pub revision: &'a str,
    /// Who asked, as far as it matters for the answer.
    #[schemars(extend("enum" = ["browser", "api", "grpc"]))]
    pub asker: &'static str,
    /// The method of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub method: Option<&'a str>,
    /// The host that the request was for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub host: Option<&'a str>,
    /// The Clerk instance, by its name in the settings.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub instance: Option<&'a str>,
    /// The id of the user.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub user: Option<&'a str>,
    /// The kind of credential that proved who asks.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub credential: Option<&'static str>,
    /// The subject of a machine's credential.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub subject: Option<&'a str>,
    /// The id of a machine's credential, which is no secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub credential_id: Option<&'a str>,
    /// The id of the session.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub session: Option<&'a str>,
    /// The id of the active organization.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub organization: Option<&'a str>,
    /// How long deciding took.
    pub microseconds: u64,
    /// When it was made, in Unix milliseconds. Only where lines are replayable, as all that follows up to `identity`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "i64")]
    pub at_ms: Option<i64>,
    /// `http` or `https`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", extend("enum" = ["http", "https"]))]
    pub scheme: Option<&'static str>,
    /// The path, decoded and without its query; absent where it has more than one reading.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub path: Option<Cow<'a, str>>,
    /// Whether it is a preflight, by its headers.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "bool")]
    pub preflight: Option<bool>,
    /// The action that was asked about.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub action: Option<&'a str>,
    /// The action that the proxy's configuration names besides.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub also_action: Option<&'a str>,
    /// The requirement that the proxy's configuration adds.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub also_require: Option<&'a str>,
    /// What requirements ask about the identity: a JSON object as text.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub identity: Option<String>,
    /// The trace that the decision is part of, where it is recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", extend("pattern" = "^[0-9a-f]{32}$"))]
    pub trace_id: Option<String>,
    /// The span of the decision in that trace.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", extend("pattern" = "^[0-9a-f]{16}$"))]
    pub span_id: Option<String>,
    /// Always `bailiff::decision`.
    #[schemars(extend("const" = "bailiff::decision"))]
    pub target: &'static str,
}

impl<'a> DecisionLine<'a> {
    /// A line with what every line has.
    #[must_use]
    pub const fn new(
        at: Timestamp,
        door: &'static str,
        effect: &'static str,
        reason: &'static str,
        revision: &'a str,
        asker: &'static str,
    ) -> Self {
        Self {
            timestamp: LineTime(at),
            level: "INFO",
            message: "decided",
            door,
            effect,
            reason,
            rule: None,
            revision,
            asker,
            method: None,
            host: None,
            instance: None,
            user: None,
            credential: None,
            subject: None,
            credential_id: None,
            session: None,
            organization: None,
            microseconds: 0,
            at_ms: None,
            scheme: None,
            path: None,
            preflight: None,
            action: None,
            also_action: None,
            also_require: None,
            identity: None,
            trace_id: None,
            span_id: None,
            target: TARGET,
        }
    }

    /// The JSON Schema (draft 2020-12) of a line.
    #[must_use]
    pub fn schema() -> serde_json::Value {
        let generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
        Schema::to_value(generator.into_root_schema_for::<DecisionLine<'static>>())
    }
}

/// An instant as lines show it: `2026-11-24T03:36:36.123Z`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineTime(pub Timestamp);

impl LineTime {
    /// The text, which is ASCII.
    pub(super) fn text(self) -> [u8; 24] {
        let millis = self.0.unix_millis().rem_euclid(1000);
        let date = OffsetDateTime::from_unix_timestamp(self.0.unix_seconds());
        // Beyond the years that can be written there is nothing to tell.
        let date = date.unwrap_or(OffsetDateTime::UNIX_EPOCH);
        let mut text = *b"0000-00-00T00:00:00.000Z";
        let mut put = |at: usize, digits: usize, mut number: u32| {
            for place in (at..at + digits).rev() {
                text[place] = b'0' + u8::try_from(number % 10).unwrap_or(0);
                number /= 10;
            }
        };
        put(0, 4, u32::try_from(date.year()).unwrap_or(0));
        put(5, 2, u8::from(date.month()).into());
        put(8, 2, date.day().into());
        put(11, 2, date.hour().into());
        put(14, 2, date.minute().into());
        put(17, 2, date.second().into());
        put(20, 3, u32::try_from(millis).unwrap_or(0));
        text
    }
}
