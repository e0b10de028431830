//! The door for services that want to hear of Clerk's events.

use crate::{
    authorizer::feed::{Cursor, Feed, From, Subscription},
    core::{event::Event, reason::Reason},
    pb::v1::{self, SubscribeRequest, SubscribeResponse, event_service_server::EventService},
    serve::{
        grpc::{status, structs, timestamp, violations::Violations},
        panics::{Net, Panicked},
        readiness::Phase,
    },
};
use std::{fmt::Display, pin::Pin, sync::Arc, time::Duration};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch},
    time::interval,
};
use tokio_stream::{Stream, StreamExt as _, wrappers::ReceiverStream};
use tonic::{Code, Request, Response, Status};

/// How many subscribers there may be at once.
const SUBSCRIBERS: usize = 64;
/// How often a subscriber hears that there is nothing to tell, and how far it has come.
const SIGN_OF_LIFE: Duration = Duration::from_secs(15);
/// How many responses wait for a slow subscriber; it is slowed by them and nobody else.
const WAITING: usize = 16;
/// The most types a subscriber names, and the longest name.
const MAX_TYPES: usize = 100;
const MAX_TYPE_BYTES: usize = 128;

/// Answers `Subscribe`.
pub(super) struct EventDoor {
    feed: Feed,
    room: Arc<Semaphore>,
    phase: watch::Receiver<Phase>,
    net: Net,
}

impl EventDoor {
    pub(super) fn new(feed: Feed, phase: watch::Receiver<Phase>, net: Net) -> Self {
        Self { feed, room: Arc::new(Semaphore::new(SUBSCRIBERS)), phase, net }
    }

    fn begin(&self, request: SubscribeRequest) -> Result<Responses, Status> {
        let (from, filter) = read(request)?;
        if let Some(instance) = filter.instance.as_deref().filter(|name| !self.feed.knows(name)) {
            let unknown = format!("no Clerk instance `{instance}` is configured");
            return Err(Status::new(Code::NotFound, unknown));
        }
        let place = Arc::clone(&self.room)
            .try_acquire_owned()
            .map_err(|_| Status::new(Code::ResourceExhausted, "there are too many subscribers"))?;
        let subscription = self.feed.subscribe(from).map_err(|error| out_of_range(&error))?;
        let (sender, responses) = mpsc::channel(WAITING);
        let (net, phase) = (self.net.clone(), self.phase.clone());
        tokio::spawn(async move {
            let telling = tell(subscription, filter, sender.clone(), phase, place);
            // A stream that just ended would look as if there were nothing more to come.
            if let Err(Panicked) = net.catch(telling).await {
                let _ = sender.send(Err(broken())).await;
            }
        });
        Ok(ReceiverStream::new(responses))
    }
}

/// What a subscriber is told.
type Responses = ReceiverStream<Result<SubscribeResponse, Status>>;

/// Which events a subscriber wants.
struct Filter {
    instance: Option<Box<str>>,
    types: Vec<Box<str>>,
}

impl Filter {
    fn takes(&self, event: &Event) -> bool {
        let named = |wanted: &str| match wanted.strip_suffix('*') {
            Some(beginning) => event.kind.starts_with(beginning),
            None => *event.kind == *wanted,
        };
        self.instance.as_deref().is_none_or(|instance| event.instance.as_str() == instance)
            && (self.types.is_empty() || self.types.iter().any(|wanted| named(wanted)))
    }
}

#[tonic::async_trait]
impl EventService for EventDoor {
    type SubscribeStream =
        Pin<Box<dyn Stream<Item = Result<SubscribeResponse, Status>> + Send + 'static>>;

    async fn subscribe(
        &self,
        request: Request<SubscribeRequest>,
    ) -> Result<Response<Self::SubscribeStream>, Status> {
        let begun = self.net.catch(async { self.begin(request.into_inner()) }).await;
        let responses = begun.unwrap_or_else(|Panicked| Err(broken()))?;
        // Whoever is cut off without another reason is so because the process ends.
        let end = tokio_stream::once(Err(shutting_down()));
        Ok(Response::new(Box::pin(responses.chain(end))))
    }
}

fn read(request: SubscribeRequest) -> Result<(From, Filter), Status> {
    let SubscribeRequest { after, from_start, types, instance } = request;
    let mut violations = Violations::new();
    let from = match (&*after, from_start) {
        ("", true) => From::Start,
        ("", false) => From::Now,
        (_, true) => {
            violations.add("from_start", "cannot be set together with `after`");
            From::Now
        }
        (text, false) => match text.parse() {
            Ok(cursor) => From::Cursor(cursor),
            Err(error) => {
                violations.add("after", error.to_string());
                From::Now
            }
        },
    };
    if types.len() > MAX_TYPES {
        violations.add("types", format!("has more than {MAX_TYPES}"));
    }
    for (index, name) in types.iter().take(MAX_TYPES).enumerate() {
        let field = format!("types[{index}]");
        let stem = name.strip_suffix('*').unwrap_or(name);
        // Clerk adds types, so that one nobody knows is not wrong; one that none can match is.
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_');
        if name.is_empty() || !stem.bytes().all(fits) {
            violations.add(&field, "is a type such as `user.updated`, or `user.*`");
        }
        violations.bound(&field, name, MAX_TYPE_BYTES);
    }
    violations.bound("instance", &instance, MAX_TYPE_BYTES);
    violations.into_result()?;
    let instance = Some(instance.into_boxed_str()).filter(|name| !name.is_empty());
    let types = types.into_iter().map(String::into_boxed_str).collect();
    Ok((from, Filter { instance, types }))
}

/// Tells a subscriber of events until it goes, falls behind, or the process ends.
async fn tell(
    mut subscription: Subscription,
    filter: Filter,
    sender: mpsc::Sender<Result<SubscribeResponse, Status>>,
    mut phase: watch::Receiver<Phase>,
    _place: OwnedSemaphorePermit,
) {
    let mut signs = interval(SIGN_OF_LIFE);
    loop {
        let response = tokio::select! {
            next = subscription.next() => match next {
                Ok(event) if filter.takes(&event) => Ok(response(subscription.position(), &event)),
                Ok(_) => continue,
                Err(gap) => Err(out_of_range(&gap)),
            },
            _ = signs.tick() => {
                Ok(SubscribeResponse { cursor: subscription.position().to_string(), event: None })
            }
            _ = phase.wait_for(|phase| *phase != Phase::Serving) => return,
            () = sender.closed() => return,
        };
        let last = response.is_err();
        let sent = tokio::select! {
            sent = sender.send(response) => sent.is_ok(),
            // Whoever reads that slowly resumes elsewhere with what they have not read.
            _ = phase.wait_for(|phase| *phase != Phase::Serving) => false,
        };
        if !sent || last {
            return;
        }
    }
}

fn shutting_down() -> Status {
    Status::new(Code::Unavailable, "the service is shutting down; resume elsewhere")
}

fn response(cursor: Cursor, event: &Event) -> SubscribeResponse {
    SubscribeResponse {
        cursor: cursor.to_string(),
        event: Some(v1::Event {
            id: event.id.to_string(),
            instance: event.instance.to_string(),
            r#type: event.kind.to_string(),
            occurred_at: Some(timestamp(event.occurred_at)),
            data: structs::field_of_json(&event.payload, "data"),
            payload_json: event.payload.to_string(),
        }),
    }
}

fn broken() -> Status {
    status::unavailable(Reason::InternalError)
}

fn out_of_range(why: &impl Display) -> Status {
    Status::new(Code::OutOfRange, why.to_string())
}
