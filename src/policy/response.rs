//! Where a browser is sent when a request is refused, and in whose words a refusal is said.

pub(super) mod check;

use crate::core::{
    asker::Asker, location::Location, presentation::CustomResponse, reason::Category,
};
pub(super) use check::{LONGEST_BODY, LONGEST_MESSAGE, check_body, check_hiding, check_status};
pub use check::{ResponseError, StatusError};
use std::sync::Arc;

/// What the policy says under `responses`; each is absent where it says nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Responses {
    /// Where to sign in, in place of the instance's own page.
    pub sign_in: Option<Location>,
    /// Where to choose an organization.
    pub organization_selection: Option<Location>,
    /// Refusals for want of a credential.
    pub signed_out: ByAsker,
    /// Refusals of an identity.
    pub forbidden: ByAsker,
    /// Refusals of requests that have more than one reading.
    pub ambiguous: ByAsker,
    /// Refusals because Bailiff cannot tell.
    pub unavailable: ByAsker,
}

/// The words for one category of refusals, by who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ByAsker {
    /// For browsers that load a page.
    pub browser: Option<Arc<CustomResponse>>,
    /// For other programs.
    pub api: Option<Arc<CustomResponse>>,
    /// For gRPC clients.
    pub grpc: Option<Arc<CustomResponse>>,
}

impl Responses {
    /// What holds for a policy without `responses`.
    pub(super) const NONE: Self = Self {
        sign_in: None,
        organization_selection: None,
        signed_out: ByAsker::NONE,
        forbidden: ByAsker::NONE,
        ambiguous: ByAsker::NONE,
        unavailable: ByAsker::NONE,
    };

    /// The policy's own words for a refusal.
    #[must_use]
    pub const fn custom(&self, category: Category, asker: Asker) -> Option<&Arc<CustomResponse>> {
        let by_asker = match category {
            Category::Allowed => return None,
            Category::Unauthenticated => &self.signed_out,
            Category::Forbidden => &self.forbidden,
            Category::Ambiguous => &self.ambiguous,
            Category::Unavailable => &self.unavailable,
        };
        by_asker.of(asker)
    }
}

impl ByAsker {
    pub(super) const NONE: Self = Self { browser: None, api: None, grpc: None };

    /// The words for one kind of caller.
    #[must_use]
    pub const fn of(&self, asker: Asker) -> Option<&Arc<CustomResponse>> {
        match asker {
            Asker::Browser => self.browser.as_ref(),
            Asker::Api => self.api.as_ref(),
            Asker::Grpc => self.grpc.as_ref(),
        }
    }
}
