//! Whom a machine credential is meant for.

use super::error::MachineError;
use crate::clerk::instance::{Instance, WhenMissing};

/// Checks that a machine-to-machine token is meant for the machine that Bailiff stands for, where the
/// settings name it: that machine must be among its scopes.
pub(super) fn m2m(instance: &Instance, scopes: &[Box<str>]) -> Result<(), MachineError> {
    match &instance.machines.id {
        Some(machine) if !scopes.contains(machine) => Err(MachineError::OtherMachine),
        Some(_) | None => Ok(()),
    }
}

/// The same for a JWT, which can name the machine as its audience as well.
///
/// Where the settings list audiences, an `aud` that the token has must name one of them or that
/// machine, as in Clerk's package. A token without `aud` that does not name the machine either counts
/// as the settings say.
pub(super) fn m2m_jwt(
    instance: &Instance,
    scopes: &[Box<str>],
    audience: Option<&[Box<str>]>,
) -> Result<(), MachineError> {
    let machine = instance.machines.id.as_ref();
    let named_in = |list: &[Box<str>]| machine.is_some_and(|machine| list.contains(machine));
    let is_named = named_in(scopes) || audience.is_some_and(named_in);
    if machine.is_some() && !is_named {
        return Err(MachineError::OtherMachine);
    }
    let accepts = |names: &[Box<str>]| {
        named_in(names) || names.iter().any(|name| instance.audiences.contains(name))
    };
    let accepted = instance.audiences.is_empty()
        || match audience {
            Some(names) => accepts(names),
            None => is_named || instance.missing_audience == WhenMissing::Accept,
        };
    if accepted { Ok(()) } else { Err(MachineError::Audience) }
}

/// Checks that an OAuth access token is meant for one of the audiences, where the settings list any.
/// One that names none is refused, whatever the settings say of session tokens.
pub(super) fn oauth(
    instance: &Instance,
    audience: Option<&[Box<str>]>,
) -> Result<(), MachineError> {
    if instance.audiences.is_empty() {
        return Ok(());
    }
    let names = audience.ok_or(MachineError::Audience)?;
    let well_formed = names.iter().all(|name| !name.is_empty());
    let accepted = names.iter().any(|name| instance.audiences.contains(name));
    if well_formed && accepted { Ok(()) } else { Err(MachineError::Audience) }
}
