//! What forged webhooks and made-up credentials cost those who are signed in, and Clerk.

use crate::{
    Failure,
    asking::{Asking, PRIVATE},
    clerk::{self, session},
    figures::Figures,
    flooder::{CREDENTIALS, Flooded, Order, WEBHOOKS},
    replica::{CALLS_PER_TEN_SECONDS, Replica},
    webhooks::{Sender, Webhook},
};
use bailiff::stand_in::clerk::{Endpoint, StandIn};
use std::{
    env,
    num::NonZeroU32,
    pin::pin,
    process::Stdio,
    time::{Duration, Instant},
};
use tokio::{process::Command, task::JoinSet, time::interval};

/// Questions of somebody signed in come this far apart: 200 in a second.
const PACE: Duration = Duration::from_millis(5);
const QUIET: Duration = Duration::from_secs(10);
/// A flood that is not over by then is cut short.
const LONGEST_FLOOD: Duration = Duration::from_secs(110);

/// `per_second`: how many forgeries in a second, or all that fit.
pub(crate) async fn measure(count: u64, per_second: Option<NonZeroU32>) -> Result<(), Failure> {
    let order = Order { count, per_second, longest: LONGEST_FLOOD };
    let clerk = clerk::start().await?;
    let replica = Replica::start(&clerk, None)?;
    let tokens = clerk::tokens(&clerk, "flood", 2);
    let asking = Asking::connect(replica.grpc).await?;
    steady(&asking, &tokens[0], tokio::time::sleep(Duration::from_secs(2))).await?;
    for kind in [WEBHOOKS, CREDENTIALS] {
        let (quiet, ()) = steady(&asking, &tokens[0], tokio::time::sleep(QUIET)).await?;
        let before = replica.resident()?;
        let called = clerk.requests().count(Endpoint::VerifyOauthToken);
        let started = Instant::now();
        let flooding = flood(kind, &replica, order);
        let (during, flooded) = steady(&asking, &tokens[0], flooding).await?;
        let (flooded, took) = (flooded?, started.elapsed());
        println!(
            "\n{} forged {kind} in {:.1} s, {:.0} in a second",
            flooded.sent(),
            flooded.seconds,
            as_f64(flooded.sent()) / flooded.seconds
        );
        for (answer, times) in &flooded.answers {
            println!("{times:>10}  {answer}");
        }
        quiet.print("somebody signed in, before");
        during.print("somebody signed in, during");
        let ratio = |percent| {
            during.percentile(percent).as_secs_f64() / quiet.percentile(percent).as_secs_f64()
        };
        println!("ratio: p50 {:.2}, p99 {:.2}", ratio(50), ratio(99));
        println!("resident: {before} kB before, {} kB after", replica.resident()?);
        let succeeded = |answer: &&String| answer.starts_with("200") || *answer == "allowed";
        if let Some(answer) = flooded.answers.keys().find(succeeded) {
            return Err(format!("something forged was answered with `{answer}`").into());
        }
        within_budget(&clerk, called, took)?;
    }
    still_works(&replica, &asking, &tokens[1]).await
}

/// One who is signed in asks at a steady pace, whatever comes of earlier questions, until something else
/// has ended.
async fn steady<T>(
    asking: &Asking,
    token: &str,
    until: impl Future<Output = T>,
) -> Result<(Figures, T), Failure> {
    let mut until = pin!(until);
    let mut pace = interval(PACE);
    let mut calls = JoinSet::new();
    let ended = loop {
        tokio::select! {
            ended = &mut until => break ended,
            _ = pace.tick() => {
                let (asking, token) = (asking.clone(), token.to_owned());
                calls.spawn(async move {
                    let sent = Instant::now();
                    match asking.refusal(PRIVATE, &token).await? {
                        None => Ok::<_, Failure>(sent.elapsed()),
                        Some(reason) => Err(format!("a live session was refused: {reason}").into()),
                    }
                });
            }
        }
    };
    let times = calls.join_all().await.into_iter().collect::<Result<Vec<_>, _>>()?;
    Ok((Figures::of(times), ended))
}

/// Runs the attacker with the lowest priority: one who is not on this machine takes no processor from
/// the sidecar.
async fn flood(kind: &str, replica: &Replica, order: Order) -> Result<Flooded, Failure> {
    let address = if kind == WEBHOOKS { replica.webhook } else { replica.grpc };
    let mut command = Command::new("nice");
    command.args(["-n", "19"]).arg(env::current_exe()?).args(["flooder", kind]);
    command.args([address.to_string(), serde_json::to_string(&order)?]);
    let output = command.stderr(Stdio::inherit()).kill_on_drop(true).output().await?;
    Ok(serde_json::from_slice(&output.stdout)?)
}

fn within_budget(clerk: &StandIn, before: u64, took: Duration) -> Result<(), Failure> {
    let calls = clerk.requests().count(Endpoint::VerifyOauthToken) - before;
    let budget = u64::from(CALLS_PER_TEN_SECONDS) * took.as_secs().div_ceil(10).max(1);
    println!("calls of the Backend API: {calls}, of {budget} that the settings allow in that time");
    if calls > budget {
        return Err("more calls than the settings allow".into());
    }
    Ok(())
}

/// What is genuine counts as before.
async fn still_works(replica: &Replica, asking: &Asking, token: &str) -> Result<(), Failure> {
    let before = asking.refusal(PRIVATE, token).await?;
    let message = Webhook::revoked("msg_genuine", &session("flood", 1));
    let answer = Sender::new().send(&message, replica.webhook).await?;
    let after = asking.refusal(PRIVATE, token).await?;
    if before.is_some() || answer.0 != 200 || after.as_deref() != Some("session_revoked") {
        return Err(format!("after the floods: {before:?}, {answer:?}, {after:?}").into());
    }
    println!(
        "\na genuine webhook after the floods: {} {}, the session is refused",
        answer.0, answer.1
    );
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "a rate for people to read")]
fn as_f64(number: u64) -> f64 {
    number as f64
}
