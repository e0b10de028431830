//! Making a value fit to stand in a text of some kind.

use crate::core::presentation::ContentType;

/// Appends a value to a text of this kind. Control characters are left out: no text needs them, and
/// what shows a text may obey them.
pub(super) fn push(text: &mut String, value: &str, content_type: ContentType) {
    let visible = value.chars().filter(|character| !character.is_control());
    match content_type {
        ContentType::Plain => text.extend(visible),
        ContentType::Html => push_html(text, visible),
        ContentType::Json | ContentType::Problem => visible.for_each(|character| match character {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            other => text.push(other),
        }),
    }
}

/// Appends text of a page, or of an attribute in quotes.
pub(super) fn push_html(page: &mut String, text: impl Iterator<Item = char>) {
    for character in text {
        match character {
            '&' => page.push_str("&amp;"),
            '<' => page.push_str("&lt;"),
            '>' => page.push_str("&gt;"),
            '"' => page.push_str("&quot;"),
            '\'' => page.push_str("&#39;"),
            other => page.push(other),
        }
    }
}
