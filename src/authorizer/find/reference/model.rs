//! Policies as they are generated: what is written, and what a requirement means.

use super::{Machine, MachineKind, Reason, User, Who};

#[derive(Debug)]
pub(super) struct Policy {
    pub(super) unlisted_signed_in: bool,
    pub(super) preflight: bool,
    pub(super) general: Table,
    pub(super) hosts: Vec<Table>,
    /// In the order of their names.
    pub(super) guards: Vec<Guard>,
}

#[derive(Debug)]
pub(super) struct Table {
    pub(super) host: Option<&'static str>,
    pub(super) preflight: bool,
    pub(super) routes: Vec<Route>,
}

#[derive(Debug)]
pub(super) struct Route {
    pub(super) segments: Vec<Segment>,
    pub(super) rest: bool,
    pub(super) preflight: bool,
    /// By methods; a single one without any is for all.
    pub(super) rules: Vec<(Vec<&'static str>, Rule)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Segment {
    Literal(&'static str),
    Parameter,
}

#[derive(Debug)]
pub(super) struct Rule {
    pub(super) body: Body,
    pub(super) shadow: bool,
}

#[derive(Debug)]
pub(super) enum Body {
    Word(&'static str),
    Asked(Requirement),
}

#[derive(Debug)]
pub(super) struct Guard {
    pub(super) name: String,
    pub(super) paths: Vec<(Vec<Segment>, bool)>,
    pub(super) methods: Vec<&'static str>,
    pub(super) hosts: Vec<&'static str>,
    pub(super) require: Requirement,
    pub(super) shadow: bool,
    pub(super) even_public: bool,
}

#[derive(Clone, Debug)]
pub(super) enum Requirement {
    SignedIn,
    Role(&'static str),
    Plan(&'static str),
    Scope(&'static str),
    Fresh,
    NoImpersonation,
    Credential(Vec<&'static str>),
    All(Vec<Self>),
    Any(Vec<Self>),
    Not(Box<Self>),
    If(Condition),
}

/// Conditions whose answer is plain to see.
#[derive(Clone, Copy, Debug)]
pub(super) enum Condition {
    IsGet,
    IsApiKey,
    /// Asks for a header that nobody sends.
    Broken,
}

/// What conditions look at.
#[derive(Clone, Copy)]
pub(super) struct Facts<'a> {
    pub(super) who: &'a Who,
    pub(super) method: &'a str,
}

/// Why a requirement does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Failure {
    pub(super) reason: Reason,
    /// Whether that is not known but because a condition could not be worked out.
    broken: bool,
    /// Whether it is a condition, and so worked out late.
    late: bool,
}

impl Failure {
    const fn of(reason: Reason) -> Self {
        Self { reason, broken: false, late: false }
    }

    /// The number of the failure that is reported of several.
    pub(super) fn first(failures: &[Self]) -> Option<usize> {
        let weight = |number: &usize| {
            let reason = failures[*number].reason;
            (reason == Reason::Reverification, reason)
        };
        let (late, early): (Vec<usize>, Vec<usize>) =
            (0..failures.len()).partition(|number| failures[*number].late);
        let early = early.into_iter().min_by_key(weight);
        if let Some(number) = early
            && failures[number].reason != Reason::Reverification
        {
            return early;
        }
        let broken = late.iter().copied().find(|number| failures[*number].broken);
        broken.or(late.first().copied()).or(early)
    }
}

/// What one part of a requirement comes to: whether a credential that names the caller's kind is among
/// what holds, or why it does not hold.
type Met = Result<bool, Failure>;

impl Rule {
    pub(super) const fn word(word: &'static str) -> Self {
        Self { body: Body::Word(word), shadow: false }
    }

    fn text(&self) -> String {
        match &self.body {
            Body::Word(word) => (*word).to_owned(),
            Body::Asked(requirement) if self.shadow => {
                format!("{{ all: [{}], mode: shadow }}", requirement.text())
            }
            Body::Asked(requirement) => requirement.text(),
        }
    }
}

fn path(segments: &[Segment], rest: bool) -> String {
    let named = segments.iter().enumerate().map(|(at, segment)| match segment {
        Segment::Literal(literal) => (*literal).to_owned(),
        Segment::Parameter => format!("{{p{at}}}"),
    });
    let all: Vec<String> = named.chain(rest.then(|| "{**}".to_owned())).collect();
    format!("/{}", all.join("/"))
}

impl Route {
    pub(super) fn text(&self) -> String {
        path(&self.segments, self.rest)
    }

    fn line(&self) -> String {
        let preflight = if self.preflight { "preflight: allow, " } else { "" };
        match &self.rules[..] {
            [(methods, rule)] if methods.is_empty() && self.preflight => {
                format!("\"{}\": {{ {preflight}all: [{}] }}", self.text(), rule.text())
            }
            [(methods, rule)] if methods.is_empty() => {
                format!("\"{}\": {}", self.text(), rule.text())
            }
            rules => {
                let line = |(methods, rule): &(Vec<&str>, Rule)| {
                    format!("\"{}\": {}", methods.join(", "), rule.text())
                };
                let lines: Vec<String> = rules.iter().map(line).collect();
                format!("\"{}\": {{ {preflight}{} }}", self.text(), lines.join(", "))
            }
        }
    }
}

impl Policy {
    pub(super) fn text(&self) -> String {
        let lines = |table: &Table| {
            let lines: Vec<String> =
                table.routes.iter().map(|route| format!("  {}\n", route.line())).collect();
            lines.concat()
        };
        let mut text = "version: 1\n".to_owned();
        text.push_str(if self.unlisted_signed_in { "unlisted: signed_in\n" } else { "" });
        text.push_str(if self.preflight { "preflight: allow\n" } else { "" });
        if !self.general.routes.is_empty() {
            text += &format!("routes:\n{}", lines(&self.general));
        }
        if !self.hosts.is_empty() {
            text.push_str("hosts:\n");
        }
        for table in &self.hosts {
            let preflight = if table.preflight { "preflight: allow, " } else { "" };
            let routes: Vec<String> = table.routes.iter().map(Route::line).collect();
            let host = table.host.unwrap_or_default();
            text +=
                &format!("  \"{host}\": {{ {preflight}routes: {{ {} }} }}\n", routes.join(", "));
        }
        if !self.guards.is_empty() {
            text.push_str("guards:\n");
        }
        for guard in &self.guards {
            text += &guard.line();
        }
        text
    }
}

impl Guard {
    pub(super) fn id(&self) -> String {
        format!("guard {}", self.name)
    }

    fn line(&self) -> String {
        let list = |key: &str, elements: Vec<String>| {
            if elements.is_empty() {
                return String::new();
            }
            format!(", {key}: [\"{}\"]", elements.join("\", \""))
        };
        let owned = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect();
        let paths = self.paths.iter().map(|(segments, rest)| path(segments, *rest)).collect();
        format!(
            "  {}: {{ require: {}{}{}{}{}{} }}\n",
            self.name,
            self.require.text(),
            list("paths", paths),
            list("methods", owned(&self.methods)),
            list("hosts", owned(&self.hosts)),
            if self.shadow { ", mode: shadow" } else { "" },
            if self.even_public { ", even_public: true" } else { "" },
        )
    }
}

const KINDS: [&str; 4] = ["session_token", "api_key", "m2m_token", "oauth_token"];

fn kind_of(who: &Who) -> &'static str {
    match who {
        Who::Nobody | Who::User(_) => "session_token",
        Who::Machine(machine) => match machine.kind {
            MachineKind::ApiKey => "api_key",
            MachineKind::M2mToken => "m2m_token",
            MachineKind::OauthToken => "oauth_token",
        },
    }
}

impl Requirement {
    fn text(&self) -> String {
        let list = |parts: &[Self]| parts.iter().map(Self::text).collect::<Vec<_>>().join(", ");
        match self {
            Self::SignedIn => "signed_in".to_owned(),
            Self::Role(role) => format!("{{ role: {role} }}"),
            Self::Plan(plan) => format!("{{ plan: {plan} }}"),
            Self::Scope(scope) => format!("{{ scope: {scope} }}"),
            Self::Fresh => "{ reverification: strict }".to_owned(),
            Self::NoImpersonation => "{ impersonation: forbidden }".to_owned(),
            Self::Credential(kinds) => {
                format!("{{ credential: {{ any: [{}] }} }}", kinds.join(", "))
            }
            Self::All(parts) => format!("{{ all: [{}] }}", list(parts)),
            Self::Any(parts) => format!("{{ any: [{}] }}", list(parts)),
            Self::Not(inner) => format!("{{ not: {{ all: [{}] }} }}", inner.text()),
            Self::If(Condition::IsGet) => "{ if: request.method == 'GET' }".to_owned(),
            Self::If(Condition::IsApiKey) => "{ if: identity.kind == 'api_key' }".to_owned(),
            Self::If(Condition::Broken) => "{ if: request.headers.secret == 'x' }".to_owned(),
        }
    }

    /// The ways to meet it: for each, all that must hold.
    fn ways(&self) -> Vec<Vec<&Self>> {
        match self {
            Self::Any(branches) => branches.iter().flat_map(Self::ways).collect(),
            Self::All(parts) => parts.iter().fold(vec![Vec::new()], |found, part| {
                let ways = part.ways();
                let join = |one: &Vec<_>| ways.iter().map(|way| [&one[..], way].concat()).collect();
                found.iter().flat_map(|one| -> Vec<Vec<&Self>> { join(one) }).collect()
            }),
            _ => vec![vec![self]],
        }
    }

    /// The kinds of credential that some way to meet it takes.
    fn kinds(&self) -> Vec<&'static str> {
        let takes = |kind: &&str| {
            self.ways().iter().any(|way| {
                let mut named = way.iter().filter_map(|part| match part {
                    Self::Credential(kinds) => Some(kinds.contains(kind)),
                    _ => None,
                });
                let sessions = *kind == "session_token";
                named.clone().all(|named| named) && (sessions || named.next().is_some())
            })
        };
        KINDS.into_iter().filter(takes).collect()
    }

    /// What is left of it in shadow mode.
    pub(super) fn floor(&self) -> Self {
        Self::Credential(self.kinds())
    }

    /// Why it does not hold. `admitted`: whether the caller's kind of credential is let in already.
    pub(super) fn refusal(&self, facts: Facts<'_>, admitted: bool) -> Option<Failure> {
        let kind = Failure::of(Reason::CredentialKind);
        let late = self.is_late();
        if !admitted && !self.kinds().contains(&kind_of(facts.who)) {
            return Some(Failure { late, ..kind });
        }
        match self.met(facts) {
            Ok(named) if named || admitted || matches!(facts.who, Who::User(_)) => None,
            Ok(_) => Some(Failure { late, ..kind }),
            Err(failure) => Some(Failure { late, ..failure }),
        }
    }

    /// Whether it is a condition and nothing else.
    fn is_late(&self) -> bool {
        match self {
            Self::If(_) => true,
            Self::All(parts) => matches!(&parts[..], [only] if only.is_late()),
            _ => false,
        }
    }

    fn met(&self, facts: Facts<'_>) -> Met {
        let when = |holds: bool, reason| if holds { Ok(false) } else { Err(Failure::of(reason)) };
        match (self, facts.who) {
            (Self::Credential(kinds), who) => {
                when(kinds.contains(&kind_of(who)), Reason::CredentialKind).map(|_| true)
            }
            (Self::All(parts), _) => {
                let met: Vec<Met> = parts.iter().map(|part| part.met(facts)).collect();
                let failures: Vec<Failure> = parts
                    .iter()
                    .zip(&met)
                    .filter_map(|(part, met)| {
                        met.err().map(|met| Failure { late: part.is_late(), ..met })
                    })
                    .collect();
                match Failure::first(&failures) {
                    Some(number) => Err(Failure { late: false, ..failures[number] }),
                    None => Ok(met.contains(&Ok(true))),
                }
            }
            (Self::Any(parts), _) => {
                let met: Vec<Met> = parts.iter().map(|part| part.met(facts)).collect();
                let broken =
                    met.iter().find(|met| matches!(met, Err(Failure { broken: true, .. })));
                match (met.iter().filter_map(|met| met.ok()).max(), broken) {
                    (Some(named), _) => Ok(named),
                    (None, Some(broken)) => *broken,
                    (None, None) if met.iter().all(|one| *one == met[0]) => met[0],
                    (None, None) => Err(Failure::of(Reason::Alternatives)),
                }
            }
            (Self::Not(inner), _) => match inner.met(facts) {
                Err(failure) if failure.broken => Err(failure),
                met => when(met.is_err(), Reason::Excluded),
            },
            (Self::If(Condition::IsGet), _) => when(facts.method == "GET", Reason::Condition),
            (Self::If(Condition::IsApiKey), who) => {
                when(kind_of(who) == "api_key", Reason::Condition)
            }
            (Self::If(Condition::Broken), _) => {
                Err(Failure { broken: true, ..Failure::of(Reason::ConditionError) })
            }
            (
                Self::NoImpersonation,
                Who::User(User { actor, .. }) | Who::Machine(Machine { actor, .. }),
            ) => when(actor.is_none(), Reason::Impersonation),
            (Self::Scope(scope), Who::Machine(machine)) => {
                when(machine.scopes.iter().any(|granted| **granted == **scope), Reason::Scope)
            }
            (Self::Scope(_), _) => Err(Failure::of(Reason::Scope)),
            (Self::SignedIn, Who::User(_)) => Ok(false),
            (Self::Role(role), Who::User(user)) => match &user.organization {
                None => Err(Failure::of(Reason::OrganizationRequired)),
                Some(active) => when(active.role.as_deref() == Some(role), Reason::Role),
            },
            (Self::Plan(plan), Who::User(user)) => {
                let plans = format!("{:?}", user.plans);
                when(plans.contains(&format!("\"{plan}\"")), Reason::Plan)
            }
            (Self::Fresh, Who::User(user)) => {
                when(user.factor_ages.is_some(), Reason::Reverification)
            }
            (_, Who::Machine(_) | Who::Nobody) => Err(Failure::of(Reason::CredentialKind)),
        }
    }
}
