//! Middleware with what becomes of it; the last test compares them path by path.

mod random;

use super::{ImportError, Meaning, matchers};

fn imported(script: &str) -> String {
    matchers(script, None).unwrap_or_else(|error| panic!("{error}"))
}

fn middleware(declarations: &str, body: &str) -> String {
    format!(
        "import {{ clerkMiddleware, createRouteMatcher }} from '@clerk/nextjs/server';\n\
         {declarations}\n\
         export default clerkMiddleware(async (auth, req) => {{\n{body}\n}});\n\
         export const config = {{ matcher: ['/((?!_next).*)', '/(api|trpc)(.*)'] }};\n"
    )
}

/// The lines that say something, without comments.
fn lines(policy: &str) -> Vec<&str> {
    let said = |line: &&str| !line.trim().is_empty() && !line.trim().starts_with('#');
    policy.lines().filter(said).map(str::trim).skip(1).collect()
}

#[test]
fn a_list_needs_a_meaning() {
    assert!(matches!(matchers("[\"/a\"]", None), Err(ImportError::NoMeaning)));
    assert!(matches!(matchers("const a = 1;", None), Err(ImportError::NoMatchers)));
    assert!(matches!(matchers("", Some(Meaning::Public)), Err(ImportError::NoMatchers)));
}

#[test]
fn a_list_says_nothing_about_other_paths() {
    const LIST: &str = "[\"/\", \"/sign-in(.*)\", \"/:locale/about\"]";
    let public = matchers(LIST, Some(Meaning::Public)).unwrap();
    insta::assert_snapshot!(public);
    let protected = matchers(LIST, Some(Meaning::Protected)).unwrap();
    insta::assert_snapshot!(protected);
}

#[test]
fn the_usual_middleware_is_understood() {
    let policy = imported(&middleware(
        "const isPublic = createRouteMatcher(['/healthz', '/docs(.*)', '/sign-in(.*)']);\n\
         const isAdmin = createRouteMatcher(['/admin(.*)']);\n\
         const isReport = createRouteMatcher(['/reports/:id']);",
        "  if (isPublic(req)) return;\n  \
           if (isAdmin(req)) return void (await auth.protect({ role: 'org:admin' }));\n  \
           if (isReport(req)) await auth.protect({ plan: 'pro' });\n  \
           await auth.protect();",
    ));
    insta::assert_snapshot!(policy);
}

#[test]
fn conditions_are_read_either_way_round() {
    let declared = "const isPublic = createRouteMatcher(['/a', '/b']);";
    let expected = ["unlisted: signed_in", "routes:", "/a: public", "/b: public"];
    for body in [
        "if (!isPublic(req)) { await auth.protect(); }",
        "if (!isPublic(req)) auth().protect()",
        "if (!isPublic(req)) (await auth()).protect();",
        "if (isPublic(req)) return\n  await auth.protect()",
        "if (isPublic(req)) { return NextResponse.next(); } else { await auth.protect(); }",
        "isPublic(req) || await auth.protect();",
        "!isPublic(req) && (await auth.protect());",
        "const { userId } = await auth();\n console.log(userId);\n \
         if (!userId && !isPublic(req)) { return redirectToSignIn(); }",
    ] {
        assert_eq!(lines(&imported(&middleware(declared, body))), expected, "{body}");
    }
}

#[test]
fn an_earlier_branch_stands_before_a_more_specific_template() {
    let declared = "const isAdmin = createRouteMatcher(['/admin/(.*)', '/admin']);\n\
                    const isPublic = createRouteMatcher(['/admin/login']);";
    let admin = "if (isAdmin(req)) return await auth.protect({ role: 'org:admin' });";
    let public = "if (isPublic(req)) return;";
    let of =
        |body: String| imported(&middleware(declared, &format!("{body}\nawait auth.protect();")));
    assert!(
        lines(&of(format!("{admin}\n{public}"))).contains(&"/admin/login: { role: org:admin }")
    );
    assert!(lines(&of(format!("{public}\n{admin}"))).contains(&"/admin/login: public"));
}

#[test]
fn what_is_not_understood_is_denied_and_said() {
    let declared = "const isApi = createRouteMatcher(['/api/:id']);\n\
                    const isOdd = createRouteMatcher([/^\\/x/, ...more]);\n\
                    const isPublic = createRouteMatcher(['/about']);";
    for body in [
        "if (isApi(req)) { return new Response(null, { status: 403 }); }",
        "if (isApi(req)) { const { has } = await auth(); if (!has({ role: 'a' })) throw new Error(); }",
        "if (isApi(req)) { await check(req); }",
        "if (isApi(req)) await auth.protect((has) => has({ role: 'org:admin' }));",
        "if (isApi(req)) await auth.protect({ role: 'org:admin', token: 'api_key' });",
        "if (isApi(req)) await auth.protect({ permission: 'org:sys_memberships:read' });",
        "if (isApi(req)) await auth.protect({ role });",
        "if (isOdd(req)) await check(req);",
        "if (flag) await check(req);",
        "for (const x of y) { await auth.protect(); }",
        "return intl(req);",
    ] {
        let policy = imported(&middleware(declared, body));
        assert!(lines(&policy).contains(&"/api/{id}: denied"), "{body}\n{policy}");
        assert!(policy.contains("# decide: what becomes of this?"), "{body}\n{policy}");
    }
    // Nothing of a body that is not found is known.
    let policy = imported("const isPublic = createRouteMatcher(['/about']);");
    assert!(lines(&policy).contains(&"/about: denied"));
}

#[test]
fn a_condition_that_is_not_understood_may_hold() {
    let declared = "const isPublic = createRouteMatcher(['/about']);";
    let body = "if (req.method === 'POST') await auth.protect();\nif (isPublic(req)) return;\n\
                await auth.protect({ role: 'org:admin' });";
    let policy = imported(&middleware(declared, body));
    assert!(lines(&policy).contains(&"/about: signed_in"), "{policy}");
}

#[test]
fn a_list_in_a_constant_is_found() {
    let policy = imported(&middleware(
        "const open = ['/a', `/b`];\nconst isPublic = createRouteMatcher(open);",
        "if (!isPublic(req)) await auth.protect();",
    ));
    assert!(lines(&policy).contains(&"/b: public"));
}

#[test]
fn what_is_open_for_the_rest_is_left_to_a_person() {
    let policy = imported(&middleware(
        "const isProtected = createRouteMatcher(['/dashboard(.*)', '/api/:id']);",
        "if (isProtected(req)) await auth.protect();",
    ));
    insta::assert_snapshot!(policy);
}

#[test]
fn a_script_of_nothing_but_brackets_ends() {
    for text in ["(", "[", "{", "!", "return ", "if (", "await ", "`", "/", "'"] {
        let script = format!(
            "const isA = createRouteMatcher(['/a']); clerkMiddleware((auth, req) => {{ {} }})",
            text.repeat(20_000)
        );
        assert!(imported(&script).contains("  /a: "), "{text}");
    }
}
