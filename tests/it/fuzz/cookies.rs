//! The Cookie header: nobody can say afterwards which of two values was meant, and what is taken out
//! stays out.

use super::{Corpus, corpus::Bytes, search};
use bailiff::core::{
    cookie::{Cookies, Left, Lookup, is_sendable, without},
    header::{Header, Headers, Repeats},
};

const WORDS: &[&str] = &[
    "__session",
    "__session_abc",
    "__client_uat",
    "__clerk_db_jwt",
    "%5f",
    "=",
    "; ",
    ";",
    ",",
    "\"",
    "$Version=1",
    "\t",
    " ",
    "a=b",
    "\r\n",
    "\0",
    "\u{e9}",
    "\u{85}",
    "__SESSION",
    "--session",
];

/// A name by which a service that withholds cookies would lose one.
const TAKEN: &str = "__session";

#[test]
fn no_cookie_has_two_values_and_none_taken_out_stays() {
    search!(Corpus::of("cookies", WORDS), |input: &[u8]| {
        for repeats in [Repeats::Separate, Repeats::Joined] {
            let lines = input.split(|&byte| byte == b'\n');
            let lines: Vec<_> = lines.map(|value| Header { name: "cookie", value }).collect();
            holds(&Headers::new(lines, repeats));
        }
    });
}

fn holds(headers: &Headers<'_>) {
    let cookies = Cookies::parse(headers);
    for cookie in cookies.iter() {
        let mut values: Vec<&str> = cookies
            .iter()
            .filter(|other| other.name == cookie.name)
            .map(|other| &*other.value)
            .collect();
        values.dedup();
        match cookies.get(cookie.name) {
            Lookup::Value(value) => assert_eq!(values, [value], "{}", cookie.name),
            Lookup::Absent => assert_eq!(values, [""], "{}", cookie.name),
            Lookup::Conflict => assert!(values.len() > 1, "{}", cookie.name),
        }
    }
    let taken = |name: &str| name.starts_with(TAKEN);
    let Left::Some(left) = without(headers, taken) else { return };
    assert!(is_sendable(&left), "{left:?}");
    let line = [Header { name: "cookie", value: left.as_bytes() }];
    let again = Headers::new(line.to_vec(), headers.repeats());
    assert_eq!(without(&again, taken), Left::All, "{left:?}");
    assert_eq!(Cookies::parse(&again).get(TAKEN), Lookup::Absent, "{left:?}");
    // However a server cuts the line: none finds one that was taken out.
    for separators in [";", ";,", "; \t"] {
        let found = left.split(|letter| separators.contains(letter)).find(|part| {
            let name = part.split('=').next().unwrap_or_default().trim();
            name.eq_ignore_ascii_case(TAKEN) && part.contains('=')
        });
        // A comma may stand in a value where lines come separately.
        let within_value = separators.contains(',') && headers.repeats() == Repeats::Separate;
        assert!(found.is_none() || within_value, "{left:?}: {found:?}");
    }
}

#[test]
fn choices_run_out_as_zeros() {
    let mut bytes = Bytes(&[7]);
    assert_eq!((bytes.below(5), bytes.below(5), bytes.below(0)), (2, 0, 0));
}
