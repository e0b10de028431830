use super::Pattern;

/// The templates of a pattern, and whether there are shapes that no template stands for.
fn read(text: &str) -> (Vec<String>, bool) {
    let pattern = Pattern::parse(text);
    let templates = pattern.templates.iter().map(ToString::to_string).collect();
    (templates, pattern.shapes.len() > pattern.templates.len())
}

#[test]
fn what_a_template_can_say_becomes_one() {
    for (pattern, templates) in [
        ("/", &["/"][..]),
        ("/sign-in", &["/sign-in"]),
        ("/api/:id", &["/api/{id}"]),
        ("/:locale/about", &["/{locale}/about"]),
        ("/:locale?/about", &["/{locale}/about", "/about"]),
        ("/files/:path*", &["/files/{**}"]),
        ("/files/:path+", &["/files/{path}/{**}"]),
        ("/(.*)", &["/{**}"]),
    ] {
        assert_eq!(
            read(pattern),
            (templates.iter().map(ToString::to_string).collect(), false),
            "{pattern}"
        );
    }
}

#[test]
fn what_a_template_cannot_say_in_full_is_known_to_be_more() {
    for (pattern, templates) in [
        ("/dashboard(.*)", &["/dashboard/{**}"][..]),
        ("/dashboard/(.*)", &["/dashboard/{segment}/{**}"]),
        ("/:locale/sign-in(.*)", &["/{locale}/sign-in/{**}"]),
        ("/a/", &[]),
        ("/a-:id", &[]),
        ("/:file.json", &[]),
        ("/:id(\\d+)", &[]),
        ("/(api|trpc)(.*)", &[]),
        ("/((?!api|trpc))(.*)", &[]),
        ("/((?!api|_next).*)", &[]),
        ("/a(.*)/b", &[]),
        ("/caf\u{e9}", &[]),
        ("/a%20b", &[]),
        ("a", &[]),
        ("", &[]),
        ("/{a}?", &[]),
        ("/(a", &[]),
        ("/:", &[]),
        ("/*", &[]),
    ] {
        assert_eq!(
            read(pattern),
            (templates.iter().map(ToString::to_string).collect(), true),
            "{pattern}"
        );
    }
}

#[test]
fn many_optional_groups_are_not_written_out() {
    assert_eq!(read(&"/:a?".repeat(40)), (Vec::new(), true));
}
