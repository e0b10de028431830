//! Writes permissions as version 2 tokens do: a list of features, a list of permission names, and
//! for each feature a mask that says which of the names it has.

/// The claims `fea`, `o.per` and `o.fpm`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct FeaturePermissions {
    /// Claim `fea`: features with their scopes. The organization's come first, so that every reading
    /// of the masks finds the same feature at the same place.
    pub features: String,
    /// Claim `o.per`: permission names.
    pub permissions: String,
    /// Claim `o.fpm`: one decimal mask per feature, of any width.
    pub masks: String,
}

impl FeaturePermissions {
    /// Encodes permissions written in full (`org:invoices:read`) over features with their scopes
    /// (`o:invoices`). Permissions of other features, or not of that form, cannot be written.
    pub(super) fn encode<'p>(
        features: &[String],
        permissions: impl Iterator<Item = &'p String>,
    ) -> Self {
        let of_organization =
            |feature: &&String| matches!(feature.split_once(':'), Some(("o" | "ou" | "uo", _)));
        let (mut ordered, others): (Vec<_>, Vec<_>) = features.iter().partition(of_organization);
        let organization_features = ordered.len();
        ordered.extend(others);

        let mut names: Vec<&str> = Vec::new();
        let mut held: Vec<Vec<usize>> = vec![Vec::new(); ordered.len()];
        for permission in permissions {
            let Some((feature, name)) =
                permission.strip_prefix("org:").and_then(|rest| rest.split_once(':'))
            else {
                continue;
            };
            let place = ordered
                .iter()
                .take(organization_features)
                .position(|scoped| scoped.split_once(':').is_some_and(|(_, slug)| slug == feature));
            let Some(bits) = place.and_then(|place| held.get_mut(place)) else { continue };
            let bit = names.iter().position(|&known| known == name).unwrap_or_else(|| {
                names.push(name);
                names.len() - 1
            });
            bits.push(bit);
        }
        let masks: Vec<_> = held.iter().map(|bits| decimal_mask(bits)).collect();
        Self {
            features: ordered.iter().map(|feature| feature.as_str()).collect::<Vec<_>>().join(","),
            permissions: names.join(","),
            masks: masks.join(","),
        }
    }
}

/// The decimal number with these bits set, of any width.
fn decimal_mask(bits: &[usize]) -> String {
    let width = bits.iter().max().map_or(0, |highest| highest + 1);
    // Lowest digit first; every bit from the highest down doubles the number and adds itself.
    let mut digits = vec![0_u8];
    for bit in (0..width).rev() {
        let mut carry = u8::from(bits.contains(&bit));
        for digit in &mut digits {
            let doubled = *digit * 2 + carry;
            *digit = doubled % 10;
            carry = doubled / 10;
        }
        if carry > 0 {
            digits.push(carry);
        }
    }
    digits.iter().rev().map(|digit| char::from(b'0' + digit)).collect()
}

#[cfg(test)]
mod tests {
    use super::{FeaturePermissions, decimal_mask};

    fn encode(features: &[&str], permissions: &[&str]) -> [String; 3] {
        let owned = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect::<Vec<_>>();
        let encoded = FeaturePermissions::encode(&owned(features), owned(permissions).iter());
        [encoded.features, encoded.permissions, encoded.masks]
    }

    #[test]
    fn each_feature_gets_a_mask_over_the_names_in_order_of_appearance() {
        assert_eq!(
            encode(
                &["o:reports", "o:vault", "o:audit"],
                &["org:reports:view", "org:vault:export", "org:reports:purge"]
            ),
            ["o:reports,o:vault,o:audit", "view,export,purge", "5,2,0"]
        );
    }

    #[test]
    fn features_of_the_user_come_last_and_hold_no_permission() {
        assert_eq!(
            encode(&["u:badge", "uo:vault"], &["org:vault:view", "org:badge:view"]),
            ["uo:vault,u:badge", "view", "1,0"]
        );
    }

    #[test]
    fn permissions_of_features_that_are_not_there_are_left_out() {
        assert_eq!(
            encode(&["o:reports"], &["org:vault:view", "view", "org:view"]),
            ["o:reports", "", "0"]
        );
    }

    #[test]
    fn masks_are_exact_at_any_width() {
        for (bits, mask) in [
            (&[][..], "0"),
            (&[0], "1"),
            (&[0, 2], "5"),
            (&[63], "9223372036854775808"),
            (&[0, 65], "36893488147419103233"),
            (&[128], "340282366920938463463374607431768211456"),
        ] {
            assert_eq!(decimal_mask(bits), mask, "{bits:?}");
        }
    }
}
