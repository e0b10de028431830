//! One policy for every lint, and what a person reads.

use super::{Code, source, tested};
use crate::policy::{Policy, Style, suite::Suite};
use std::collections::BTreeSet;

const EXAMPLES: [&str; 20] = [
    "unlisted: signed_in",
    "routes:\n  /{**}: public",
    "routes:\n  /cart: public\n  /basket: { \"GET, DELETE\": public }",
    "routes:\n  /admin/{**}: { role: admin }\n  /admin/export: { GET: public }",
    "routes:\n  /team/a: signed_in\n  /team/b: signed_in\n  /team/c: { GET: public }",
    "routes:\n  /admin/{**}: { role: admin }\n\
     hosts:\n  app.shop.test:\n    routes:\n      /{**}: signed_in",
    "routes:\n  /docs/{**}: signed_in\n  /docs: signed_in\n  /docs/{page}/{**}: signed_in",
    "routes:\n  /users/me: { GET: signed_in }\n  /users/{id}: { \"GET, DELETE\": signed_in }",
    "routes:\n  /a: signed_in\n\
     guards:\n  extra: { paths: [/a, /b], require: { plan: pro } }\n  \
       more: { paths: [/c], require: { plan: pro } }",
    "routes:\n  /a: { role: admin }\nguards:\n  extra: { require: { role: editor } }",
    "routes:\n  /a: { plan: pro, mode: shadow }",
    "routes:\n  /a: { role: admin, all: [{ role: editor }] }\n  \
       /b: { any: [{ role: admin }, denied] }",
    "routes:\n  /a: { scope: a }\n  /b: { credential: api_key, permission: a:b }\n  \
       /c: { all: [{ credential: api_key }, { credential: m2m_token }] }",
    "routes:\n  /a: { any: [{ role: admin }, { not: { role: admin } }] }",
    "routes:\n  /a: { any: [{ plan: pro }, { plan: pro, role: admin }] }\n  \
       /b: { all: [{ plan: pro }, { plan: pro }] }",
    "routes:\n  /a: { any: [{ plan: pro }] }",
    "routes:\n  /a: { role: { any: [admin, owner] } }",
    "routes:\n  /a: { permission: org:invoices:read }\n  \
       /b: { permission: org:invoices:read }\n  /c: { permission: org:invoice:read }",
    "routes:\n  /d: { plan: starter }\n  /e: { plan: startre }",
    "lints:\n  similar-name: allow\n  any-with-one: { allow: [/a] }",
];

#[test]
fn every_lint_says_what_it_found_and_what_to_do() {
    let mut shown = Vec::new();
    let mut codes = BTreeSet::new();
    let mut look = |text: &str, suite: &Suite| {
        let source = source(text);
        let policy = Policy::load(&source).unwrap_or_else(|errors| panic!("{errors}"));
        let lints = policy.lint(&source.clone().into(), suite);
        assert!(lints.iter().next().is_some(), "{text}");
        codes.extend(lints.iter().map(|lint| lint.finding().code()));
        shown.push(lints.render(Style::Plain));
    };
    for text in EXAMPLES {
        look(text, &tested());
    }
    look("", &Suite::load(&[], &[]).unwrap());
    let shown = shown.join("\n\n");
    insta::assert_snapshot!(shown);
    let unseen: Vec<_> = Code::ALL.iter().filter(|code| !codes.contains(code)).collect();
    assert!(unseen.is_empty(), "without an example: {unseen:?}");
}
