//! How long it takes from a webhook at one replica to a refusal at all three.

use crate::{
    Failure,
    asking::{Asking, PRIVATE},
    clerk::{self, session},
    figures::Figures,
    redis::Redis,
    replica::Replica,
    webhooks::{Sender, Webhook},
};
use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::{
    task::JoinSet,
    time::{sleep, timeout},
};

const REPLICAS: usize = 3;
const IN_FLIGHT: usize = 8;
const BETWEEN_QUESTIONS: Duration = Duration::from_millis(1);
/// Lets the machine breathe, so that the questions are not what is measured.
const BETWEEN_REVOCATIONS: Duration = Duration::from_millis(40);
const PATIENCE: Duration = Duration::from_secs(10);

/// What is asked.
struct World {
    doors: Vec<SocketAddr>,
    asking: Vec<Asking>,
    tokens: Vec<String>,
    sender: Sender,
    next: AtomicUsize,
}

/// One revocation.
struct Reached {
    acknowledged: Duration,
    /// When each replica refused, counted from the sending.
    refused: Vec<Duration>,
}

pub(crate) async fn measure(count: usize) -> Result<(), Failure> {
    let clerk = clerk::start().await?;
    let redis = Redis::start()?;
    let start = || Replica::start(&clerk, Some(&redis.url()));
    let replicas = (0..REPLICAS).map(|_| start()).collect::<Result<Vec<_>, _>>()?;
    let mut asking = Vec::new();
    for replica in &replicas {
        asking.push(Asking::connect(replica.grpc).await?);
    }
    let world = Arc::new(World {
        doors: replicas.iter().map(|replica| replica.webhook).collect(),
        asking,
        tokens: clerk::tokens(&clerk, "reach", count),
        sender: Sender::new(),
        next: AtomicUsize::new(0),
    });
    let started = Instant::now();
    let mut workers = JoinSet::new();
    for _ in 0..IN_FLIGHT {
        workers.spawn(Arc::clone(&world).revoke_on());
    }
    let mut all = Vec::with_capacity(count);
    while let Some(ended) = workers.join_next().await {
        all.append(&mut ended??);
    }
    println!(
        "{} revocations in {:.1} s, {REPLICAS} replicas on one Redis, {IN_FLIGHT} in flight, each \
         replica asked every {BETWEEN_QUESTIONS:?}",
        all.len(),
        started.elapsed().as_secs_f64()
    );
    let of = |take: &dyn Fn(&Reached) -> Duration| Figures::of(all.iter().map(take).collect());
    let first = |one: &Reached| one.refused.iter().min().copied().unwrap_or_default();
    let last = |one: &Reached| one.refused.iter().max().copied().unwrap_or_default();
    of(&|one| one.acknowledged).print("sent, acknowledged");
    of(&first).print("sent, refused by the first");
    of(&last).print("sent, refused by all");
    of(&|one| last(one).saturating_sub(one.acknowledged)).print("acknowledged, refused by all");
    Ok(())
}

impl World {
    /// Takes one after the other until all are revoked.
    async fn revoke_on(self: Arc<Self>) -> Result<Vec<Reached>, Failure> {
        let mut reached = Vec::new();
        loop {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            let Some(token) = self.tokens.get(number) else { return Ok(reached) };
            reached.push(self.revoke(number, token).await?);
            sleep(BETWEEN_REVOCATIONS).await;
        }
    }

    async fn revoke(&self, number: usize, token: &str) -> Result<Reached, Failure> {
        for asking in &self.asking {
            if let Some(reason) = asking.refusal(PRIVATE, token).await? {
                return Err(format!("a live session was refused: {reason}").into());
            }
        }
        let message = Webhook::revoked(&format!("msg_{number}"), &session("reach", number));
        let sent = Instant::now();
        let mut questions = JoinSet::new();
        for asking in &self.asking {
            let (asking, token) = (asking.clone(), token.to_owned());
            questions.spawn(timeout(PATIENCE, refused(asking, token, sent)));
        }
        let answer = self.sender.send(&message, self.doors[number % REPLICAS]).await?;
        let acknowledged = sent.elapsed();
        if answer.0 != 200 {
            return Err(format!("the webhook was answered with {answer:?}").into());
        }
        let mut refused = Vec::with_capacity(REPLICAS);
        while let Some(ended) = questions.join_next().await {
            let in_time = ended?.map_err(|_| "a revoked session is still let through")?;
            refused.push(in_time?);
        }
        Ok(Reached { acknowledged, refused })
    }
}

/// Asks until the session is refused, and says how long that took.
async fn refused(asking: Asking, token: String, since: Instant) -> Result<Duration, Failure> {
    loop {
        match asking.refusal(PRIVATE, &token).await?.as_deref() {
            Some("session_revoked") => return Ok(since.elapsed()),
            Some(reason) => return Err(format!("refused for another reason: {reason}").into()),
            None => sleep(BETWEEN_QUESTIONS).await,
        }
    }
}
