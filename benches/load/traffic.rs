//! Calls, as many as fit or at a steady rate.

use crate::{
    Failure,
    caller::Caller,
    servers::{Running, cpu_time},
};
use bytes::Bytes;
use std::time::{Duration, Instant};
use tokio::net::UnixStream;
use tonic::transport::{Channel, Endpoint, Uri};

pub(crate) const CONNECTIONS: usize = 4;

/// What came of some seconds of calls.
pub(crate) struct Round {
    pub(crate) per_second: f64,
    /// Latencies in microseconds, ascending.
    pub(crate) latencies: Vec<u32>,
    /// Server CPU for each Check, in microseconds.
    pub(crate) cpu: f64,
}

impl Round {
    /// The latency that so many of a hundred calls stay below.
    pub(crate) fn percentile(&self, percent: usize) -> u32 {
        let last = self.latencies.len().saturating_sub(1);
        let at = (self.latencies.len() * percent / 100).min(last);
        self.latencies.get(at).copied().unwrap_or_default()
    }
}

/// A connection.
pub(crate) async fn connect(server: &Running, unix: bool) -> Result<Channel, Failure> {
    if !unix {
        return Ok(Endpoint::from_shared(format!("http://{}", server.tcp))?.connect().await?);
    }
    let path = server.unix.clone();
    let connector = tower::service_fn(move |_: Uri| {
        let path = path.clone();
        async move { UnixStream::connect(path).await.map(hyper_util::rt::TokioIo::new) }
    });
    Ok(Endpoint::from_static("http://socket").connect_with_connector(connector).await?)
}

/// Calls without a pause, so many at a time.
pub(crate) async fn load(
    server: &Running,
    unix: bool,
    in_flight: usize,
    request: &Bytes,
    length: Duration,
) -> Result<Round, Failure> {
    let mut tasks = Vec::new();
    let cpu_before = cpu_time(&server.process)?;
    let started = Instant::now();
    let end = started + length;
    for _ in 0..CONNECTIONS {
        let channel = connect(server, unix).await?;
        for _ in 0..in_flight / CONNECTIONS {
            let (mut caller, request) = (Caller::new(channel.clone()), request.clone());
            tasks.push(tokio::spawn(async move {
                let mut latencies = Vec::new();
                while Instant::now() < end {
                    let sent = Instant::now();
                    caller.ask(request.clone()).await?;
                    latencies.push(u32::try_from(sent.elapsed().as_micros())?);
                }
                Ok::<_, Failure>(latencies)
            }));
        }
    }
    let mut latencies = Vec::new();
    for task in tasks {
        latencies.append(&mut task.await??);
    }
    let took = started.elapsed();
    let cpu = cpu_time(&server.process)?.saturating_sub(cpu_before);
    latencies.sort_unstable();
    let count = f64::from(u32::try_from(latencies.len())?);
    Ok(Round {
        per_second: count / took.as_secs_f64(),
        cpu: cpu.as_secs_f64() * 1e6 / count,
        latencies,
    })
}

/// Calls at a steady rate, however long the answers take. A latency is counted from the moment at which
/// the call was due, so that a server which stalls is not spared the calls that it kept waiting.
pub(crate) async fn paced(
    server: &Running,
    unix: bool,
    per_second: f64,
    request: &Bytes,
    length: Duration,
) -> Result<Vec<u32>, Failure> {
    let mut senders = Vec::new();
    let started = Instant::now();
    // Each connection has its share of the rate, so that no sender must keep the pace of all.
    let connections = u32::try_from(CONNECTIONS)?;
    let apart = Duration::from_secs_f64(f64::from(connections) / per_second);
    for number in 0..connections {
        let caller = Caller::new(connect(server, unix).await?);
        let request = request.clone();
        senders.push(tokio::spawn(async move {
            let mut due = started + apart * number / connections;
            let mut calls = Vec::new();
            while due < started + length {
                tokio::time::sleep_until(due.into()).await;
                // The timer wakes by the millisecond: everything that is due by now goes out.
                while due <= Instant::now() {
                    let (mut caller, request, sent) = (caller.clone(), request.clone(), due);
                    calls.push(tokio::spawn(async move {
                        caller.ask(request).await?;
                        Ok::<_, Failure>(u32::try_from(sent.elapsed().as_micros())?)
                    }));
                    due += apart;
                }
            }
            let mut latencies = Vec::with_capacity(calls.len());
            for call in calls {
                latencies.push(call.await??);
            }
            Ok::<_, Failure>(latencies)
        }));
    }
    let mut latencies = Vec::new();
    for sender in senders {
        latencies.append(&mut sender.await??);
    }
    latencies.sort_unstable();
    Ok(latencies)
}
