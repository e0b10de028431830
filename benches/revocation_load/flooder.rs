//! The attacker: a process of its own, so that the sidecar does not wait for it.

use crate::{
    Failure,
    asking::{Asking, OAUTH},
    clerk::now,
    webhooks::{Sender, Webhook},
};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    net::SocketAddr,
    num::NonZeroU32,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::{task::JoinSet, time::sleep_until};

/// Each has a connection of its own.
const WEBHOOK_SENDERS: usize = 16;
const CONNECTIONS: usize = 4;
const CALLS_PER_CONNECTION: usize = 8;

/// Forged webhooks.
pub(crate) const WEBHOOKS: &str = "webhooks";
/// Made-up credentials.
pub(crate) const CREDENTIALS: &str = "credentials";

/// What to send.
#[derive(Clone, Copy, Deserialize, Serialize)]
pub(crate) struct Order {
    pub(crate) count: u64,
    /// How many in a second; all that fit unless set.
    pub(crate) per_second: Option<NonZeroU32>,
    /// When to stop in any case.
    pub(crate) longest: Duration,
}

/// What came of it.
#[derive(Default, Deserialize, Serialize)]
pub(crate) struct Flooded {
    pub(crate) seconds: f64,
    /// How often each answer came.
    pub(crate) answers: BTreeMap<String, u64>,
}

impl Flooded {
    pub(crate) fn sent(&self) -> u64 {
        self.answers.values().sum()
    }
}

/// What is left to be sent.
struct Left {
    order: Order,
    next: AtomicU64,
    started: Instant,
}

impl Left {
    /// The number of the next one, when it is due.
    async fn next(&self) -> Option<u64> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        if let Some(per_second) = self.order.per_second {
            let due = Duration::from_nanos(number * 1_000_000_000 / u64::from(per_second.get()));
            sleep_until((self.started + due.min(self.order.longest)).into()).await;
        }
        let goes_on = self.started.elapsed() < self.order.longest;
        (number < self.order.count && goes_on).then_some(number)
    }
}

/// Sends, and prints what came of it.
pub(crate) async fn run(kind: &str, address: &str, order: Order) -> Result<(), Failure> {
    let address: SocketAddr = address.parse()?;
    let started = Instant::now();
    let left = Arc::new(Left { order, next: AtomicU64::new(0), started });
    let mut tasks = JoinSet::new();
    if kind == WEBHOOKS {
        for _ in 0..WEBHOOK_SENDERS {
            tasks.spawn(send_webhooks(address, Arc::clone(&left)));
        }
    } else {
        for _ in 0..CONNECTIONS {
            let asking = Asking::connect(address).await?;
            for _ in 0..CALLS_PER_CONNECTION {
                tasks.spawn(present_credentials(asking.clone(), Arc::clone(&left)));
            }
        }
    }
    let mut flooded = Flooded::default();
    while let Some(answers) = tasks.join_next().await {
        for (answer, times) in answers? {
            *flooded.answers.entry(answer).or_default() += times;
        }
    }
    flooded.seconds = started.elapsed().as_secs_f64();
    println!("{}", serde_json::to_string(&flooded)?);
    Ok(())
}

async fn send_webhooks(to: SocketAddr, left: Arc<Left>) -> BTreeMap<String, u64> {
    let mut answers = BTreeMap::new();
    let sender = Sender::new();
    let shapes = forged();
    while let Some(number) = left.next().await {
        let mut message =
            shapes[usize::try_from(number).unwrap_or_default() % shapes.len()].clone();
        // What is signed keeps its id: it was caught, not made up.
        if message.id.is_empty() {
            message.id = format!("msg_{number}");
        }
        let answer = match sender.send(&message, to).await {
            Ok((status, said)) => format!("{status} {said}"),
            Err(error) => format!("failed: {error}"),
        };
        *answers.entry(answer).or_default() += 1;
    }
    answers
}

/// One of each shape. Those without an id get one when they are sent.
fn forged() -> [Webhook; 5] {
    let caught = Webhook::revoked("msg_caught", "sess_flood0");
    let made_up = Webhook { id: String::new(), ..caught.clone() };
    let signature = Some("v1,bWFkZS11cC1tYWRlLXVwLW1hZGUtdXAtbWFkZS11cC0=".to_owned());
    [
        Webhook { signature: signature.clone(), ..made_up.clone() },
        Webhook { signature: None, ..made_up.clone() },
        caught.signed_at(now() - 3600),
        Webhook { body: "{\"object\":\u{0}[[[[".repeat(64), signature, ..made_up },
        Webhook::of("msg_elsewhere", "sess_flood0", "ins_elsewhere"),
    ]
}

async fn present_credentials(asking: Asking, left: Arc<Left>) -> BTreeMap<String, u64> {
    let mut answers = BTreeMap::new();
    while left.next().await.is_some() {
        let token = format!("oat_{:032x}", fastrand::u128(..));
        let answer = match asking.refusal(OAUTH, &token).await {
            Ok(Some(reason)) => reason,
            Ok(None) => "allowed".to_owned(),
            Err(error) => format!("failed: {error}"),
        };
        *answers.entry(answer).or_default() += 1;
    }
    answers
}
