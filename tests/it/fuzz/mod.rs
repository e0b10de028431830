//! Searches for inputs that break a promise. Each target asserts what must hold for every input, not
//! only that nothing panics.
//!
//! Every target begins with the files in `corpus/<target>`, as they are, then changes them at random
//! for [`SEARCH`]: what it is fed are bytes that say how. So the same targets serve engines that are
//! led by coverage. To search longer:
//!
//! ```sh
//! BOLERO_RANDOM_TEST_TIME_MS=600000 cargo test --test it fuzz::path                    # ten minutes
//! cargo bolero test --all-features fuzz::path::every_path_has_one_reading              # libFuzzer
//! ```
//!
//! An input that broke something becomes a file in the corpus and a test beside what was mended.

mod authorization;
mod check_request;
mod claims;
mod condition;
mod cookies;
mod corpus;
mod masks;
mod path;
mod policy;
mod settings;
mod token;
mod webhook;

use corpus::Corpus;
use std::time::Duration;

/// How long a target searches unless told otherwise.
const SEARCH: Duration = Duration::from_secs(5);

/// Runs a target: `broken` is told every file of the corpus, then what becomes of them.
macro_rules! search {
    ($corpus:expr, $holds:expr) => {{
        let corpus: crate::fuzz::Corpus = $corpus;
        let holds = $holds;
        corpus.files().for_each(&holds);
        bolero::check!()
            .with_test_time(crate::fuzz::SEARCH)
            .for_each(|bytes: &[u8]| holds(&corpus.changed(bytes)));
    }};
}
use search;
