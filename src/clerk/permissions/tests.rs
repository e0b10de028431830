use super::{Granted, decode};
use crate::core::entitlement::Entitlements;
use proptest::prelude::*;

fn granted(features: &str, names: &str, masks: &str) -> Granted {
    decode(&Entitlements::parse(features).unwrap(), names, masks)
}

fn permissions(features: &str, names: &str, masks: &str) -> Vec<String> {
    granted(features, names, masks).permissions.iter().map(ToString::to_string).collect()
}

#[test]
fn each_mask_says_which_permissions_its_feature_has() {
    let three = ["org:reports:view", "org:reports:purge", "org:vault:export"];
    for features in ["o:reports,o:vault,o:audit", "o:reports,uo:vault,u:badge"] {
        assert_eq!(permissions(features, "view,export,purge", "5,2,0"), three, "{features}");
    }
    assert_eq!(permissions(" o:reports , o:vault ", " view , export , purge ", " 5 , 2 "), three);
}

#[test]
fn a_mask_of_any_width_is_exact() {
    let names: Vec<String> = (0..70).map(|n| format!("p{n}")).collect();
    let names = names.join(",");
    let two = ["org:a:p0", "org:a:p65"];
    assert_eq!(permissions("o:a", &names, "36893488147419103233"), two);
    assert_eq!(permissions("o:a", &names, "0000036893488147419103233"), two);
    // 2^200 is beyond every permission and changes none of those below.
    let wide = "1606938044258990275541962092341162602522202993782792835301377";
    assert_eq!(permissions("o:a", &names, wide), ["org:a:p0"]);
}

#[test]
fn a_malformed_mask_gives_its_own_feature_nothing() {
    assert_eq!(permissions("o:a,o:b,o:c,o:d", "x", "1,zz,-1,01"), ["org:a:x", "org:d:x"]);
    for mask in ["+1", "1.0", "0x1", "1e0", " ", "1 1", "\u{661}", ""] {
        assert!(permissions("o:a", "x", mask).is_empty(), "{mask:?}");
    }
}

#[test]
fn extra_masks_features_and_bits_count_for_nothing() {
    assert_eq!(permissions("o:a", "x", "3,1,1"), ["org:a:x"]);
    assert_eq!(permissions("o:a,o:b", "x", "1"), ["org:a:x"]);
    assert!(permissions("", "x", "1").is_empty());
    assert!(permissions("o:a", "", "1").is_empty());
    assert!(permissions("o:a", "x", "").is_empty());
    assert!(permissions("u:a,x:b", "x", "1,1").is_empty());
}

#[test]
fn where_the_two_readings_differ_only_what_both_grant_is_granted() {
    let shifted = granted("u:badge,o:reports,o:vault", "view,export,purge", "0,5,2");
    assert!(shifted.ambiguous && shifted.permissions.is_empty(), "{shifted:?}");
    let overlapping = granted("u:badge,o:reports,o:vault", "view,export", "1,3,1");
    assert!(overlapping.ambiguous);
    assert_eq!(
        overlapping.permissions.iter().map(|name| &**name).collect::<Vec<_>>(),
        ["org:reports:view", "org:vault:view"]
    );
    assert!(!granted("o:reports,u:badge", "view", "1,0").ambiguous);
    assert!(!granted("u:badge,o:reports", "view", "1,1").ambiguous, "same bits, same answer");
}

/// The two readings as Clerk's SDKs have them, on 128-bit masks.
fn readings(features: &[(&str, u8)], names: usize, masks: &[u128]) -> [Vec<String>; 2] {
    let organization = |scope: &str| matches!(scope, "o" | "ou" | "uo");
    let mut found = [Vec::new(), Vec::new()];
    let mut among_organization = 0;
    for (among_all, (scope, feature)) in features.iter().enumerate() {
        if !organization(scope) {
            continue;
        }
        for (reading, position) in [among_organization, among_all].into_iter().enumerate() {
            let mask = masks.get(position).copied().unwrap_or(0);
            for bit in (0..names).filter(|bit| mask >> bit & 1 == 1) {
                found[reading].push(format!("org:f{feature}:p{bit}"));
            }
        }
        among_organization += 1;
    }
    found
}

proptest! {
    #[test]
    fn nothing_is_granted_that_either_reading_denies(
        features in prop::collection::vec((prop::sample::select(vec!["o", "u", "ou", "uo", "x"]), any::<u8>()), 0..6),
        names in 0_usize..120,
        masks in prop::collection::vec(any::<u128>(), 0..6),
    ) {
        let claim: Vec<String> = features.iter().map(|(scope, n)| format!("{scope}:f{n}")).collect();
        let list: Vec<String> = (0..names).map(|n| format!("p{n}")).collect();
        let decimal: Vec<String> = masks.iter().map(u128::to_string).collect();
        let found = granted(&claim.join(","), &list.join(","), &decimal.join(","));
        let [left, right] = readings(&features, names, &masks);
        for permission in &found.permissions {
            let permission = permission.to_string();
            prop_assert!(left.contains(&permission) && right.contains(&permission));
        }
        prop_assert_eq!(found.ambiguous, left != right);
        if left == right {
            let all: Vec<String> = found.permissions.iter().map(ToString::to_string).collect();
            prop_assert_eq!(all, left);
        }
    }

    #[test]
    fn no_claim_makes_decoding_panic(features in "[ou:,a ]{0,30}", names in "\\PC{0,30}", masks in "\\PC{0,30}") {
        if let Ok(features) = Entitlements::parse(&features) {
            let _ = decode(&features, &names, &masks);
        }
    }
}
