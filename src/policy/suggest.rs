//! "Did you mean": the known word that is close to a misspelt one.

use strsim::osa_distance;

/// Texts longer than this are no misspelling of anything known.
const LONGEST: usize = 40;

/// The candidate nearest to `word`, if it is near enough to be meant: one slip for every three of its
/// characters, letter case aside.
pub(super) fn closest<'c>(word: &str, candidates: &[&'c str]) -> Option<&'c str> {
    if word.is_empty() || word.len() > LONGEST {
        return None;
    }
    let word = word.to_ascii_lowercase();
    candidates
        .iter()
        .map(|&candidate| (osa_distance(&word, &candidate.to_ascii_lowercase()), candidate))
        .filter(|&(distance, candidate)| distance <= 1.max(candidate.len() / 3))
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::closest;

    #[test]
    fn a_slip_finds_the_word_that_was_meant() {
        let words = ["public", "optional", "signed_in", "denied"];
        for (slip, meant) in [
            ("pubilc", Some("public")),
            ("Signed_In", Some("signed_in")),
            ("signed-in", Some("signed_in")),
            ("signedin", Some("signed_in")),
            ("denid", Some("denied")),
            ("authenticated", None),
            ("", None),
            ("x", None),
        ] {
            assert_eq!(closest(slip, &words), meant, "{slip}");
        }
    }

    #[test]
    fn a_huge_word_costs_nothing() {
        assert_eq!(closest(&"a".repeat(1 << 20), &["a"]), None);
    }
}
