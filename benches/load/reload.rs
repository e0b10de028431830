//! What replacing a policy of 10,000 rules every second costs whoever asks meanwhile.

use crate::{
    Failure, median,
    request::{check_request, token},
    servers::{POLICY, resident, start_bailiff},
    traffic::{CONNECTIONS, Round, load},
};
use bailiff::stand_in::keys::SigningKey;
use std::time::Duration;

/// Few enough that the machine is not busy: what is asked is how long a reload makes others wait.
const IN_FLIGHT: usize = 4;
const RULES: usize = 10_000;

pub(crate) async fn measure(rounds: usize, length: Duration) -> Result<(), Failure> {
    let folder = tempfile::tempdir()?;
    let key = SigningKey::generate("ins_load")?;
    let (bailiff, _) = start_bailiff(folder.path(), &key.public_pem(), &full_size(0))?;
    let request = check_request(&token(&key));
    load(&bailiff, true, IN_FLIGHT, &request, Duration::from_millis(500)).await?;
    let mut results: [Vec<Round>; 2] = [Vec::new(), Vec::new()];
    for round in 0..rounds {
        results[0].push(load(&bailiff, true, IN_FLIGHT, &request, length).await?);
        let path = folder.path().join("policy.yaml");
        let replacing = tokio::spawn(async move {
            for version in 1.. {
                let aside = path.with_extension("aside");
                tokio::fs::write(&aside, full_size(round * 1000 + version)).await?;
                tokio::fs::rename(&aside, &path).await?;
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            Ok::<_, Failure>(())
        });
        results[1].push(load(&bailiff, true, IN_FLIGHT, &request, length).await?);
        replacing.abort();
        // The last change is still to be taken up.
        tokio::time::sleep(Duration::from_secs(2)).await;
    }
    println!(
        "unix socket, {CONNECTIONS} connections, {IN_FLIGHT} in flight, {rounds} rounds of {length:?}"
    );
    for (name, rounds) in ["left alone", "reloaded"].into_iter().zip(&results) {
        println!(
            "{name:10} {:>7.0} Check/s   p50 {:>5} us   p99 {:>5} us   longest {:>6} us",
            median(rounds.iter().map(|round| round.per_second)),
            median(rounds.iter().map(|round| f64::from(round.percentile(50)))),
            median(rounds.iter().map(|round| f64::from(round.percentile(99)))),
            median(rounds.iter().map(|round| f64::from(round.percentile(100)))),
        );
    }
    println!("bailiff after the reloads: {} kB resident", resident(&bailiff)?);
    Ok(())
}

/// Ten thousand rules beside those that are asked; each version is another policy.
fn full_size(version: usize) -> String {
    let rules = (0..RULES).map(|number| {
        format!("  /v{version}/r{number}/{{id}}: {{ permission: org:invoices:read }}\n")
    });
    POLICY.to_owned() + &rules.collect::<String>()
}
