//! A decision as JSON.
//!
//! It is written for every request there is, so that names and code words are copied as they stand, and
//! only what others chose is searched for what JSON cannot hold.

#[cfg(test)]
mod tests;

use super::line::DecisionLine;
use serde::Serialize;

/// The name of a member behind another one.
macro_rules! name {
    ($name:literal) => {
        concat!(",\"", $name, "\":")
    };
}

/// Adds `line` to `bytes`, without an end of line.
///
/// # Errors
/// None: whatever a line holds can be written as JSON.
pub(super) fn write(line: &DecisionLine<'_>, bytes: &mut Vec<u8>) -> serde_json::Result<()> {
    let DecisionLine {
        timestamp,
        level,
        message,
        door,
        effect,
        reason,
        rule,
        revision,
        asker,
        method,
        host,
        instance,
        user,
        credential,
        subject,
        credential_id,
        session,
        organization,
        microseconds,
        at_ms,
        scheme,
        path,
        preflight,
        action,
        also_action,
        also_require,
        identity,
        trace_id,
        span_id,
        target,
    } = line;
    let mut members = Members(bytes);
    members.0.extend_from_slice(b"{\"timestamp\":\"");
    members.0.extend_from_slice(&timestamp.text());
    members.0.push(b'"');
    members.word(name!("level"), level);
    members.word(name!("message"), message);
    members.word(name!("door"), door);
    members.word(name!("effect"), effect);
    members.word(name!("reason"), reason);
    members.text(name!("rule"), *rule)?;
    members.text(name!("revision"), Some(revision))?;
    members.word(name!("asker"), asker);
    members.text(name!("method"), *method)?;
    members.text(name!("host"), *host)?;
    members.text(name!("instance"), *instance)?;
    members.text(name!("user"), *user)?;
    if let Some(credential) = credential {
        members.word(name!("credential"), credential);
    }
    members.text(name!("subject"), *subject)?;
    members.text(name!("credential_id"), *credential_id)?;
    members.text(name!("session"), *session)?;
    members.text(name!("organization"), *organization)?;
    members.value(name!("microseconds"), microseconds)?;
    if let Some(at_ms) = at_ms {
        members.value(name!("at_ms"), at_ms)?;
    }
    if let Some(scheme) = scheme {
        members.word(name!("scheme"), scheme);
    }
    members.text(name!("path"), path.as_deref())?;
    if let Some(preflight) = preflight {
        members.value(name!("preflight"), preflight)?;
    }
    members.text(name!("action"), *action)?;
    members.text(name!("also_action"), *also_action)?;
    members.text(name!("also_require"), *also_require)?;
    members.text(name!("identity"), identity.as_deref())?;
    members.text(name!("trace_id"), trace_id.as_deref())?;
    members.text(name!("span_id"), span_id.as_deref())?;
    members.word(name!("target"), target);
    members.0.push(b'}');
    Ok(())
}

struct Members<'b>(&'b mut Vec<u8>);

impl Members<'_> {
    /// One of our own words, which have nothing to escape.
    fn word(&mut self, name: &'static str, word: &'static str) {
        debug_assert!(
            word.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b':')),
            "{word} is no word"
        );
        self.0.extend_from_slice(name.as_bytes());
        self.0.push(b'"');
        self.0.extend_from_slice(word.as_bytes());
        self.0.push(b'"');
    }

    /// What somebody else chose, where there is any.
    fn text(&mut self, name: &'static str, text: Option<&str>) -> serde_json::Result<()> {
        text.map_or(Ok(()), |text| self.value(name, text))
    }

    fn value<V: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &V,
    ) -> serde_json::Result<()> {
        self.0.extend_from_slice(name.as_bytes());
        serde_json::to_writer(&mut *self.0, value)
    }
}
