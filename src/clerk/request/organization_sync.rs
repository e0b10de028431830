//! The organization that a path names, against the one that is active in the session.

use super::path_pattern::PathPattern;
pub use super::path_pattern::PatternError;
use crate::{clerk::browser::BrowserSettingsError, core::organization::ActiveOrganization};

/// Patterns of paths that belong to an organization, or to the personal account.
#[derive(Clone, Debug)]
pub struct OrganizationSync {
    organization: Vec<PathPattern>,
    personal_account: PersonalAccount,
}

#[derive(Clone, Debug)]
enum PersonalAccount {
    Nowhere,
    Everywhere,
    At(Vec<PathPattern>),
}

/// Whose page a path is.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Target {
    OrganizationId(String),
    OrganizationSlug(String),
    PersonalAccount,
}

impl OrganizationSync {
    /// No patterns: paths say nothing.
    #[must_use]
    pub const fn none() -> Self {
        Self { organization: Vec::new(), personal_account: PersonalAccount::Nowhere }
    }

    /// Compiles the patterns. As in Clerk's package, a list for the personal account that is given and
    /// empty means every path.
    pub(in crate::clerk) fn compile(
        organization: &[String],
        personal_account: Option<&[String]>,
    ) -> Result<Self, BrowserSettingsError> {
        Ok(Self {
            organization: compile(organization)?,
            personal_account: match personal_account {
                None => PersonalAccount::Nowhere,
                Some([]) => PersonalAccount::Everywhere,
                Some(patterns) => PersonalAccount::At(compile(patterns)?),
            },
        })
    }

    fn target(&self, path: &str) -> Option<Target> {
        // The first pattern that matches stands for the list.
        let captured = self.organization.iter().find_map(|pattern| pattern.matches(path));
        if let Some(captured) = captured {
            let named = |name| captured.get(name).filter(|value| !value.is_empty());
            if let Some(id) = named("id") {
                return Some(Target::OrganizationId(id.to_owned()));
            }
            if let Some(slug) = named("slug") {
                return Some(Target::OrganizationSlug(slug.to_owned()));
            }
        }
        let personal = match &self.personal_account {
            PersonalAccount::Nowhere => false,
            PersonalAccount::Everywhere => true,
            PersonalAccount::At(patterns) => {
                patterns.iter().any(|pattern| pattern.matches(path).is_some())
            }
        };
        personal.then_some(Target::PersonalAccount)
    }

    /// What a handshake asks to be activated: an id or slug, or nothing for the personal account.
    pub(super) fn handshake_parameter(&self, path: &str) -> Option<String> {
        self.target(path).map(|target| match target {
            Target::OrganizationId(name) | Target::OrganizationSlug(name) => name,
            Target::PersonalAccount => String::new(),
        })
    }

    /// Whether the path is another organization's, or the personal account's while one is active.
    pub(super) fn differs(&self, path: &str, active: Option<&ActiveOrganization>) -> bool {
        match self.target(path) {
            None => false,
            Some(Target::PersonalAccount) => active.is_some(),
            Some(Target::OrganizationId(id)) => active.is_none_or(|org| org.id.as_str() != id),
            Some(Target::OrganizationSlug(slug)) => active
                .and_then(|org| org.slug.as_ref())
                .is_none_or(|active| active.as_str() != slug),
        }
    }
}

fn compile(patterns: &[String]) -> Result<Vec<PathPattern>, BrowserSettingsError> {
    let compile = |pattern: &String| {
        PathPattern::compile(pattern)
            .map_err(|reason| BrowserSettingsError::Pattern { pattern: pattern.clone(), reason })
    };
    patterns.iter().map(compile).collect()
}

#[cfg(test)]
mod tests;
