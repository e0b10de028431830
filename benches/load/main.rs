//! `Check` over gRPC, Bailiff against a bare server that allows everything, in one run.
//!
//! ```sh
//! cargo bench --bench load                 # 5 rounds of 2 seconds for each server and transport
//! cargo bench --bench load -- 9 3          # 9 rounds of 3 seconds
//! cargo bench --bench load -- half 5 2     # latency at half of what the bare server can do
//! cargo bench --bench load -- envoy 5 2    # behind a real Envoy, beside a bare server that tells the same
//! cargo bench --bench load -- memory       # resident memory, idle and with 100,000 tokens in the cache
//! cargo bench --bench load -- reload 5 4   # Bailiff with 10,000 rules, left alone and reloaded in turn
//! ```
//!
//! Rounds alternate between the two servers, so that whatever else the machine does meets both. What
//! counts is the ratio. The bare server is a process of its own, like Bailiff: this program again.
//! Envoy is `BAILIFF_ENVOY`, or the one that the tests have obtained.

#![expect(clippy::print_stdout, reason = "the figures are what this program is for")]
#![expect(clippy::disallowed_methods, reason = "it measures wall time of real servers")]

mod caller;
mod compare;
mod envoy;
mod memory;
mod reload;
mod request;
mod servers;
mod traffic;

use std::{env, error::Error, path::Path, time::Duration};

type Failure = Box<dyn Error + Send + Sync>;

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = env::args().skip(1).filter(|word| word != "--bench").collect();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let length = |seconds: &str| seconds.parse().map(Duration::from_secs);
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["bare", socket, answer] => {
            runtime.block_on(servers::serve_bare(Path::new(socket), Path::new(answer)))
        }
        [] => runtime.block_on(compare::throughput(5, Duration::from_secs(2))),
        ["memory"] => runtime.block_on(memory::measure()),
        [rounds, seconds] => {
            runtime.block_on(compare::throughput(rounds.parse()?, length(seconds)?))
        }
        ["half", rounds, seconds] => {
            runtime.block_on(compare::at_half_load(rounds.parse()?, length(seconds)?))
        }
        ["envoy", rounds, seconds] => {
            runtime.block_on(envoy::compare(rounds.parse()?, length(seconds)?))
        }
        ["reload", rounds, seconds] => {
            runtime.block_on(reload::measure(rounds.parse()?, length(seconds)?))
        }
        _ => Err("usage: load [memory | [half | envoy | reload] ROUNDS SECONDS]".into()),
    }
}

/// The middle one of the values.
fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
