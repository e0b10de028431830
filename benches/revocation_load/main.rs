//! Revocation under load, with real sidecars, a real Redis and a stand-in for Clerk.
//!
//! ```sh
//! cargo bench --bench revocation_load -- reach 1000       # from the webhook to a refusal at three replicas
//! cargo bench --bench revocation_load -- flood 1000000    # forged webhooks, then made-up credentials
//! cargo bench --bench revocation_load -- flood 100000 2000    # so many in a second instead of all that fit
//! cargo bench --bench revocation_load -- chaos 10000      # while Redis and replicas are killed and started
//! ```
//!
//! Everything is on loopback. Each kind ends with an error if a session that was revoked is let through or
//! one that lives is refused. None takes longer than its [`LONGEST`]: a flood is then cut short, which its
//! figures say, and anything else fails. Redis is the `redis-server` of the search path.

#![expect(clippy::print_stdout, reason = "the figures are what this program is for")]
#![expect(clippy::disallowed_methods, reason = "it measures wall time of real servers")]

mod asking;
mod chaos;
mod clerk;
mod figures;
mod flood;
mod flooder;
mod reach;
mod redis;
mod replica;
mod webhooks;

use std::{env, error::Error, time::Duration};

type Failure = Box<dyn Error + Send + Sync>;

/// How long one run may take.
const LONGEST: Duration = Duration::from_secs(300);

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = env::args().skip(1).filter(|word| word != "--bench").collect();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let run = async {
            match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
                ["reach", count] => reach::measure(count.parse()?).await,
                ["flood", count] => flood::measure(count.parse()?, None).await,
                ["flood", count, rate] => flood::measure(count.parse()?, Some(rate.parse()?)).await,
                ["chaos", count] => chaos::measure(count.parse()?).await,
                ["flooder", kind, address, order] => {
                    flooder::run(kind, address, serde_json::from_str(order)?).await
                }
                _ => Err(
                    "usage: revocation_load reach COUNT | flood COUNT [PER_SECOND] | chaos COUNT"
                        .into(),
                ),
            }
        };
        tokio::time::timeout(LONGEST, run).await?
    })
}
