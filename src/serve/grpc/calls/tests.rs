use super::{Calls, HERE, portions::BYTES};
use futures_util::{
    FutureExt as _,
    future::{BoxFuture, poll_fn},
};
use hyper::rt::Executor as _;
use std::{
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    task::Poll,
    time::Duration,
};
use tokio::{
    io::{AsyncRead as _, ReadBuf},
    sync::{mpsc, oneshot},
};

type Call = BoxFuture<'static, ()>;

/// A connection on which these calls arrive together, and that ends when `over` does.
async fn arriving(calls: Calls, together: Vec<Call>, over: oneshot::Receiver<()>) {
    let (mut together, mut over) = (Some(together), Box::pin(over));
    let executor = calls.clone();
    let connection = poll_fn(move |context| {
        for call in together.take().into_iter().flatten() {
            executor.execute(call);
        }
        over.as_mut().poll(context).map(drop)
    });
    calls.driving(Box::pin(connection)).await;
}

#[tokio::test]
async fn calls_that_need_not_wait_are_over_before_the_connection_waits_and_others_help_with_many() {
    for (together, here) in [(1, 1), (HERE, HERE), (HERE + 2, HERE)] {
        let done = Arc::new(AtomicUsize::new(0));
        let call = || {
            let done = Arc::clone(&done);
            Box::pin(async move {
                done.fetch_add(1, Ordering::Relaxed);
            }) as Call
        };
        let (_open, over) = oneshot::channel();
        let calls = (0..together).map(|_| call()).collect();
        let mut connection = Box::pin(arriving(Calls::default(), calls, over));
        assert!(futures_util::poll!(&mut connection).is_pending());
        assert_eq!(done.load(Ordering::Relaxed), here, "of {together}");
        // Nothing else runs on this thread until this task waits.
        tokio::task::yield_now().await;
        assert_eq!(done.load(Ordering::Relaxed), together);
    }
}

#[tokio::test]
async fn a_call_that_waits_keeps_neither_the_connection_nor_other_calls_waiting() {
    let (said, mut heard) = mpsc::unbounded_channel();
    let (answer, asked) = oneshot::channel::<()>();
    let (close, over) = oneshot::channel();
    let waits = {
        let said = said.clone();
        Box::pin(async move {
            asked.await.expect("it is answered");
            tokio::time::sleep(Duration::from_millis(1)).await;
            said.send("waited").expect("somebody hears");
        }) as Call
    };
    let other = Box::pin(async move { said.send("at once").expect("somebody hears") }) as Call;
    let connection = tokio::spawn(arriving(Calls::default(), vec![waits, other], over));
    assert_eq!(heard.recv().await, Some("at once"));
    answer.send(()).expect("it waits");
    assert_eq!(heard.recv().await, Some("waited"));
    close.send(()).expect("it is open");
    connection.await.expect("it ends");
}

#[tokio::test]
async fn a_call_that_panics_takes_no_other_along() {
    let (said, mut heard) = mpsc::unbounded_channel();
    let (close, over) = oneshot::channel();
    let index = std::hint::black_box(7);
    let calls: Vec<Call> = vec![
        Box::pin(async move { assert_eq!(index, 0) }),
        Box::pin(async move {
            tokio::task::yield_now().await;
            assert_eq!(index, 0);
        }),
        Box::pin(async move { said.send("well").expect("somebody hears") }),
    ];
    let connection = tokio::spawn(arriving(Calls::default(), calls, over));
    assert_eq!(heard.recv().await, Some("well"));
    close.send(()).expect("it is open");
    connection.await.expect("it is not taken along");
}

#[tokio::test]
async fn what_arrives_last_on_a_connection_that_ends_is_still_run() {
    let (said, mut heard) = mpsc::unbounded_channel();
    let calls = Calls::default();
    let executor = calls.clone();
    let mut last =
        Some(Box::pin(async move { said.send("late").expect("somebody hears") }) as Call);
    let connection = poll_fn(move |_| {
        if let Some(call) = last.take() {
            executor.execute(call);
        }
        Poll::Ready(())
    });
    calls.driving(Box::pin(connection)).await;
    assert_eq!(heard.recv().await, Some("late"));
}

/// What happens on a connection that these bytes arrive on together, read by so many at a time. Each
/// piece is a call where `is_call`, and answers leave where the connection waits.
fn what_happens(bytes: usize, piece: usize, is_call: bool) -> Vec<&'static str> {
    let happened = Arc::new(Mutex::new(Vec::new()));
    let note = |what: &'static str| {
        let happened = Arc::clone(&happened);
        move || happened.lock().expect("nobody panics").push(what)
    };
    let (read, run, leave) = (note("read"), note("run"), note("leave"));
    let calls = Calls::default();
    let arrived = vec![0; bytes];
    let (mut stream, executor) = (calls.read_from(&*arrived), calls.clone());
    let connection = poll_fn(|context| {
        loop {
            let mut space = vec![0; piece];
            let mut buffer = ReadBuf::new(&mut space);
            if Pin::new(&mut stream).poll_read(context, &mut buffer).is_pending() {
                leave();
                return Poll::Pending;
            }
            if buffer.filled().is_empty() {
                return Poll::Ready(());
            }
            read();
            if is_call {
                let run = run.clone();
                executor.execute(async move { run() });
            }
        }
    });
    let whole = calls.driving(Box::pin(connection)).now_or_never();
    assert!(whole.is_some(), "it is not kept from reading on");
    std::mem::take(&mut *happened.lock().expect("nobody panics"))
}

#[test]
fn the_answers_of_a_portion_leave_before_the_calls_of_the_next_are_run() {
    let piece = BYTES / 2;
    let happened = what_happens(2 * BYTES, piece, true);
    let portion = ["read", "read", "leave", "run", "run"];
    assert_eq!(happened, [portion, portion].concat());
}

#[test]
fn a_message_that_is_larger_than_a_portion_is_read_to_its_end() {
    let happened = what_happens(10 * BYTES, BYTES / 3, false);
    assert_eq!(happened.iter().filter(|what| **what == "read").count(), 30);
}

#[tokio::test]
async fn calls_of_several_portions_that_arrive_together_are_counted_together() {
    let happened = what_happens(2 * HERE * BYTES, BYTES, true);
    let run = happened.iter().filter(|what| **what == "run").count();
    assert_eq!(run, HERE, "the others are tasks, which have not had a turn");
}
