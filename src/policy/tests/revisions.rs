//! What the revision of a policy depends on.

use super::load;

#[test]
fn the_revision_depends_on_what_is_said_and_on_nothing_else() {
    let revision = |text: &str| load(text).revision().to_string();
    let policy = "version: 1\nroutes:\n  /a: { role: org:x, plan: y }\n  /b: { GET: public }\n";
    let same = [
        "# a comment\nroutes: { /b: { GET: public }, /a: { plan: y, role: x } }\nversion: 1\n",
        "version: 1\nunlisted: denied\nupstream: {}\nresponses: {}\nactions: {}\nhosts: {}\nroutes:\n  \
         /b:\n    GET: public\n  /a: { role: \"org:x\", plan: y }\n",
    ];
    for text in same {
        assert_eq!(revision(text), revision(policy), "{text}");
    }
    let other = [
        "version: 1\nroutes:\n  /a: { role: org:x, plan: z }\n  /b: { GET: public }\n",
        "version: 1\nroutes:\n  /a: { role: org:x }\n  /b: { GET: public }\n",
        "version: 1\nroutes:\n  /a: { any: [{ role: org:x }, { plan: y }] }\n  /b: { GET: public }\n",
        "version: 1\nroutes:\n  /a: { role: org:x, plan: y }\n  /b: public\n",
        "version: 1\nroutes:\n  /a: { role: org:x, plan: y }\n  /b: { GET: optional }\n",
        "version: 1\nroutes:\n  /a: { role: org:x, plan: y }\n  /B: { GET: public }\n",
        "version: 1\nunlisted: signed_in\nroutes:\n  /a: { role: org:x, plan: y }\n  /b: { GET: public }\n",
        "version: 1\nhosts: { a.test: { routes: { /a: { role: org:x, plan: y }, /b: { GET: public } } } }\n",
        "version: 1\nactions: { x: signed_in }\nroutes:\n  /a: { role: org:x, plan: y }\n  /b: { GET: public }\n",
        "version: 1\nresponses: { sign_in: https://a.test/ }\nroutes:\n  /a: { role: org:x, plan: y }\n  /b: { GET: public }\n",
        "version: 1\nupstream: { headers: {} }\nroutes:\n  /a: { role: org:x, plan: y }\n  /b: { GET: public }\n",
    ];
    let mut seen = vec![revision(policy)];
    for text in other {
        let revision = revision(text);
        assert!(!seen.contains(&revision), "{text}");
        seen.push(revision);
    }
    let hexadecimal = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    assert!(seen.iter().all(|text| text.len() == 16 && text.bytes().all(hexadecimal)));
}

#[test]
fn the_revision_depends_on_everything_that_decides() {
    let policy = |guard: &str, rule: &str, top: &str| {
        format!(
            "version: 1\n{top}routes:\n  /a/{{x}}: {{ {rule} }}\n  /b: {{ GET: signed_in }}\nguards:\n  \
             g: {{ {guard} }}\n"
        )
    };
    let guard = "require: { role: x }, paths: [/a, /b], methods: [GET, PUT], hosts: [a.b, c.d]";
    let revision = |text: &str| load(text).revision().to_string();
    let this = revision(&policy(guard, "role: x", ""));
    for (guard, rule, top) in [
        (
            "hosts: [c.d, a.b], methods: [PUT, GET], paths: [/b, /a], require: { role: x }",
            "role: x",
            "",
        ),
        (guard, "role: x, mode: enforce", ""),
        (guard, "role: x", "lints: { similar-name: allow }\ntests: { cases: [] }\n"),
    ] {
        assert_eq!(revision(&policy(guard, rule, top)), this, "{guard} {rule} {top}");
    }
    let shadow = format!("{guard}, mode: shadow");
    let even_public = format!("{guard}, even_public: true");
    let mut seen = vec![this];
    for (guard, rule, top) in [
        (&*shadow, "role: x", ""),
        (&even_public, "role: x", ""),
        ("require: { role: x }", "role: x", ""),
        (
            "require: { role: y }, paths: [/a, /b], methods: [GET, PUT], hosts: [a.b, c.d]",
            "role: x",
            "",
        ),
        (
            "require: { role: x }, paths: [/a], methods: [GET, PUT], hosts: [a.b, c.d]",
            "role: x",
            "",
        ),
        ("require: { role: x }, paths: [/a, /b], methods: [GET], hosts: [a.b, c.d]", "role: x", ""),
        ("require: { role: x }, paths: [/a, /b], methods: [GET, PUT], hosts: [a.b]", "role: x", ""),
        ("require: { role: x }, methods: [GET, PUT], hosts: [a.b, c.d]", "role: x", ""),
        ("require: { role: x }, paths: [/a, /b], hosts: [a.b, c.d]", "role: x", ""),
        ("require: { role: x }, paths: [/a, /b], methods: [GET, PUT]", "role: x", ""),
        (guard, "role: x, mode: shadow", ""),
        (guard, "role: x, preflight: allow", ""),
        (guard, "role: x", "preflight: allow\n"),
        (guard, "role: x, scope: y", ""),
        (guard, "role: x, scope: z", ""),
        (guard, "role: x, impersonation: forbidden", ""),
        (guard, "role: x, credential: session_token", ""),
        (guard, "role: x, credential: { any: [session_token, api_key] }", ""),
        (guard, "role: x, session_max_age: 1h", ""),
        (guard, "role: x, session_max_age: 2h", ""),
        (guard, "role: x, first_factor_within: 1h", ""),
        (guard, "role: x, reverification: { level: first_factor, after_minutes: 60 }", ""),
        (guard, "role: x", "actions: { a: { role: x } }\n"),
        (guard, "role: x", "actions: { a: { role: x, mode: shadow } }\n"),
    ] {
        let revision = revision(&policy(guard, rule, top));
        assert!(!seen.contains(&revision), "{guard} {rule} {top}");
        seen.push(revision);
    }
    // The unit makes no difference.
    let [minutes, hours, days] = ["1440m", "24h", "1d"]
        .map(|age| revision(&policy(guard, &format!("session_max_age: {age}"), "")));
    assert!(minutes == hours && hours == days);
    let renamed = policy(guard, "role: x", "").replace("  g:", "  h:");
    assert!(!seen.contains(&revision(&renamed)));
    // A host may be called as the word that begins the name of a rule.
    let host =
        "version: 1\nhosts: { preflight: { routes: { /a: public } } }\nroutes: { /a: signed_in }\n";
    assert_ne!(revision(host), revision(&format!("{host}preflight: allow\n")));
}
