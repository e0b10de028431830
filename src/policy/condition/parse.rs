//! From text to CEL's syntax tree.
//!
//! The parser goes down as deep as the text nests and as far as a chain of operators reaches, so it gets
//! a stack that the longest text allowed cannot exhaust, and nothing deeper than [`DEEPEST`] leaves it.
//! Its messages speak of its grammar: what a person reads is said here.

use super::{
    super::wording::Excerpt,
    DEEPEST, LONGEST,
    places::Places,
    problem::{ConditionMistake, ConditionProblem, Unsupported},
};
use cel::{
    IdedExpr, ParseError, ParseErrors,
    common::ast::{EntryExpr, Expr},
    parser::Parser,
};
use std::{ops::Range, thread};

/// The worst of the texts in `tests/hostile.rs` need 6 MiB without optimisation.
const STACK_BYTES: usize = 32 << 20;
/// How deep the parser goes into brackets. The longest text could take it five times as deep.
const DEEPEST_BRACKETS: u16 = 24;

type Problems = Vec<ConditionProblem>;

/// Parses a text and has `work` done with what comes of it, on a stack of its own.
pub(super) fn parsed<T: Send>(
    text: &str,
    work: impl FnOnce(&IdedExpr, &Places<'_>) -> Result<T, Problems> + Send,
) -> Result<T, Problems> {
    let whole = 0..text.len();
    let refused = |mistake| Err(vec![ConditionProblem::new(mistake, &whole)]);
    if text.trim().is_empty() {
        return refused(ConditionMistake::Empty);
    }
    if text.len() > LONGEST {
        return refused(ConditionMistake::TooLong);
    }
    let run = || {
        let (tree, info) = Parser::new()
            .max_recursion_depth(DEEPEST_BRACKETS)
            .parse_with_source_info(text)
            .map_err(|errors| vec![problem(text, &errors)])?;
        if is_deeper(&tree, DEEPEST) {
            return refused(ConditionMistake::TooDeep);
        }
        work(&tree, &Places::new(text, &info))
    };
    thread::scope(|scope| {
        let thread = thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, run);
        let outcome = thread.ok().and_then(|thread| thread.join().ok());
        outcome.unwrap_or_else(|| refused(ConditionMistake::Unchecked))
    })
}

/// Whether a tree has more than `levels` levels.
fn is_deeper(tree: &IdedExpr, levels: usize) -> bool {
    let Some(below) = levels.checked_sub(1) else { return true };
    let deeper = |part: &IdedExpr| is_deeper(part, below);
    match &tree.expr {
        Expr::Unspecified | Expr::Ident(_) | Expr::Literal(_) => false,
        Expr::Call(call) => {
            call.target.as_deref().is_some_and(deeper) || call.args.iter().any(deeper)
        }
        Expr::List(list) => list.elements.iter().any(deeper),
        Expr::Select(select) => deeper(&select.operand),
        Expr::Comprehension(comprehension) => {
            deeper(&comprehension.iter_range) || deeper(&comprehension.loop_step)
        }
        Expr::Map(map) => map.entries.iter().any(|entry| is_entry_deeper(&entry.expr, below)),
        Expr::Struct(message) => {
            message.entries.iter().any(|entry| is_entry_deeper(&entry.expr, below))
        }
    }
}

fn is_entry_deeper(entry: &EntryExpr, levels: usize) -> bool {
    match entry {
        EntryExpr::StructField(field) => is_deeper(&field.value, levels),
        EntryExpr::MapEntry(entry) => {
            is_deeper(&entry.key, levels) || is_deeper(&entry.value, levels)
        }
    }
}

/// The first mistake that the parser found, in our words.
fn problem(text: &str, ParseErrors { errors }: &ParseErrors) -> ConditionProblem {
    // What the parser misses after it has stumbled says less than what it stumbled over.
    let tells = |error: &&ParseError| {
        !error.msg.starts_with("Incomplete") && !error.msg.starts_with("No `")
    };
    let Some(error) = errors.iter().find(tells).or(errors.first()) else {
        return ConditionProblem::new(ConditionMistake::Unfinished, &(text.len()..text.len()));
    };
    let at = offset(text, error.pos);
    let token = token(text, at);
    let written = || Excerpt::of(&text[token.clone()]);
    let said = |part: &str| error.msg.contains(part);
    let mistake = if said("Recursion limit") || said("recovery attempt limit") {
        ConditionMistake::TooDeep
    } else if said("invalid argument to has()") {
        ConditionMistake::Has
    } else if said("argument must be a simple name") || said("iteration variable") {
        ConditionMistake::Unsupported(Unsupported::Loop)
    } else if let Some(word) = error.msg.strip_prefix("reserved identifier: ") {
        ConditionMistake::Reserved(Excerpt::of(word))
    } else if said("unsupported syntax: '`'") || text[at..].starts_with('`') {
        ConditionMistake::Unsupported(Unsupported::QuotedField)
    } else if said("unsupported syntax") {
        ConditionMistake::Unsupported(Unsupported::Optional)
    } else if said("int literal") || said("double literal") {
        ConditionMistake::NumberRange(written())
    } else if said("string literal") || said("bytes literal") || text[at..].starts_with(['"', '\''])
    {
        ConditionMistake::Text
    } else if token.is_empty() {
        ConditionMistake::Unfinished
    } else {
        return unexpected(text, token);
    };
    ConditionProblem::new(mistake, &token)
}

/// Something that does not belong where it stands.
fn unexpected(text: &str, found: Range<usize>) -> ConditionProblem {
    let before = text[..found.start].trim_end();
    // The parser takes `not` for a name and stumbles over what follows.
    let place = match before.strip_suffix("not") {
        Some(rest) if !rest.ends_with(is_word) => rest.len()..before.len(),
        Some(_) | None => found,
    };
    let mistake = ConditionMistake::Unexpected(Excerpt::of(&text[place.clone()]));
    ConditionProblem::new(mistake, &place)
}

/// The byte at a line and column, both counted from 1, columns in characters.
fn offset(text: &str, (line, column): (isize, isize)) -> usize {
    let skipped = |counted: isize| usize::try_from(counted - 1).unwrap_or(0);
    let mut lines = text.split_inclusive('\n');
    let before: usize = lines.by_ref().take(skipped(line)).map(str::len).sum();
    let columns = lines.next().unwrap_or_default().chars().take(skipped(column));
    before + columns.map(char::len_utf8).sum::<usize>()
}

/// The word or character that begins at a byte; empty where nothing but blanks and remarks follow.
fn token(text: &str, at: usize) -> Range<usize> {
    let rest = &text[at..];
    if rest.trim().is_empty() || rest.trim_start().starts_with("//") {
        let end = text[..at].trim_end().len();
        return end..end;
    }
    let word = rest.find(|character| !is_word(character)).unwrap_or(rest.len());
    let length = if word == 0 { rest.chars().next().map_or(0, char::len_utf8) } else { word };
    at..at + length
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_' || character == '.'
}
