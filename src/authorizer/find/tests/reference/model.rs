//! Policies as they are generated, and how they are written.

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
    YoungSession,
    FreshFirstFactor,
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
            text.extend(["routes:\n", &lines(&self.general)]);
        }
        if !self.hosts.is_empty() {
            text.push_str("hosts:\n");
        }
        for table in &self.hosts {
            let preflight = if table.preflight { "preflight: allow, " } else { "" };
            let routes: Vec<String> = table.routes.iter().map(Route::line).collect();
            let host = table.host.unwrap_or_default();
            let routes = routes.join(", ");
            text.extend(["  \"", host, "\": { ", preflight, "routes: { ", &routes, " } }\n"]);
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

impl Requirement {
    fn text(&self) -> String {
        let list = |parts: &[Self]| parts.iter().map(Self::text).collect::<Vec<_>>().join(", ");
        match self {
            Self::SignedIn => "signed_in".to_owned(),
            Self::Role(role) => format!("{{ role: {role} }}"),
            Self::Plan(plan) => format!("{{ plan: {plan} }}"),
            Self::Scope(scope) => format!("{{ scope: {scope} }}"),
            Self::Fresh => "{ reverification: strict }".to_owned(),
            Self::YoungSession => "{ session_max_age: 1h }".to_owned(),
            Self::FreshFirstFactor => "{ first_factor_within: 10m }".to_owned(),
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
}
