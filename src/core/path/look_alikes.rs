//! Characters that some server turns into one that has a meaning in paths.

/// Whether normalising text (NFC or NFKC), or writing it in an older code page, makes `.`, `/`, `\`,
/// `;`, `%`, `?` or `#` of the character, or of a part of it.
pub(super) const fn is_look_alike(character: char) -> bool {
    matches!(
        character,
        // The yen and the won stand where code pages of Japan and Korea have the backslash.
        '\u{a5}' | '\u{20a9}'
            // Slashes and backslashes that best-fit mappings know.
            | '\u{2044}' | '\u{2215}' | '\u{2216}' | '\u{29f5}'
            // The Greek question mark is a semicolon by every normal form.
            | '\u{37e}'
            | '\u{2024}'..='\u{2026}' | '\u{2047}'..='\u{2049}'
            | '\u{2100}' | '\u{2101}' | '\u{2105}' | '\u{2106}'
            | '\u{2488}'..='\u{249b}' | '\u{33c2}' | '\u{33c7}' | '\u{33d8}'
            | '\u{fe14}' | '\u{fe16}' | '\u{fe19}' | '\u{fe30}' | '\u{fe52}' | '\u{fe54}'
            | '\u{fe56}' | '\u{fe5f}' | '\u{fe68}' | '\u{fe6a}'
            | '\u{ff03}' | '\u{ff05}' | '\u{ff0e}' | '\u{ff0f}' | '\u{ff1b}' | '\u{ff1f}'
            | '\u{ff3c}' | '\u{1f100}'
    )
}
