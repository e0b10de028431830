use super::{Asked, Condition, Element, Middleware, Statement};

fn read(body: &str) -> Vec<Statement> {
    let script = format!(
        "const isA = createRouteMatcher('/a');\nconst {{ userId }} = await auth();\n\
         export default clerkMiddleware(async (auth, req: NextRequest) => {{ {body} }}, {{ debug: true }});"
    );
    Middleware::parse(&script).unwrap().body
}

fn is_a() -> Condition {
    Condition::Matches("isA".to_owned())
}

#[test]
fn matchers_hold_patterns_and_what_is_none() {
    let script = "const isA = createRouteMatcher(['/a', /b/, ...c, `/${d}`]);\n\
                  const isB = createRouteMatcher((req) => true);\n\
                  const isC = createRouteMatcher(['/c']); const isC = createRouteMatcher(['/d']);";
    let matchers = Middleware::parse(script).unwrap().matchers;
    assert_eq!(matchers["isA"][0], Element::Pattern("/a".to_owned()));
    for unknown in [&matchers["isA"][1..], &matchers["isB"], &matchers["isC"]].concat() {
        assert!(matches!(unknown, Element::Unknown(_)), "{unknown:?}");
    }
}

#[test]
fn a_statement_is_what_it_does() {
    let ask = || Statement::Ask(Asked::signed_in());
    let when = |condition, then| Statement::If(vec![(condition, then)], Vec::new());
    assert_eq!(read("await auth.protect();"), [ask()]);
    assert_eq!(read("return;"), [Statement::Return]);
    assert_eq!(read("console.log('x'); const u = new URL(req.url);"), []);
    assert_eq!(
        read("if (isA(req)) return; auth.protect()"),
        [when(is_a(), vec![Statement::Return]), ask()]
    );
    assert_eq!(
        read("if (!(isA(req) || x)) { auth.protect() }"),
        [when(
            Condition::Not(Box::new(Condition::Any(vec![is_a(), Condition::Unknown]))),
            vec![ask()]
        )]
    );
    assert_eq!(
        read("if (!userId && isA(req)) return redirectToSignIn()"),
        [when(Condition::All(vec![is_a()]), vec![ask()])]
    );
    for unknown in [
        "auth.protect?.()",
        "auth?.protect()",
        "other.protect()",
        "auth.protect(has => has({ role: 'a' }))",
        "auth.protect({ role: 'a' }, more).then(x)",
        "auth.protect({ role: `org:${x}` })",
        "await audit(req)",
        "const ok = await audit(req)",
        "factory()(req)",
        "if (x) {} throw new Error()",
    ] {
        let read = read(unknown);
        assert!(matches!(read.last(), Some(Statement::Unknown(_))), "{unknown}: {read:?}");
    }
}

#[test]
fn what_else_stands_with_being_signed_out_is_no_sign_in() {
    for body in [
        "if (!other && isA(req)) return redirectToSignIn()",
        "if (!userId || isA(req)) return redirectToSignIn()",
        "if (!userId && isA(req)) redirectToSignIn()",
    ] {
        let shown = format!("{:?}", read(body));
        assert!(shown.contains("Unknown(\""), "{body}: {shown}");
    }
}
