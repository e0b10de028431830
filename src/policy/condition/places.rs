//! Where the parts of an expression stand in its text, in bytes.

use cel::{
    IdedExpr,
    common::ast::{CallExpr, Expr, SelectExpr, SourceInfo, operators},
};
use std::ops::Range;

/// Knows where each part of one text stands.
pub(super) struct Places<'t> {
    text: &'t str,
    info: &'t SourceInfo,
}

impl<'t> Places<'t> {
    pub(super) const fn new(text: &'t str, info: &'t SourceInfo) -> Self {
        Self { text, info }
    }

    /// The whole text, without blanks around it.
    pub(super) fn whole(&self) -> Range<usize> {
        let start = self.text.len() - self.text.trim_start().len();
        start..self.text.trim_end().len()
    }

    /// All of a part, brackets and arguments included.
    pub(super) fn of(&self, part: &IdedExpr) -> Range<usize> {
        let token = self.token(part);
        match &part.expr {
            Expr::Unspecified | Expr::Ident(_) | Expr::Comprehension(_) | Expr::Literal(_) => {
                self.with_sign(token)
            }
            Expr::List(_) | Expr::Map(_) | Expr::Struct(_) => {
                token.start..self.closing(token.start)
            }
            Expr::Select(select) if select.test => {
                self.before(token.start).start..self.closing(token.start)
            }
            Expr::Select(select) => self.of(&select.operand).start..self.field(part, select).end,
            Expr::Call(call) => self.call(token, call),
        }
    }

    fn call(&self, token: Range<usize>, call: &CallExpr) -> Range<usize> {
        let first = call.target.as_deref().or(call.args.first()).map(|part| self.of(part).start);
        let is_operator = call.func_name.contains(|character: char| {
            !character.is_alphanumeric() && !matches!(character, '_' | '.')
        });
        if is_operator {
            let start = first.map_or(token.start, |first| first.min(token.start));
            let end = match call.args.last() {
                Some(last) if call.func_name != operators::INDEX => self.of(last).end,
                Some(_) | None => self.closing(token.start),
            };
            return start..end.max(start);
        }
        let start = match (&call.target, first) {
            (Some(_), Some(target)) => target,
            (_, _) => self.before(token.start).start,
        };
        start..self.closing(token.start)
    }

    /// The name of the field that is selected.
    pub(super) fn field(&self, part: &IdedExpr, select: &SelectExpr) -> Range<usize> {
        let dot = self.token(part);
        if select.test {
            let closing = self.closing(dot.start);
            let inside = &self.text[..closing.saturating_sub(1).max(dot.start)];
            let end = inside.trim_end().len();
            return end.saturating_sub(select.field.len()).max(dot.start)..end.max(dot.start);
        }
        let rest = &self.text[dot.end..];
        let start = dot.end + rest.len() - rest.trim_start().len();
        start..self.boundary(start + select.field.len())
    }

    /// The name of the function that is called.
    pub(super) fn function(&self, part: &IdedExpr) -> Range<usize> {
        self.before(self.token(part).start)
    }

    /// The token that the parser keeps for a part.
    fn token(&self, part: &IdedExpr) -> Range<usize> {
        // The parser counts offsets in bytes, but columns in characters.
        let byte = |byte: u32| self.boundary(usize::try_from(byte).unwrap_or(self.text.len()));
        match self.info.offset_for(part.id) {
            Some((first, last)) => {
                let start = byte(first);
                start..byte(last.saturating_add(1)).max(start)
            }
            None => self.whole(),
        }
    }

    /// A token with the `-` in front of it, where there is one.
    fn with_sign(&self, token: Range<usize>) -> Range<usize> {
        let before = self.text[..token.start].trim_end();
        let is_number = self.text[token.clone()].starts_with(|first: char| first.is_ascii_digit());
        // A `-` behind a value is a subtraction.
        let sign = before.strip_suffix('-').filter(|rest| {
            is_number
                && !rest.trim_end().ends_with(|last: char| {
                    last.is_alphanumeric() || matches!(last, '_' | ')' | ']' | '"' | '\'')
                })
        });
        sign.map_or(token.start, str::len)..token.end
    }

    /// The word in front of a byte.
    fn before(&self, byte: usize) -> Range<usize> {
        let before = self.text[..byte].trim_end();
        let is_word = |character: char| character.is_alphanumeric() || character == '_';
        before.trim_end_matches(is_word).len()..before.len()
    }

    /// Behind the bracket that closes the one at a byte.
    fn closing(&self, open: usize) -> usize {
        let mut depth = 0_usize;
        let mut quote = None;
        let mut escaped = false;
        for (byte, character) in self.text[open..].char_indices() {
            match (quote, character) {
                (Some(_), _) if escaped => escaped = false,
                (Some(_), '\\') => escaped = true,
                (Some(open), _) if character == open => quote = None,
                (None, '"' | '\'') => quote = Some(character),
                (None, '(' | '[' | '{') => depth += 1,
                (None, ')' | ']' | '}') => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 {
                        return open + byte + 1;
                    }
                }
                (_, _) => {}
            }
        }
        self.text.len()
    }

    /// The nearest beginning of a character at or before a byte.
    fn boundary(&self, byte: usize) -> usize {
        let byte = byte.min(self.text.len());
        (0..=byte).rev().find(|byte| self.text.is_char_boundary(*byte)).unwrap_or(0)
    }
}
