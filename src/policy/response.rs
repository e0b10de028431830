//! Where a browser is sent when a request is refused.

use crate::core::location::Location;

/// Addresses that the policy names under `responses`; each is absent where it names none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Responses {
    /// Where to sign in, in place of the instance's own page.
    pub sign_in: Option<Location>,
    /// Where to choose an organization.
    pub organization_selection: Option<Location>,
}

impl Responses {
    /// What holds for a policy without `responses`.
    pub(super) const NONE: Self = Self { sign_in: None, organization_selection: None };
}
