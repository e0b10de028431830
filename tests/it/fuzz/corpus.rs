//! Where inputs begin, and how they are changed.

use crate::support::toolchain::repository;
use std::fs;

/// The most changes made to one input.
const MOST_CHANGES: u8 = 6;

/// The files that a target begins with.
pub(super) struct Corpus {
    files: Vec<Vec<u8>>,
    /// Words that matter to whoever reads the input.
    words: &'static [&'static str],
}

impl Corpus {
    /// Reads the files in `corpus/<name>`, in the order of their names.
    pub(super) fn of(name: &str, words: &'static [&'static str]) -> Self {
        let folder = repository().join("tests/it/fuzz/corpus").join(name);
        let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{name}: {error}"));
        let mut paths: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
        paths.sort();
        let read = |path| fs::read(path).expect("a file of the corpus");
        let files: Vec<Vec<u8>> = paths.into_iter().map(read).collect();
        assert!(!files.is_empty(), "no files in {}", folder.display());
        Self { files, words }
    }

    /// The same with `{name}` replaced in every file.
    pub(super) fn with(mut self, name: &str, text: &str) -> Self {
        let name = format!("{{{name}}}");
        for file in &mut self.files {
            if let Ok(read) = std::str::from_utf8(file) {
                *file = read.replace(&name, text).into_bytes();
            }
        }
        self
    }

    /// The same with one more input.
    pub(super) fn and(mut self, input: Vec<u8>) -> Self {
        self.files.push(input);
        self
    }

    /// Every input as it is, a newline at the end aside.
    pub(super) fn files(&self) -> impl Iterator<Item = &[u8]> {
        self.files.iter().map(|file| file.strip_suffix(b"\n").unwrap_or(file))
    }

    /// What becomes of one of them when it is changed as `how` says; or `how` itself, behind a zero.
    pub(super) fn changed(&self, how: &[u8]) -> Vec<u8> {
        if let [0, rest @ ..] = how {
            return rest.to_vec();
        }
        let mut how = Bytes(how);
        let mut input = self.one_of(&mut how).to_vec();
        for _ in 0..=how.below(usize::from(MOST_CHANGES)) {
            self.change(&mut input, &mut how);
        }
        input
    }

    fn one_of(&self, how: &mut Bytes<'_>) -> &[u8] {
        let file = &self.files[how.below(self.files.len())];
        file.strip_suffix(b"\n").unwrap_or(file)
    }

    fn change(&self, input: &mut Vec<u8>, how: &mut Bytes<'_>) {
        let kind = how.byte() % 8;
        let at = how.below(input.len() + 1);
        let end = at + how.below((input.len() - at).min(32) + 1);
        match kind {
            // Another byte, or one bit of it.
            0 => input[at..].iter_mut().take(1).for_each(|byte| *byte = how.byte()),
            1 => input[at..].iter_mut().take(1).for_each(|byte| *byte ^= 1 << (how.byte() % 8)),
            2 => input.insert(at, how.byte()),
            3 => drop(input.drain(at..end)),
            4 => {
                let again = input[at..end].to_vec();
                drop(input.splice(at..at, again));
            }
            5 | 6 if !self.words.is_empty() => {
                let word = self.words[how.below(self.words.len())];
                let end = if kind == 5 { at } else { end };
                drop(input.splice(at..end, word.bytes()));
            }
            // A part of another file.
            _ => {
                let other = self.one_of(how);
                let from = how.below(other.len() + 1);
                let to = from + how.below((other.len() - from).min(64) + 1);
                drop(input.splice(at..end, other[from..to].iter().copied()));
            }
        }
    }
}

/// Bytes that choices are made by; zeros once they have run out.
pub(super) struct Bytes<'b>(pub(super) &'b [u8]);

impl Bytes<'_> {
    pub(super) fn byte(&mut self) -> u8 {
        let (first, rest) = self.0.split_first().unwrap_or((&0, &[]));
        self.0 = rest;
        *first
    }

    /// A number below `bound`, 0 where there is none.
    pub(super) fn below(&mut self, bound: usize) -> usize {
        let number = usize::from(self.byte());
        let number = if bound > 256 { number << 8 | usize::from(self.byte()) } else { number };
        if bound == 0 { 0 } else { number % bound }
    }
}

#[test]
fn what_is_changed_depends_on_the_bytes_alone() {
    let corpus = Corpus::of("path", &["%2e"]);
    let how = [3, 4, 5, 9, 1, 200, 3, 7, 7, 2, 9, 90];
    assert_eq!(corpus.changed(&how), corpus.changed(&how));
    assert_eq!(corpus.changed(b"\0as it is"), b"as it is");
    let changed = (1..=u8::MAX).map(|byte| corpus.changed(&[1, 3, byte, byte, 2, byte, 1, byte]));
    let changed: std::collections::BTreeSet<_> = changed.collect();
    assert!(changed.len() > 20, "{}", changed.len());
}
