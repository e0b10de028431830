//! Several texts, one policy.
//!
//! They are put together as trees before anything is compiled, so a policy comes out the same however
//! its entries are spread, and what contradicts is found where it would be found in one text.

use super::{
    super::{
        document::{Entry, Node, Value},
        problem::Problem,
        source::{File, Place, Source, Sources},
        wording::{Excerpt, Expected},
    },
    Compiler,
};
use std::collections::HashSet;

/// Keys whose entries may be spread over files. Every other key stands in one file.
const UNITED: [(&str, &str); 5] = [
    ("routes", "`routes`"),
    ("hosts", "`hosts`"),
    ("guards", "`guards`"),
    ("actions", "`actions`"),
    ("lints", "`lints`"),
];

impl Compiler {
    /// The tree of one text, or the trees of several put together. What cannot be read is reported,
    /// and the rest is looked at all the same.
    pub(super) fn document(&mut self, sources: &Sources) -> Option<Node> {
        let sources = sources.as_slice();
        let mut bytes = 0;
        let mut trees = Vec::with_capacity(sources.len());
        for (number, source) in sources.iter().enumerate() {
            let file = File::number(number);
            bytes += source.text().len();
            if number > 0 && bytes > Source::MAX_BYTES {
                return self.refuse(Place::START.in_file(file), Problem::TooLarge);
            }
            match Node::parse(source) {
                Ok(mut tree) => {
                    if number > 0 {
                        tree.move_to(file);
                    }
                    trees.push(tree);
                }
                Err(error) => self.errors.push(error.in_file(file)),
            }
        }
        if sources.len() == 1 { trees.pop() } else { self.merge(trees) }
    }

    fn merge(&mut self, trees: Vec<Node>) -> Option<Node> {
        let mut merged: Vec<Entry> = Vec::new();
        let mut version = None;
        for tree in trees {
            version = self.version_of(&tree).or(version);
            let Value::Map(entries) = tree.value else { continue };
            let mut in_this_file: HashSet<Box<str>> = HashSet::new();
            for entry in entries {
                // The same key twice in one text has been reported.
                if in_this_file.insert(entry.key.clone()) && *entry.key != *"version" {
                    self.add(&mut merged, entry);
                }
            }
        }
        // Each text has been asked for its version; the whole has the one that exists.
        let place = version?;
        let value = Node { value: Value::Number(1), place };
        merged.push(Entry { key: "version".into(), place, value });
        Some(Node { value: Value::Map(merged), place: Place::START })
    }

    /// Where a text says its version; its beginning where it says none, which is reported, as is a
    /// text that is no policy at all.
    fn version_of(&mut self, tree: &Node) -> Option<Place> {
        let entries = self.map(tree, "a policy")?;
        if let Some(entry) = entries.iter().find(|entry| *entry.key == *"version") {
            self.version(&entry.value);
            return Some(entry.place);
        }
        let missing = Problem::MissingKey { inside: "a policy", key: "version" };
        self.report(tree.place, missing);
        Some(tree.place)
    }

    fn add(&mut self, merged: &mut Vec<Entry>, entry: Entry) {
        let Some(first) = merged.iter_mut().find(|first| first.key == entry.key) else {
            merged.push(entry);
            return;
        };
        if let Some((_, what)) = UNITED.iter().find(|(key, _)| **key == *entry.key) {
            self.unite(&mut first.value, entry.value, what);
        } else if *entry.key != *"tests" {
            let problem = Problem::SeveralFiles(Excerpt::of(&entry.key));
            self.report_both(entry.place, first.place, problem);
        }
    }

    /// Adds the entries of one map to another's; whether any stands in both is found later, as if
    /// they stood in one text.
    fn unite(&mut self, first: &mut Node, more: Node, what: &'static str) {
        match (&mut first.value, more.value) {
            (Value::Map(entries), Value::Map(more)) => entries.extend(more),
            (_, value @ Value::Map(_)) => {
                self.wrong_kind::<()>(first, what, Expected::Map);
                *first = Node { value, place: more.place };
            }
            (_, value) => {
                let more = Node { value, place: more.place };
                self.wrong_kind::<()>(&more, what, Expected::Map);
            }
        }
    }
}
