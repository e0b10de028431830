//! Path templates in YAML's brackets: `paths: [/billing/{**}]`.
//!
//! Between brackets YAML takes `{` for the beginning of a map, so a template has to stand in quotes
//! there. People do not expect that, and what they mean is beyond doubt: nothing else in a policy
//! begins with a slash there. Where a text is no YAML as it stands, it is read once more with the
//! braces of such templates hidden, byte for byte, so that all places stay where they are.

use super::{
    document::{Node, Value},
    source::Source,
};
use regex::Regex;
use std::sync::LazyLock;

/// A template with a brace in it, behind `[` or `,`. It ends where YAML would end it, or before.
static TEMPLATE: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r##"[\[,][ \t]*(/[^\s,\[\]'"#]*\{[^\s,\[\]'"#]*)"##).ok());

/// What stands for braces while they are hidden. No template holds these.
const HIDDEN: [(char, char); 2] = [('{', '<'), ('}', '>')];

/// The text with the braces of templates between brackets hidden; `None` where there are none.
pub(super) fn hidden(text: &str) -> Option<String> {
    let templates = TEMPLATE.as_ref()?;
    let mut changed = String::with_capacity(text.len());
    let mut copied = 0;
    for template in templates.captures_iter(text).filter_map(|captures| captures.get(1)) {
        changed.push_str(text.get(copied..template.start())?);
        let hide = |letter| HIDDEN.iter().find(|(brace, _)| *brace == letter);
        changed.extend(
            template.as_str().chars().map(|letter| hide(letter).map_or(letter, |(_, sign)| *sign)),
        );
        copied = template.end();
    }
    changed.push_str(text.get(copied..)?);
    (copied > 0).then_some(changed)
}

/// Puts the braces back. `None` where something else than a template was changed.
pub(super) fn restored(mut node: Node, source: &Source, hidden: &str) -> Option<Node> {
    restore(&mut node, source.text(), hidden)?;
    Some(node)
}

fn restore(node: &mut Node, text: &str, hidden: &str) -> Option<()> {
    match &mut node.value {
        Value::Text(value) => {
            let range = node.place.range();
            let (written, read) = (text.get(range.clone())?, hidden.get(range)?);
            if written != read {
                if read.trim() != &**value {
                    return None;
                }
                *value = written.trim().into();
            }
            Some(())
        }
        Value::List(nodes) => nodes.iter_mut().try_for_each(|node| restore(node, text, hidden)),
        Value::Map(entries) => entries.iter_mut().try_for_each(|entry| {
            let range = entry.place.range();
            let same = text.get(range.clone())? == hidden.get(range)?;
            same.then(|| restore(&mut entry.value, text, hidden))?
        }),
        Value::Nothing | Value::Number(_) | Value::Other(_) => Some(()),
    }
}

#[cfg(test)]
mod tests {
    use super::hidden;
    use crate::policy::{
        Source,
        document::{Node, Value},
    };

    fn texts(text: &str) -> Option<Vec<String>> {
        let node = Node::parse(&Source::new("policy.yaml", text)).ok()?;
        let mut found = Vec::new();
        collect(&node, &mut found);
        Some(found)
    }

    fn collect(node: &Node, found: &mut Vec<String>) {
        match &node.value {
            Value::Text(text) => found.push(text.to_string()),
            Value::List(nodes) => nodes.iter().for_each(|node| collect(node, found)),
            Value::Map(entries) => entries.iter().for_each(|entry| collect(&entry.value, found)),
            Value::Nothing | Value::Number(_) | Value::Other(_) => {}
        }
    }

    #[test]
    fn templates_between_brackets_need_no_quotes() {
        for (text, found) in [
            ("paths: [/billing/{**}]", vec!["/billing/{**}"]),
            ("paths: [ /a/{b}/c , /{**} ]", vec!["/a/{b}/c", "/{**}"]),
            ("a: { paths: [/a/{b}], methods: [GET] }", vec!["/a/{b}", "GET"]),
            (
                "paths: [/a/{b}, '/c/{d}', \"/e/{f}\"] # [/g/{h}]",
                vec!["/a/{b}", "/c/{d}", "/e/{f}"],
            ),
            ("x: a < b\npaths: [/a/{b}]", vec!["a < b", "/a/{b}"]),
        ] {
            assert_eq!(
                texts(text),
                Some(found.iter().map(ToString::to_string).collect()),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_yaml_as_it_stands_is_read_as_it_stands() {
        for text in ["a: '[/b/{c}]'", "a: \"x, /b/{c}\"", "a: see [/b/c]", "a: x # [/b/{c}"] {
            assert_eq!(texts(text).unwrap().len(), 1, "{text}");
        }
        assert_eq!(texts("a: '[/b/{c}]'").unwrap(), ["[/b/{c}]"]);
    }

    #[test]
    fn what_is_no_yaml_otherwise_stays_none() {
        for text in ["paths: [/a/{b}", "a: [/b/{c}]\nd: '", "paths: [/a/{b}, {]", "a: [/b/{c}: d]"]
        {
            assert_eq!(texts(text), None, "{text}");
        }
    }

    #[test]
    fn hiding_moves_nothing() {
        let text = "paths: [/a/{b}, /c/{**}]";
        assert_eq!(hidden(text).unwrap(), "paths: [/a/<b>, /c/<**>]");
        assert_eq!(hidden("paths: [/a/b]"), None);
    }
}
