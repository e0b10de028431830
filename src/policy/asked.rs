//! Requirements asked ad hoc, held to the same rules as those in a policy.

use super::{compile, problem::Problem, requirement::Requirement};
use crate::core::{question::AskedRequirement, reverification::Reverification};
use thiserror::Error;

/// A field of an asked requirement that asks for what can never be answered.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{field}: {problem}")]
pub struct AskedError {
    /// The field of [`AskedRequirement`].
    pub field: &'static str,
    /// The element of the list, counted from 0; `None` where the field is no list.
    pub index: Option<usize>,
    /// What is wrong with it.
    pub problem: Problem,
}

impl AskedError {
    /// Where in the requirement it is: `permissions[2]`.
    #[must_use]
    pub fn place(&self) -> String {
        match self.index {
            Some(index) => format!("{}[{index}]", self.field),
            None => self.field.to_owned(),
        }
    }
}

impl Requirement {
    /// Takes what was asked ad hoc: everything must hold. Nothing asked is a signed-in user.
    ///
    /// # Errors
    /// [`AskedError`] names the first field that no user could ever satisfy by its form.
    pub fn from_asked(asked: &AskedRequirement<'_>) -> Result<Self, AskedError> {
        let mut parts = Vec::new();
        if let Some(organization) = asked.organization {
            let read = compile::organization(organization);
            parts.push(read.map_err(|problem| wrong("organization", None, problem))?);
        }
        each("roles", &asked.roles, compile::role, &mut parts)?;
        each("permissions", &asked.permissions, compile::permission, &mut parts)?;
        let feature = |text: &str| compile::entitlement("a feature", text).map(Self::Feature);
        each("features", &asked.features, feature, &mut parts)?;
        let plan = |text: &str| compile::entitlement("a plan", text).map(Self::Plan);
        each("plans", &asked.plans, plan, &mut parts)?;
        if let Some(reverification) = asked.reverification {
            if let Reverification::Window { after_minutes, .. } = reverification
                && compile::after_minutes(after_minutes.get()).is_none()
            {
                return Err(wrong("reverification", None, Problem::AfterMinutes));
            }
            parts.push(Self::Reverification(reverification));
        }
        parts.extend(asked.scopes.iter().map(|&scope| Self::Scope(scope.into())));
        parts.extend(asked.credentials.map(Self::Credential));
        Ok(Self::all(parts))
    }
}

fn each(
    field: &'static str,
    names: &[&str],
    read: impl Fn(&str) -> Result<Requirement, Problem>,
    parts: &mut Vec<Requirement>,
) -> Result<(), AskedError> {
    for (index, name) in names.iter().enumerate() {
        parts.push(read(name).map_err(|problem| wrong(field, Some(index), problem))?);
    }
    Ok(())
}

const fn wrong(field: &'static str, index: Option<usize>, problem: Problem) -> AskedError {
    AskedError { field, index, problem }
}
