//! Every reason a decision can have: a closed list, with the words that go on every wire.

/// What a refusal asks of the caller, which fixes its HTTP status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Category {
    /// Go on.
    Allowed,
    /// Present a credential, or a better one: 401.
    Unauthenticated,
    /// The identity is known and is not enough: 403.
    Forbidden,
    /// The request has more than one reading: 400.
    Ambiguous,
    /// Bailiff cannot tell; ask again: 503.
    Unavailable,
}

macro_rules! reasons {
    ($($variant:ident = $code:literal, $category:ident, $meaning:literal;)*) => {
        /// Why a decision was made.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Reason {
            $(#[doc = $meaning] $variant,)*
        }

        impl Reason {
            /// Every reason, in the order of the README's table.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The code used on every wire; stable.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self {
                    $(Self::$variant => $code,)*
                }
            }

            /// One sentence for a person.
            #[must_use]
            pub const fn meaning(self) -> &'static str {
                match self {
                    $(Self::$variant => $meaning,)*
                }
            }

            /// What the reason asks of the caller.
            #[must_use]
            pub const fn category(self) -> Category {
                match self {
                    $(Self::$variant => Category::$category,)*
                }
            }
        }
    };
}

reasons! {
    Allowed = "allowed", Allowed, "Everything that was asked holds.";

    SignedOut = "signed_out", Unauthenticated, "Nobody is signed in.";
    SessionPending = "session_pending", Unauthenticated,
        "The session has tasks left to finish, such as choosing an organization.";
    SessionRevoked = "session_revoked", Unauthenticated,
        "The session was ended, or the user was removed, after the token was issued.";
    TokenStale = "token_stale", Unauthenticated,
        "Something the token says has changed since it was issued; a fresh one is needed.";
    SessionStale = "session_stale", Unauthenticated,
        "The cookies do not show an up-to-date session; loading a page in the browser renews them.";
    TokenInvalid = "token_invalid", Unauthenticated, "The token is not well-formed, or Clerk does not know it.";
    TokenTypeMismatch = "token_type_mismatch", Unauthenticated,
        "The token is of another kind than a session token.";
    TokenInvalidAlgorithm = "token_invalid_algorithm", Unauthenticated,
        "The token is signed with an algorithm that Clerk does not use.";
    TokenInvalidSignature = "token_invalid_signature", Unauthenticated,
        "The token was not signed by this Clerk instance.";
    TokenUnknownKey = "token_unknown_key", Unauthenticated,
        "The token names a signing key that this Clerk instance does not have.";
    TokenInvalidClaims = "token_invalid_claims", Unauthenticated,
        "A claim that every token of its kind has is missing or malformed.";
    TokenInvalidIssuer = "token_invalid_issuer", Unauthenticated,
        "The token was issued for another Clerk instance.";
    TokenInvalidAudience = "token_invalid_audience", Unauthenticated,
        "The token is meant for another audience.";
    TokenExpired = "token_expired", Unauthenticated, "The token has expired.";
    TokenRevoked = "token_revoked", Unauthenticated, "The token has been revoked.";
    TokenNotActiveYet = "token_not_active_yet", Unauthenticated, "The token is not valid yet.";
    TokenIssuedInTheFuture = "token_issued_in_the_future", Unauthenticated,
        "The token claims to have been issued in the future.";
    AzpMissing = "azp_missing", Unauthenticated,
        "The token does not say which application it was issued to.";
    AzpMismatch = "azp_mismatch", Unauthenticated,
        "The token was issued to an application that is not an authorized party.";
    CredentialKind = "credential_kind", Unauthenticated,
        "This takes another kind of credential.";
    CredentialAmbiguous = "credential_ambiguous", Unauthenticated,
        "The request carries several credentials, and services may differ in which one they take.";
    SessionTooOld = "session_too_old", Unauthenticated,
        "The session began too long ago; signing out and in again begins a new one.";

    AccessRevoked = "access_revoked", Forbidden, "An operator has refused access for now.";
    Denied = "denied", Forbidden, "The policy denies this to everyone.";
    OrganizationRequired = "organization_required", Forbidden, "No organization is active.";
    Organization = "organization", Forbidden, "Another organization is active.";
    Role = "role", Forbidden, "The role in the active organization is not the one required.";
    Permission = "permission", Forbidden,
        "The permission is not granted in the active organization.";
    Feature = "feature", Forbidden, "The feature is not available.";
    Plan = "plan", Forbidden, "The plan is not active.";
    Scope = "scope", Forbidden, "The credential was not granted the scope.";
    Impersonation = "impersonation", Forbidden, "Somebody else acts as the user.";
    SessionAgeUnknown = "session_age_unknown", Forbidden,
        "The token does not say when the session began.";
    FirstFactorUnknown = "first_factor_unknown", Forbidden,
        "The token does not say when the first factor was verified.";
    Condition = "condition", Forbidden, "The rule's condition does not hold.";
    ConditionError = "condition_error", Forbidden, "The rule's condition could not be worked out.";
    FirstFactorStale = "first_factor_stale", Forbidden,
        "The user must verify the first factor again.";
    Reverification = "reverification", Forbidden,
        "The user must verify their credentials again.";
    Alternatives = "alternatives", Forbidden, "None of the alternatives the policy names holds.";
    Excluded = "excluded", Forbidden, "Something holds that the policy excludes.";
    NoRoute = "no_route", Forbidden, "The policy names no route for this request.";
    UnknownAction = "unknown_action", Forbidden, "The policy names no such action.";
    SubjectMismatch = "subject_mismatch", Forbidden,
        "The credential is not the subject's that the question names.";
    UntrustedPeer = "untrusted_peer", Forbidden,
        "Whoever asks is not among the proxies that may ask for others.";

    AmbiguousPath = "ambiguous_path", Ambiguous, "The path can be read in more than one way.";
    AmbiguousHost = "ambiguous_host", Ambiguous, "The host can be read in more than one way.";
    AmbiguousHeader = "ambiguous_header", Ambiguous,
        "A header can be read as one that tells services who is signed in.";
    MalformedRequest = "malformed_request", Ambiguous, "The request to decide about is incomplete.";

    TokenKeyPending = "token_key_pending", Unavailable,
        "The token names a signing key that is not known yet; Clerk is asked for such keys every few seconds.";
    KeysUnavailable = "keys_unavailable", Unavailable,
        "The signing keys of the Clerk instance cannot be had right now.";
    UpstreamUnavailable = "upstream_unavailable", Unavailable,
        "Clerk has to be asked about the session or the credential, and cannot be right now.";
    Overloaded = "overloaded", Unavailable,
        "More is being asked than can be answered right now.";
    RevocationUnavailable = "revocation_unavailable", Unavailable,
        "What other replicas have heard of revocations cannot be had right now.";
    Misconfigured = "misconfigured", Unavailable,
        "The settings or the policy lack something that is asked for.";
    InternalError = "internal_error", Unavailable, "Bailiff failed while deciding.";
}

impl Reason {
    /// Whether the users themselves can mend it, by proving anew who they are. It is said only where
    /// all else holds, so that nobody does so in vain.
    #[must_use]
    pub const fn is_mended_by_proving_anew(self) -> bool {
        matches!(self, Self::SessionTooOld) || self.is_mended_by_verifying_again()
    }

    /// Whether verifying credentials again mends it, for which Clerk's front end has a dialog.
    #[must_use]
    pub const fn is_mended_by_verifying_again(self) -> bool {
        matches!(self, Self::FirstFactorStale | Self::Reverification)
    }

    /// Whether it says that something cannot be known, so that its opposite cannot be either.
    #[must_use]
    pub const fn is_about_the_unknown(self) -> bool {
        matches!(self, Self::SessionAgeUnknown | Self::FirstFactorUnknown | Self::ConditionError)
    }

    /// Whether signing in again mends it, so that a browser is sent to do so. It does not where the
    /// sign-in page would send the same browser straight back with the same kind of token: that
    /// would go on for ever.
    #[must_use]
    pub const fn is_mended_by_signing_in(self) -> bool {
        matches!(
            self,
            Self::SignedOut
                | Self::SessionRevoked
                | Self::SessionStale
                | Self::TokenInvalid
                | Self::TokenInvalidSignature
                | Self::TokenUnknownKey
                | Self::TokenExpired
        )
    }
}

#[cfg(test)]
mod tests {
    use super::Reason;
    use std::collections::HashSet;

    #[test]
    fn codes_are_unique_snake_case_words() {
        let codes: HashSet<_> = Reason::ALL.iter().map(|reason| reason.code()).collect();
        assert_eq!(codes.len(), Reason::ALL.len());
        for code in codes {
            assert!(code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'), "{code}");
        }
    }

    #[test]
    fn meanings_are_sentences() {
        for reason in Reason::ALL {
            assert!(reason.meaning().ends_with('.'), "{reason:?}");
        }
    }
}
