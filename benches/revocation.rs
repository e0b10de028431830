//! What looking up a revocation costs: `cargo bench --bench revocation`.

use bailiff::{
    core::{
        clock::Timestamp,
        id::{SessionId, UserId},
        notice::{Measure, Notice, Target},
    },
    revocation::{Limits, RevocationIndex, Subject},
};
use criterion::{Criterion, criterion_group, criterion_main};
use std::{
    hint::black_box,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

const NOW: Timestamp = Timestamp::from_unix_seconds(1_800_000_000);

/// Somebody of whom nothing was heard: every target is looked up.
const SUBJECT: Subject<'static> = Subject {
    session: Some("sess_2shop00000000000000000000"),
    user: Some("user_2boss00000000000000000000"),
    organization: Some("org_2acme0000000000000000000000"),
    role: Some("org:admin"),
    as_of: Some(NOW),
    is_machine: false,
};

fn heard(targets: usize) -> RevocationIndex {
    let index = RevocationIndex::new(Limits::STANDARD);
    for number in 0..targets {
        hear(&index, number);
    }
    index
}

fn hear(index: &RevocationIndex, number: usize) {
    let (target, measure) = if number.is_multiple_of(2) {
        (Target::Session(SessionId::new(&format!("sess_{number}"))), Measure::Ended)
    } else {
        (Target::User(UserId::new(&format!("user_{number}"))), Measure::Stale)
    };
    index.apply(&Notice { target, measure, at: NOW }, NOW);
}

fn lookups(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("cut_off");
    for targets in [0, 1_000, 100_000, 1_000_000] {
        let index = heard(targets);
        group.bench_function(format!("{targets} targets"), |bencher| {
            bencher.iter(|| black_box(&index).cut_off(black_box(&SUBJECT), NOW));
        });
    }
    let index = Arc::new(heard(100_000));
    let done = Arc::new(AtomicBool::new(false));
    let writer = thread::spawn({
        let (index, done) = (Arc::clone(&index), Arc::clone(&done));
        move || {
            for number in (0..100_000).cycle() {
                if done.load(Ordering::Relaxed) {
                    return;
                }
                hear(&index, number);
            }
        }
    });
    group.bench_function("100000 targets, while notices pour in", |bencher| {
        bencher.iter(|| black_box(&index).cut_off(black_box(&SUBJECT), NOW));
    });
    done.store(true, Ordering::Relaxed);
    let _ = writer.join();
    group.finish();
}

criterion_group!(benches, lookups);
criterion_main!(benches);
