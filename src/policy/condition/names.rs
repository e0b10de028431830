//! The names that conditions know, and what each stands for.

use super::kind::Kind;

/// Something that is known of every question, or of those that have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Identity(IdentityPart),
    /// The claims as they were signed.
    Claims,
    Request(RequestPart),
    Peer(PeerPart),
    Resource,
    Context,
    Now,
}

/// What an identity may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum IdentityPart {
    Kind,
    UserId,
    SessionId,
    OrganizationId,
    OrganizationSlug,
    OrganizationRole,
    OrganizationPermissions,
    Features,
    Plans,
    ActorId,
    /// Whether somebody acts as the caller.
    Impersonated,
    Scopes,
    Subject,
    MachineId,
    MachineName,
    MachineClient,
}

/// What an HTTP request has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RequestPart {
    Method,
    Host,
    Path,
    Query,
    Scheme,
    Headers,
    /// The peer's, where the proxy tells it.
    Address,
}

/// What certificates tell. Absent where none was shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PeerPart {
    /// Of the program that asks Bailiff.
    Names,
    Spiffe,
    /// Of the proxy's client, where the proxy tells it.
    Principal,
}

/// What is known of a value when the policy is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shape {
    /// `None` where only the question tells.
    pub(super) kind: Option<Kind>,
    /// The kind of the elements of a list or of the values of a map.
    pub(super) inside: Option<Kind>,
}

impl Shape {
    /// Anything.
    pub(super) const ANY: Self = Self { kind: None, inside: None };
    /// A list of texts.
    pub(super) const TEXTS: Self = Self { kind: Some(Kind::List), inside: Some(Kind::Text) };
    /// A map of texts.
    pub(super) const TEXT_MAP: Self = Self { kind: Some(Kind::Map), inside: Some(Kind::Text) };
    /// A map of anything.
    pub(super) const MAP: Self = Self::of(Kind::Map);
    pub(super) const TEXT: Self = Self::of(Kind::Text);
    pub(super) const NUMBER: Self = Self::of(Kind::Number);
    pub(super) const BOOLEAN: Self = Self::of(Kind::Boolean);

    pub(super) const fn of(kind: Kind) -> Self {
        Self { kind: Some(kind), inside: None }
    }
}

/// Fields by their names behind the root, with dots.
pub(super) type Fields = &'static [(&'static str, Part, Shape)];

/// What there is of `identity`.
pub(super) const IDENTITY: Fields = &[
    ("kind", Part::Identity(IdentityPart::Kind), Shape::TEXT),
    ("user.id", Part::Identity(IdentityPart::UserId), Shape::TEXT),
    ("session.id", Part::Identity(IdentityPart::SessionId), Shape::TEXT),
    ("organization.id", Part::Identity(IdentityPart::OrganizationId), Shape::TEXT),
    ("organization.slug", Part::Identity(IdentityPart::OrganizationSlug), Shape::TEXT),
    ("organization.role", Part::Identity(IdentityPart::OrganizationRole), Shape::TEXT),
    (
        "organization.permissions",
        Part::Identity(IdentityPart::OrganizationPermissions),
        Shape::TEXTS,
    ),
    ("features", Part::Identity(IdentityPart::Features), Shape::TEXTS),
    ("plans", Part::Identity(IdentityPart::Plans), Shape::TEXTS),
    ("actor.id", Part::Identity(IdentityPart::ActorId), Shape::TEXT),
    ("impersonated", Part::Identity(IdentityPart::Impersonated), Shape::BOOLEAN),
    ("claims", Part::Claims, Shape::MAP),
    ("scopes", Part::Identity(IdentityPart::Scopes), Shape::TEXTS),
    ("subject", Part::Identity(IdentityPart::Subject), Shape::TEXT),
    ("machine.id", Part::Identity(IdentityPart::MachineId), Shape::TEXT),
    ("machine.name", Part::Identity(IdentityPart::MachineName), Shape::TEXT),
    ("machine.client", Part::Identity(IdentityPart::MachineClient), Shape::TEXT),
];

/// What there is of `request`.
pub(super) const REQUEST: Fields = &[
    ("method", Part::Request(RequestPart::Method), Shape::TEXT),
    ("host", Part::Request(RequestPart::Host), Shape::TEXT),
    ("path", Part::Request(RequestPart::Path), Shape::TEXT),
    ("query", Part::Request(RequestPart::Query), Shape::TEXT_MAP),
    ("scheme", Part::Request(RequestPart::Scheme), Shape::TEXT),
    ("headers", Part::Request(RequestPart::Headers), Shape::TEXT_MAP),
    ("ip", Part::Request(RequestPart::Address), Shape::TEXT),
    ("principal", Part::Peer(PeerPart::Principal), Shape::TEXT),
];

/// What there is of `peer`.
pub(super) const PEER: Fields = &[
    ("san", Part::Peer(PeerPart::Names), Shape::TEXTS),
    ("spiffe", Part::Peer(PeerPart::Spiffe), Shape::TEXT),
];

/// The names that stand alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Root {
    Request,
    Params,
    Identity,
    Peer,
    Resource,
    Context,
    Now,
}

impl Root {
    const ALL: [(&'static str, Self); 7] = [
        ("request", Self::Request),
        ("params", Self::Params),
        ("identity", Self::Identity),
        ("peer", Self::Peer),
        ("resource", Self::Resource),
        ("context", Self::Context),
        ("now", Self::Now),
    ];

    /// Every name as it is written, with what it stands for.
    pub(super) fn all() -> impl Iterator<Item = (&'static str, Self)> {
        Self::ALL.into_iter()
    }

    pub(super) fn named(name: &str) -> Option<(&'static str, Self)> {
        Self::ALL.into_iter().find(|(known, _)| *known == name)
    }
}

/// What a name with dots stands for among the fields of a root.
pub(super) enum Found {
    /// A value.
    Part(Part, Shape),
    /// The beginning of longer names.
    Group,
    /// Nothing.
    Nothing,
}

pub(super) fn find(fields: Fields, path: &str) -> Found {
    if let Some((_, part, shape)) = fields.iter().find(|(name, _, _)| *name == path) {
        return Found::Part(*part, *shape);
    }
    match next_segments(fields, path).next() {
        Some(_) => Found::Group,
        None => Found::Nothing,
    }
}

/// What can follow a name with dots, or begin one if it is empty. May repeat itself.
pub(super) fn next_segments(fields: Fields, path: &str) -> impl Iterator<Item = &'static str> {
    fields.iter().filter_map(move |(name, _, _)| {
        let rest = match path {
            "" => name,
            _ => name.strip_prefix(path)?.strip_prefix('.')?,
        };
        Some(rest.split_once('.').map_or(rest, |(segment, _)| segment))
    })
}

/// Something that is known of an identity if and only if it has a group of fields.
pub(super) fn witness(group: &str) -> Option<IdentityPart> {
    match group {
        "user" => Some(IdentityPart::UserId),
        "session" => Some(IdentityPart::SessionId),
        "organization" => Some(IdentityPart::OrganizationId),
        "machine" => Some(IdentityPart::MachineId),
        _ => None,
    }
}
