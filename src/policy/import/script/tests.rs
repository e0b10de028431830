use super::{Token, closing, depth, elements, tokens};

fn word(text: &str) -> Token {
    Token::Word(text.to_owned())
}

#[test]
fn comments_strings_and_expressions_are_told_apart() {
    assert_eq!(
        tokens("a // b\n/* c */ 'd' \"e\\\"f\" `g`"),
        [
            word("a"),
            Token::Text("d".to_owned()),
            Token::Text("e\"f".to_owned()),
            Token::Text("g".to_owned()),
        ]
    );
    assert_eq!(tokens("`a${b}` '\\u0041' 'open"), [Token::Other, Token::Other, Token::Other]);
    assert_eq!(
        tokens("[/a[/]\\/b/gi, c / d / e]").iter().filter(|t| matches!(t, Token::Regex(_))).count(),
        1
    );
    assert_eq!(tokens("/* open"), []);
}

#[test]
fn a_line_that_ends_in_return_ends_there() {
    assert_eq!(tokens("return\nx"), [word("return"), Token::Sign(";"), word("x")]);
    assert_eq!(tokens("return x\n"), [word("return"), word("x")]);
}

#[test]
fn brackets_are_paired() {
    let read = tokens("f(a, [b, c], { d: e })");
    assert_eq!(closing(&read, 1), read.len() - 1);
    assert_eq!(elements(&read[2..read.len() - 1]).len(), 3);
    assert_eq!(closing(&tokens("((a)"), 0), 4);
    assert_eq!(depth(&tokens("((!a))")), 3);
}
