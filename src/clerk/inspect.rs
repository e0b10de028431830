//! What a token says of itself, for a person to read. Nothing here decides anything.

use super::{
    claims::{Session, Standing},
    jwt::{Class, Jwt},
    keys::Key,
    token_error::TokenError,
    verify::{RegisteredClaims, check_header, check_signature},
};
use crate::core::{clock::Timestamp, id::InstanceName, identity::User};
use serde_json::Value;

/// What a token says of itself.
#[derive(Debug)]
pub struct Inspection {
    /// The JOSE header.
    pub header: Value,
    /// The claims.
    pub claims: Value,
    /// What the token was minted as.
    pub class: Class,
    /// Until when it is valid, where it says so.
    pub expires_at: Option<Timestamp>,
    /// The user it would make, or the first claim that stands in the way.
    pub user: Result<User, TokenError>,
    /// Whether that user counts as signed in; `None` where there is none.
    pub standing: Option<Standing>,
    /// Whether two readings of its permission masks differ; only what both grant counts.
    pub ambiguous_permissions: bool,
    /// Whether the key at hand signed it; `None` without a key.
    pub signature: Option<Result<(), TokenError>>,
}

impl Inspection {
    /// Takes a token apart, and checks its signature if there is a key.
    ///
    /// # Errors
    /// [`TokenError`] if it is no JWT at all.
    pub fn of(token: &str, key: Option<&Key>) -> Result<Self, TokenError> {
        let jwt = Jwt::decode(token)?;
        let registered = RegisteredClaims::read(&jwt);
        let expires_at = registered.expires_at();
        let epoch = Timestamp::from_unix_seconds(0);
        let session = Session::read(
            &jwt,
            &InstanceName::new("unverified"),
            expires_at.unwrap_or(epoch),
            registered.issued_at(),
        );
        let (user, standing, ambiguous_permissions) = match session {
            Ok(session) => {
                (Ok(session.user), Some(session.standing), session.ambiguous_permissions)
            }
            Err(error) => (Err(error), None, false),
        };
        Ok(Self {
            header: jwt.header().clone(),
            claims: jwt.payload().clone(),
            class: if jwt.is_of_another_kind() { Class::Other } else { jwt.class() },
            expires_at,
            user,
            standing,
            ambiguous_permissions,
            signature: key.map(|key| {
                check_header(&jwt, jwt.kind()).and_then(|()| check_signature(&jwt, key))
            }),
        })
    }
}
