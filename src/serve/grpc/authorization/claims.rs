//! `GetClaims`: who a credential names.

use super::{AuthorizationDoor, convert, credential, question};
use crate::serve::grpc::{structs, violations::Violations};
use crate::{
    core::{
        credential::CredentialKinds,
        reason::{Category, Reason},
    },
    pb::v1::{GetClaimsRequest, GetClaimsResponse},
    serve::grpc::status,
};
use tonic::{Status, metadata::MetadataMap};

impl AuthorizationDoor {
    pub(super) async fn claims_of(
        &self,
        mut message: GetClaimsRequest,
        metadata: &MetadataMap,
    ) -> Result<GetClaimsResponse, Status> {
        credential::lower_case_names(message.credential.as_mut());
        let mut violations = Violations::new();
        violations.bound("instance", &message.instance, question::MAX_NAME_BYTES);
        let accepts = question::credentials("credentials", &message.credentials, &mut violations);
        violations.into_result()?;

        let source = credential::given(message.credential.as_ref())
            .unwrap_or_else(|| credential::of_call(metadata));
        let instance = Some(&*message.instance).filter(|name| !name.is_empty());
        let accepts = accepts.unwrap_or(CredentialKinds::SESSION);
        let identified = self.authorizer.identify(&source, accepts, instance).await;
        let unknown = instance.is_some_and(|name| !self.authorizer.has_instance(name));
        let identity = identified.map_err(|reason| nobody(reason, unknown))?;
        let caller = identity.caller().ok_or_else(|| nobody(Reason::SignedOut, false))?;
        let claims = structs::from_json(caller.claims().as_json())
            .ok_or_else(|| status::internal("the claims cannot be told"))?;
        Ok(GetClaimsResponse { claims: Some(claims), identity: Some(convert::identity(caller)) })
    }
}

/// Why nobody was identified.
fn nobody(reason: Reason, unknown_instance: bool) -> Status {
    if reason == Reason::Misconfigured && unknown_instance {
        let mut violations = Violations::new();
        violations.add("instance", "is not in the settings");
        return violations.into_result().err().unwrap_or_else(|| status::unavailable(reason));
    }
    match reason.category() {
        Category::Unavailable => status::unavailable(reason),
        Category::Allowed
        | Category::Unauthenticated
        | Category::Forbidden
        | Category::Ambiguous => status::unauthenticated(reason),
    }
}

#[cfg(test)]
mod tests {
    use super::nobody;
    use crate::core::reason::Reason;
    use tonic::Code;

    #[test]
    fn a_credential_that_names_nobody_is_unauthenticated() {
        for reason in [Reason::SignedOut, Reason::TokenExpired, Reason::SessionPending] {
            assert_eq!(nobody(reason, true).code(), Code::Unauthenticated, "{reason:?}");
        }
    }

    #[test]
    fn missing_keys_are_unavailable_and_an_unknown_instance_a_mistake() {
        assert_eq!(nobody(Reason::KeysUnavailable, true).code(), Code::Unavailable);
        assert_eq!(nobody(Reason::Misconfigured, false).code(), Code::Unavailable);
        assert_eq!(nobody(Reason::Misconfigured, true).code(), Code::InvalidArgument);
    }

    #[test]
    fn no_reason_is_a_success() {
        for &reason in Reason::ALL {
            assert_ne!(nobody(reason, false).code(), Code::Ok, "{reason:?}");
        }
    }
}
