//! Random policies and requests, of few words, so that they meet.

use super::{
    Actor, Asking, Entitlements, FactorAges, Machine, MachineKind, SessionId, User, UserId, Who,
    machine, minutes_old,
    model::{Body, Condition, Guard, Policy, Requirement, Route, Rule, Segment, Table},
    user,
};
use fastrand::Rng;

const LITERALS: [&str; 5] = ["a", "A", "b", "bs", "k"];
/// Some of them differ from a literal in letter case only.
const SEGMENTS: [&str; 9] = ["a", "A", "b", "B", "bs", "k", "c", "b%C5%BF", "%E2%84%AA"];
const METHODS: [&str; 5] = ["GET", "HEAD", "POST", "DELETE", "OPTIONS"];
const HOSTS: [&str; 5] = ["shop.test", "a.test", "b.a.test", "c.b.a.test", "d.shop.test"];
const PATTERNS: [&str; 5] = ["shop.test", "b.a.test", "*.a.test", "*.b.a.test", "*.test"];
const KINDS: [&str; 4] = ["session_token", "api_key", "m2m_token", "oauth_token"];

fn one_of<T: Copy>(random: &mut Rng, choices: &[T]) -> T {
    choices[random.usize(..choices.len())]
}

/// Each of them or not.
fn some_of<T: Copy>(random: &mut Rng, choices: &[T]) -> Vec<T> {
    choices.iter().copied().filter(|_| random.bool()).collect()
}

/// True in one of so many cases.
fn rarely(random: &mut Rng, cases: usize) -> bool {
    random.usize(..cases) == 0
}

pub(super) fn policy(random: &mut Rng) -> Policy {
    let mut hosts: Vec<Table> = Vec::new();
    for host in PATTERNS {
        if rarely(random, 4) {
            let preflight = rarely(random, 4);
            hosts.push(Table { host: Some(host), preflight, routes: routes(random) });
        }
    }
    let names = ["g0", "g1", "g2", "g3"];
    let count = random.usize(..=names.len());
    Policy {
        unlisted_signed_in: random.bool(),
        preflight: rarely(random, 4),
        general: Table { host: None, preflight: false, routes: routes(random) },
        hosts,
        guards: names[..count].iter().map(|name| guard(random, name)).collect(),
    }
}

fn template(random: &mut Rng) -> (Vec<Segment>, bool) {
    let mut segment = || match random.usize(..3) {
        0 => Segment::Parameter,
        _ => Segment::Literal(LITERALS[random.usize(..LITERALS.len())]),
    };
    let segments = (0..4).map(|_| segment()).collect::<Vec<_>>();
    (segments[..random.usize(..4)].to_vec(), rarely(random, 3))
}

fn same(left: &(Vec<Segment>, bool), right: &(Vec<Segment>, bool)) -> bool {
    let equal = |pair: (&Segment, &Segment)| match pair {
        (Segment::Literal(left), Segment::Literal(right)) => left.eq_ignore_ascii_case(right),
        (left, right) => left == right,
    };
    left.1 == right.1 && left.0.len() == right.0.len() && left.0.iter().zip(&right.0).all(equal)
}

/// Templates, no two of which stand for the same paths.
fn templates(random: &mut Rng, most: usize) -> Vec<(Vec<Segment>, bool)> {
    let mut found: Vec<(Vec<Segment>, bool)> = Vec::new();
    for _ in 0..random.usize(..=most) {
        let template = template(random);
        if !found.iter().any(|other| same(other, &template)) {
            found.push(template);
        }
    }
    found
}

fn routes(random: &mut Rng) -> Vec<Route> {
    let templates = templates(random, 8);
    let route = |(segments, rest)| {
        let mut rules = Vec::new();
        if random.bool() {
            let mut left = METHODS.to_vec();
            while rules.is_empty() || (!left.is_empty() && random.bool()) {
                let methods = some_of(random, &left);
                left.retain(|method| !methods.contains(method));
                if !methods.is_empty() {
                    rules.push((methods, rule(random)));
                }
            }
        } else {
            rules.push((Vec::new(), rule(random)));
        }
        // Words cannot stand beside `preflight`.
        let single_word = matches!(&rules[..], [(methods, Rule { body: Body::Word(_), .. })] if methods.is_empty());
        let shadow = rules.iter().any(|(methods, rule)| methods.is_empty() && rule.shadow);
        let preflight = rarely(random, 3) && !single_word && !shadow;
        Route { segments, rest, preflight, rules }
    };
    templates.into_iter().map(route).collect()
}

fn rule(random: &mut Rng) -> Rule {
    match random.usize(..10) {
        0 => Rule::word("public"),
        1 => Rule::word("optional"),
        2 => Rule::word("denied"),
        3 => Rule::word("signed_in"),
        _ => Rule { body: Body::Asked(requirement(random, 3)), shadow: rarely(random, 5) },
    }
}

fn requirement(random: &mut Rng, depth: usize) -> Requirement {
    let most = if depth == 0 { 10 } else { 14 };
    let parts = |random: &mut Rng| {
        (0..=random.usize(..3)).map(|_| requirement(random, depth - 1)).collect()
    };
    match random.usize(..most) {
        0 => Requirement::SignedIn,
        1 => Requirement::Role(one_of(random, &["org:admin", "org:member"])),
        2 => Requirement::Plan(one_of(random, &["free", "pro"])),
        3 => Requirement::Scope(one_of(random, &["read", "write"])),
        4 => Requirement::Fresh,
        5 => Requirement::NoImpersonation,
        6 => credential(random),
        7 => {
            let conditions = [Condition::IsGet, Condition::IsApiKey, Condition::Broken];
            Requirement::If(one_of(random, &conditions))
        }
        8 => Requirement::YoungSession,
        9 => Requirement::FreshFirstFactor,
        10 => Requirement::All(parts(random)),
        11 => Requirement::Any(parts(random)),
        // A branch for machines beside one that may be for people.
        12 => {
            let for_machines = vec![credential(random), requirement(random, depth - 1)];
            let branches = vec![Requirement::All(for_machines), requirement(random, depth - 1)];
            Requirement::All(vec![Requirement::Any(branches), requirement(random, depth - 1)])
        }
        _ => Requirement::Not(requirement(random, depth - 1).into()),
    }
}

fn credential(random: &mut Rng) -> Requirement {
    let kinds = some_of(random, &KINDS);
    let one = one_of(random, &KINDS);
    Requirement::Credential(if kinds.is_empty() { vec![one] } else { kinds })
}

fn guard(random: &mut Rng, name: &str) -> Guard {
    Guard {
        name: name.to_owned(),
        paths: if random.bool() { templates(random, 2) } else { Vec::new() },
        methods: if random.bool() { some_of(random, &METHODS) } else { Vec::new() },
        hosts: if rarely(random, 3) { some_of(random, &PATTERNS) } else { Vec::new() },
        require: requirement(random, 2),
        shadow: rarely(random, 3),
        even_public: rarely(random, 4),
    }
}

pub(super) fn asking(random: &mut Rng) -> Asking {
    let path = (0..random.usize(..5)).map(|_| one_of(random, &SEGMENTS)).collect();
    let preflight = rarely(random, 4);
    let methods = ["GET", "HEAD", "POST", "DELETE", "OPTIONS", "PUT", "delete", "get"];
    let method = if preflight { "OPTIONS" } else { one_of(random, &methods) };
    Asking { method, host: one_of(random, &HOSTS), path, preflight, who: who(random) }
}

fn who(random: &mut Rng) -> Who {
    let actor = || Actor { subject: Some(UserId::new("user_2")), claims: "{}".into() };
    let actor = rarely(random, 4).then(actor);
    match random.usize(..6) {
        0 => Who::Nobody,
        1 | 2 => {
            let kinds = [MachineKind::ApiKey, MachineKind::M2mToken, MachineKind::OauthToken];
            let scopes = some_of(random, &["read", "write"]);
            Who::Machine(Machine { actor, ..machine(one_of(random, &kinds), &scopes) })
        }
        _ => {
            let user = user(one_of(random, &["org:admin", "org:member"]), "");
            Who::User(User {
                plans: Entitlements::parse(one_of(random, &["o:free", "u:pro", ""])).unwrap(),
                factor_ages: match random.usize(..4) {
                    0 => None,
                    1 => FactorAges::from_claim(10.0, 1.0).ok(),
                    _ => user.factor_ages,
                },
                session: match random.usize(..4) {
                    0 => SessionId::new("sess_1"),
                    1 => minutes_old(60),
                    _ => minutes_old(59),
                },
                organization: user.organization.filter(|_| !rarely(random, 4)),
                actor,
                ..user
            })
        }
    }
}
