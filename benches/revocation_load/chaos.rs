//! Revocations that stream in while Redis and replicas are killed and started.

use crate::{
    Failure,
    asking::{Asking, PRIVATE},
    clerk::{self, session},
    figures::Figures,
    redis::Redis,
    replica::Replica,
    webhooks::{Sender, Webhook},
};
use bailiff::stand_in::clerk::StandIn;
use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::{
    task::{JoinSet, block_in_place},
    time::{interval, sleep, sleep_until, timeout},
};

const REPLICAS: usize = 3;
/// Revocations in a second, and how long they stream at least.
const PER_SECOND: u32 = 150;
const SHORTEST: Duration = Duration::from_secs(20);
/// How long after the last acknowledgement every replica must know everything.
const BOUND: Duration = Duration::from_secs(5);
/// As long as Clerk waits for an answer.
const DELIVERY: Duration = Duration::from_secs(15);
/// Sent again after this, then after twice that, up to the longest. Svix takes its time; this does not.
const AGAIN_AFTER: Duration = Duration::from_millis(250);
const AGAIN_AT_MOST: Duration = Duration::from_secs(2);

/// Something that happens to the replicas or to what they share.
#[derive(Clone, Copy, Debug)]
enum Change {
    RedisIsKilled,
    RedisStarts,
    RedisStartsEmpty,
    ReplicaIsKilled(usize),
    ReplicaStarts(usize),
}

/// What happens, and at which percentage of the stream.
const CHANGES: [(u32, Change); 12] = [
    (10, Change::RedisIsKilled),
    (15, Change::RedisStarts),
    (25, Change::RedisIsKilled),
    (30, Change::RedisStartsEmpty),
    (40, Change::ReplicaIsKilled(2)),
    (45, Change::ReplicaStarts(2)),
    (55, Change::RedisIsKilled),
    (58, Change::ReplicaIsKilled(1)),
    (61, Change::RedisStarts),
    (64, Change::ReplicaStarts(1)),
    (75, Change::RedisIsKilled),
    (80, Change::RedisStartsEmpty),
];

/// Where a replica that runs is reached.
#[derive(Clone)]
struct Place {
    webhook: SocketAddr,
    asking: Asking,
}

struct World {
    places: Mutex<[Option<Place>; REPLICAS]>,
    sender: Sender,
    not_acknowledged: AtomicU64,
    live: Vec<String>,
    live_asked: AtomicU64,
    live_refused: AtomicU64,
}

pub(crate) async fn measure(count: usize) -> Result<(), Failure> {
    let clerk = clerk::start().await?;
    let mut redis = Redis::start()?;
    let world = Arc::new(World {
        places: Mutex::default(),
        sender: Sender::new(),
        not_acknowledged: AtomicU64::new(0),
        live: clerk::tokens(&clerk, "live", (count / 10).clamp(30, 1000)),
        live_asked: AtomicU64::new(0),
        live_refused: AtomicU64::new(0),
    });
    let revoked = clerk::tokens(&clerk, "chaos", count);
    let mut replicas = [const { None }; REPLICAS];
    for number in 0..REPLICAS {
        world.start(&mut replicas, number, &clerk, &redis).await?;
    }
    let every = (SHORTEST / u32::try_from(count)?).max(Duration::from_secs(1) / PER_SECOND);
    let length = every * u32::try_from(count)?;
    let started = Instant::now();
    let deliveries = tokio::spawn(Arc::clone(&world).stream(count, every));
    let asking = tokio::spawn(Arc::clone(&world).ask_about_the_living());
    for (percent, change) in CHANGES {
        sleep_until((started + length * percent / 100).into()).await;
        println!("{:>6.1} s  {change:?}", started.elapsed().as_secs_f64());
        match change {
            Change::RedisIsKilled => redis.kill(),
            Change::RedisStarts => block_in_place(|| redis.start_again())?,
            Change::RedisStartsEmpty => block_in_place(|| redis.start_empty())?,
            Change::ReplicaIsKilled(number) => {
                world.put(number, None);
                replicas[number] = None;
            }
            Change::ReplicaStarts(number) => {
                world.start(&mut replicas, number, &clerk, &redis).await?;
            }
        }
    }
    let delivered = deliveries.await??;
    println!(
        "{:>6.1} s  all {count} are acknowledged; {} answers were no acknowledgement",
        started.elapsed().as_secs_f64(),
        world.not_acknowledged.load(Ordering::Relaxed)
    );
    sleep(BOUND).await;
    asking.abort();
    delivered.print("first sent, acknowledged");
    let let_through = world.otherwise(&revoked, Some("session_revoked")).await?;
    let refused_now = world.otherwise(&world.live, None).await?;
    let refused_before = world.live_refused.load(Ordering::Relaxed);
    println!(
        "{let_through} of {count} revoked sessions not refused as such by some replica {BOUND:?} later"
    );
    println!("{refused_now} of {} live sessions refused by a replica", world.live.len());
    println!(
        "{refused_before} of {} questions about live sessions refused meanwhile",
        world.live_asked.load(Ordering::Relaxed)
    );
    if let_through > 0 || refused_now > 0 || refused_before > 0 {
        return Err("there were wrong answers".into());
    }
    Ok(())
}

impl World {
    fn put(&self, number: usize, place: Option<Place>) {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)[number] = place;
    }

    fn place(&self, number: usize) -> Option<Place> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)[number % REPLICAS].clone()
    }

    async fn start(
        &self,
        replicas: &mut [Option<Replica>; REPLICAS],
        number: usize,
        clerk: &StandIn,
        redis: &Redis,
    ) -> Result<(), Failure> {
        let replica = block_in_place(|| Replica::start(clerk, Some(&redis.url())))?;
        let asking = Asking::connect(replica.grpc).await?;
        self.put(number, Some(Place { webhook: replica.webhook, asking }));
        replicas[number] = Some(replica);
        Ok(())
    }

    /// Sends all at a steady pace, each until it is acknowledged.
    async fn stream(self: Arc<Self>, count: usize, every: Duration) -> Result<Figures, Failure> {
        let mut pace = interval(every);
        let mut deliveries = JoinSet::new();
        for number in 0..count {
            pace.tick().await;
            deliveries.spawn(Arc::clone(&self).deliver(number));
        }
        Ok(Figures::of(deliveries.join_all().await))
    }

    async fn deliver(self: Arc<Self>, number: usize) -> Duration {
        let first = Instant::now();
        let message = Webhook::revoked(&format!("msg_{number}"), &session("chaos", number));
        let mut again_after = AGAIN_AFTER;
        for attempt in 0.. {
            if let Some(Place { webhook, .. }) = self.place(number + attempt) {
                let signed = message.clone().signed_at(clerk::now());
                let answer = timeout(DELIVERY, self.sender.send(&signed, webhook)).await;
                if matches!(answer, Ok(Ok((200, _)))) {
                    break;
                }
            }
            self.not_acknowledged.fetch_add(1, Ordering::Relaxed);
            sleep(again_after).await;
            again_after = (again_after * 2).min(AGAIN_AT_MOST);
        }
        first.elapsed()
    }

    /// Those whose sessions live ask all the time. A call that a killed replica leaves unanswered
    /// is no refusal.
    async fn ask_about_the_living(self: Arc<Self>) {
        let mut pace = interval(Duration::from_millis(10));
        for number in 0.. {
            pace.tick().await;
            let Some(Place { asking, .. }) = self.place(number) else { continue };
            let token = &self.live[number / REPLICAS % self.live.len()];
            if let Ok(Ok(refusal)) = timeout(DELIVERY, asking.refusal(PRIVATE, token)).await {
                self.live_asked.fetch_add(1, Ordering::Relaxed);
                self.live_refused.fetch_add(u64::from(refusal.is_some()), Ordering::Relaxed);
            }
        }
    }

    /// How many of these sessions any replica answers otherwise than with this refusal, or with none.
    async fn otherwise(&self, tokens: &[String], wanted: Option<&str>) -> Result<usize, Failure> {
        let mut found = vec![false; tokens.len()];
        for number in 0..REPLICAS {
            let Place { asking, .. } = self.place(number).ok_or("a replica is missing")?;
            for (tokens, found) in tokens.chunks(32).zip(found.chunks_mut(32)) {
                let mut calls = JoinSet::new();
                for (at, token) in tokens.iter().cloned().enumerate() {
                    let asking = asking.clone();
                    calls.spawn(async move { (at, asking.refusal(PRIVATE, &token).await) });
                }
                while let Some(ended) = calls.join_next().await {
                    let (at, refusal) = ended?;
                    found[at] |= refusal?.as_deref() != wanted;
                }
            }
        }
        Ok(found.into_iter().filter(|found| *found).count())
    }
}
