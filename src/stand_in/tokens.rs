//! Mints every kind of token that a sidecar meets: those that Clerk mints, and, by changing any
//! header or claim of them, those that an attacker might. Nothing else in the project mints tokens.

mod facts;
mod permissions;
mod signature;

pub use facts::{ActiveMembership, Category, Minting, SessionFacts, Status};
pub use signature::Signer;

use super::keys::SigningKey;
use permissions::FeaturePermissions;
use serde_json::{Map, Value, json};

/// A token that is not signed yet. Every header and claim can still be changed.
#[derive(Clone, Debug)]
#[must_use = "a token is of no use until it is signed"]
pub struct Token {
    header: Map<String, Value>,
    /// Headers that win over what a [`Signer`] puts in; `None` removes.
    header_changes: Vec<(String, Option<Value>)>,
    claims: Map<String, Value>,
    /// Replaces the claims altogether.
    payload: Option<Vec<u8>>,
}

impl Token {
    /// A session token of version 2, as instances mint since 2025-04-10.
    pub fn session(facts: &SessionFacts, minting: &Minting) -> Self {
        let mut token = Self::common(Some(Category::Session), &facts.user_id, minting)
            .claim("jti", random_hex())
            .claim("v", 2)
            .with_session(facts)
            .claim(
                "sts",
                match facts.status {
                    Status::Active => "active",
                    Status::Pending => "pending",
                },
            );
        if !facts.plans.is_empty() {
            token = token.claim("pla", facts.plans.join(","));
        }
        let permissions =
            facts.organization.iter().flat_map(|organization| &organization.permissions);
        let encoded = FeaturePermissions::encode(&facts.features, permissions);
        if !encoded.features.is_empty() {
            token = token.claim("fea", encoded.features);
        }
        let Some(active) = &facts.organization else { return token };
        let bare_role = active.role.strip_prefix("org:").unwrap_or(&active.role);
        let mut organization = json!({ "id": active.id, "rol": bare_role });
        if let Some(slug) = &active.slug {
            organization["slg"] = json!(slug);
        }
        if !encoded.permissions.is_empty() {
            organization["per"] = json!(encoded.permissions);
            organization["fpm"] = json!(encoded.masks);
        }
        token.claim("o", organization)
    }

    /// A session token of version 1, which carries neither plans nor features nor a status.
    pub fn session_v1(facts: &SessionFacts, minting: &Minting) -> Self {
        let mut token =
            Self::common(Some(Category::Session), &facts.user_id, minting).with_session(facts);
        if let Some(active) = &facts.organization {
            token = token
                .claim("org_id", active.id.as_str())
                .claim("org_role", active.role.as_str())
                .claim("org_permissions", json!(active.permissions));
            if let Some(slug) = &active.slug {
                token = token.claim("org_slug", slug.as_str());
            }
        }
        token
    }

    /// A token from a JWT template: same key, no session.
    pub fn template(user_id: &str, minting: &Minting) -> Self {
        Self::common(Some(Category::Template), user_id, minting).claim("jti", random_hex())
    }

    /// A machine-to-machine token in JWT form; `machine_id` begins with `mch_`.
    pub fn machine(machine_id: &str, scopes: &[&str], minting: &Minting) -> Self {
        Self::common(Some(Category::Machine), machine_id, minting)
            .without_claim("azp")
            .claim("jti", format!("mt_{}", random_hex()))
            .claim("scopes", scopes.join(" "))
    }

    /// An OAuth access token in JWT form.
    pub fn oauth(user_id: &str, client_id: &str, scopes: &[&str], minting: &Minting) -> Self {
        Self::common(None, user_id, minting)
            .header("typ", "at+jwt")
            .without_claim("azp")
            .claim("jti", format!("oat_{}", random_hex()))
            .claim("client_id", client_id)
            .claim("scope", scopes.join(" "))
    }

    /// A handshake token: `Set-Cookie` lines for an application to hand out. It has no other claim.
    pub fn handshake(lines: &[String]) -> Self {
        let mut header = Map::new();
        header.insert("typ".to_owned(), "JWT".into());
        header.insert("cat".to_owned(), Category::Session.code().into());
        let token = Self { header, header_changes: Vec::new(), claims: Map::new(), payload: None };
        token.claim("handshake", json!(lines))
    }

    /// Sets a header, or replaces it, whatever the signer would have put there.
    pub fn header(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.header_changes.push((name.to_owned(), Some(value.into())));
        self
    }

    /// Leaves a header out.
    pub fn without_header(mut self, name: &str) -> Self {
        self.header_changes.push((name.to_owned(), None));
        self
    }

    /// Sets a claim, or replaces it.
    pub fn claim(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.claims.insert(name.to_owned(), value.into());
        self
    }

    /// Leaves a claim out.
    pub fn without_claim(mut self, name: &str) -> Self {
        self.claims.remove(name);
        self
    }

    /// Signs these bytes in place of the claims, be they JSON or not.
    pub fn payload(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.payload = Some(bytes.into());
        self
    }

    /// The claims as they stand.
    #[must_use]
    pub const fn claims(&self) -> &Map<String, Value> {
        &self.claims
    }

    /// Signs as Clerk does: RS256, with the key's identifier in the header.
    #[must_use]
    pub fn sign(&self, key: &SigningKey) -> String {
        self.sign_as(&Signer::Rs256(key))
    }

    /// Signs in another way.
    #[must_use]
    pub fn sign_as(&self, signer: &Signer<'_>) -> String {
        let mut header = self.header.clone();
        header.insert("alg".to_owned(), signer.algorithm().into());
        if let Some(id) = signer.key_id() {
            header.insert("kid".to_owned(), id.into());
        }
        for (name, change) in &self.header_changes {
            match change {
                Some(value) => header.insert(name.clone(), value.clone()),
                None => header.remove(name),
            };
        }
        let payload = match &self.payload {
            Some(bytes) => bytes.clone(),
            None => Value::Object(self.claims.clone()).to_string().into_bytes(),
        };
        signer.compact(Value::Object(header).to_string().as_bytes(), &payload)
    }

    fn common(category: Option<Category>, subject: &str, minting: &Minting) -> Self {
        let issued = minting.issued_at.unix_seconds();
        let expires = minting.issued_at.plus(minting.lifetime).unix_seconds();
        let mut header = Map::new();
        header.insert("typ".to_owned(), "JWT".into());
        if let Some(category) = category {
            header.insert("cat".to_owned(), category.code().into());
        }
        let token = Self { header, header_changes: Vec::new(), claims: Map::new(), payload: None }
            .claim("iss", minting.issuer.as_str())
            .claim("sub", subject)
            .claim("iat", issued)
            .claim("nbf", issued - 10)
            .claim("exp", expires);
        match &minting.authorized_party {
            Some(origin) => token.claim("azp", origin.as_str()),
            None => token,
        }
    }

    fn with_session(mut self, facts: &SessionFacts) -> Self {
        self = self.claim("sid", facts.session_id.as_str());
        if let Some(ages) = facts.factor_ages {
            self = self.claim("fva", json!(ages));
        }
        if let Some(actor) = &facts.actor {
            self = self.claim("act", actor.clone());
        }
        self
    }
}

/// Sixteen random bytes in hexadecimal, for identifiers that must not repeat. They may be guessed:
/// here anybody may sign in as anybody.
pub(super) fn random_hex() -> String {
    format!("{:032x}", fastrand::u128(..))
}

#[cfg(test)]
mod tests;
