//! Bailiff against the bare server: as many calls as fit, and the latency at half of that.

use crate::{
    Failure, median,
    request::{check_request, token},
    servers::{POLICY, Running, resident, start_bailiff, start_bare},
    traffic::{CONNECTIONS, Round, load, paced},
};
use bailiff::stand_in::keys::SigningKey;
use bytes::Bytes;
use std::time::Duration;
use tempfile::TempDir;

const IN_FLIGHT: usize = 64;
const WARM_UP: Duration = Duration::from_millis(500);

/// Both servers, and what is asked of them.
struct Pair {
    bare: Running,
    bailiff: Running,
    /// Encoded.
    request: Bytes,
    _folder: TempDir,
}

impl Pair {
    fn start() -> Result<Self, Failure> {
        let folder = tempfile::tempdir()?;
        let key = SigningKey::generate("ins_load")?;
        let (bailiff, ready_after) = start_bailiff(folder.path(), &key.public_pem(), POLICY)?;
        println!(
            "bailiff: ready after {} ms, {} kB resident",
            ready_after.as_millis(),
            resident(&bailiff)?
        );
        let bare = start_bare(folder.path())?;
        println!("bare:    {} kB resident", resident(&bare)?);
        let request = check_request(&token(&key));
        Ok(Self { bare, bailiff, request, _folder: folder })
    }

    async fn warm_up(&self, unix: bool) -> Result<(), Failure> {
        for server in [&self.bare, &self.bailiff] {
            load(server, unix, IN_FLIGHT, &self.request, WARM_UP).await?;
        }
        Ok(())
    }
}

fn transport(unix: bool) -> &'static str {
    if unix { "unix socket" } else { "TCP loopback" }
}

/// As many calls as fit.
pub(crate) async fn throughput(rounds: usize, length: Duration) -> Result<(), Failure> {
    let pair = Pair::start()?;
    let Pair { bare, bailiff, request, _folder } = &pair;
    for unix in [false, true] {
        let mut ratios = Vec::new();
        let mut results: [Vec<Round>; 2] = [Vec::new(), Vec::new()];
        pair.warm_up(unix).await?;
        for _ in 0..rounds {
            let bare = load(bare, unix, IN_FLIGHT, request, length).await?;
            let ours = load(bailiff, unix, IN_FLIGHT, request, length).await?;
            ratios.push(ours.per_second / bare.per_second);
            results[0].push(bare);
            results[1].push(ours);
        }
        println!(
            "\n{} x {CONNECTIONS} connections, {IN_FLIGHT} in flight, {rounds} rounds of {length:?}",
            transport(unix)
        );
        for (server, rounds) in [bare, bailiff].into_iter().zip(&results) {
            println!(
                "{:8} {:>7.0} Check/s   p50 {:>5} us   p99 {:>5} us   server CPU {:>5.1} us/Check",
                server.name,
                median(rounds.iter().map(|round| round.per_second)),
                median(rounds.iter().map(|round| f64::from(round.percentile(50)))),
                median(rounds.iter().map(|round| f64::from(round.percentile(99)))),
                median(rounds.iter().map(|round| round.cpu)),
            );
        }
        println!(
            "ratio    {:.3} of the bare server's throughput (median of rounds)",
            median(ratios.into_iter())
        );
    }
    println!("\nbailiff after the load: {} kB resident", resident(bailiff)?);
    Ok(())
}

/// Latencies at half of what the bare server can do.
pub(crate) async fn at_half_load(rounds: usize, length: Duration) -> Result<(), Failure> {
    let pair = Pair::start()?;
    let Pair { bare, bailiff, request, _folder } = &pair;
    for unix in [false, true] {
        pair.warm_up(unix).await?;
        let most = load(bare, unix, IN_FLIGHT, request, length).await?.per_second;
        let mut percentiles: [Vec<[u32; 2]>; 2] = [Vec::new(), Vec::new()];
        for _ in 0..rounds {
            for (server, found) in [bare, bailiff].into_iter().zip(&mut percentiles) {
                let latencies = paced(server, unix, most / 2.0, request, length).await?;
                let round = Round { per_second: most / 2.0, latencies, cpu: 0.0 };
                found.push([round.percentile(50), round.percentile(99)]);
            }
        }
        println!(
            "\n{} x {CONNECTIONS} connections, {:.0} Check/s of {most:.0}, {rounds} rounds of {length:?}",
            transport(unix),
            most / 2.0
        );
        for (server, found) in [bare, bailiff].into_iter().zip(&percentiles) {
            println!(
                "{:8} p50 {:>5} us   p99 {:>5} us",
                server.name,
                median(found.iter().map(|[half, _]| f64::from(*half))),
                median(found.iter().map(|[_, most]| f64::from(*most))),
            );
        }
        let pairs = percentiles[0].iter().zip(&percentiles[1]);
        let ratios = pairs.map(|([_, bare], [_, ours])| f64::from(*ours) / f64::from(*bare));
        println!("ratio    {:.2} of the bare server's p99 (median of rounds)", median(ratios));
    }
    Ok(())
}
