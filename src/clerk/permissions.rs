//! Permissions of version-2 tokens: feature names crossed with bit masks.
//!
//! The claim `o.fpm` lists one mask per feature, `o.per` the permission of each bit. Clerk's SDKs
//! disagree on which features a mask is counted against: all of `fea`, or those of organization scope
//! only. The two differ when a feature of the user alone precedes one of the organization; then only
//! what both grant is granted.

use crate::core::entitlement::{Entitlement, Entitlements};

/// Permissions and whether the two readings of the masks differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Granted {
    /// Full names, `org:<feature>:<permission>`, in the order of features and bits.
    pub(super) permissions: Box<[Box<str>]>,
    /// Whether one reading grants something that the other does not.
    pub(super) ambiguous: bool,
}

/// Decodes `o.per` and `o.fpm` against the features of the token.
#[must_use]
pub(super) fn decode(features: &Entitlements, names: &str, masks: &str) -> Granted {
    let names: Vec<&str> = list(names).collect();
    let masks: Vec<Mask> = list(masks).map(|mask| Mask::parse(mask, names.len())).collect();
    let mut permissions = Vec::new();
    let mut ambiguous = false;
    let of_organization = |(_, feature): &(usize, &Entitlement)| feature.organization;
    let granting = features.iter().enumerate().filter(of_organization).enumerate();
    for (among_organization, (among_all, feature)) in granting {
        for (bit, name) in names.iter().enumerate() {
            let granted = |position: usize| masks.get(position).is_some_and(|mask| mask.holds(bit));
            match (granted(among_organization), granted(among_all)) {
                (true, true) => permissions.push(format!("org:{}:{name}", feature.slug).into()),
                (false, false) => {}
                (true, false) | (false, true) => ambiguous = true,
            }
        }
    }
    Granted { permissions: permissions.into(), ambiguous }
}

fn list(claim: &str) -> impl Iterator<Item = &str> {
    claim.split(',').map(str::trim).filter(move |_| !claim.is_empty())
}

/// A mask of any width, as far up as there are permissions: 32 bits an element, lowest first.
struct Mask(Vec<u32>);

impl Mask {
    /// Reads a decimal number; anything else holds no bit. Bits at or above `width` are dropped: what
    /// they are cannot change the bits below.
    fn parse(decimal: &str, width: usize) -> Self {
        if decimal.is_empty() || !decimal.bytes().all(|byte| byte.is_ascii_digit()) {
            return Self(Vec::new());
        }
        let mut words = vec![0_u32; width.div_ceil(32)];
        for digit in decimal.bytes() {
            let mut carry = u64::from(digit - b'0');
            for word in &mut words {
                let product = u64::from(*word) * 10 + carry;
                (*word, carry) = (low_word(product), product >> 32);
            }
        }
        Self(words)
    }

    fn holds(&self, bit: usize) -> bool {
        self.0.get(bit / 32).is_some_and(|word| word >> (bit % 32) & 1 == 1)
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the low half is what is wanted")]
const fn low_word(product: u64) -> u32 {
    product as u32
}

#[cfg(test)]
mod tests;
