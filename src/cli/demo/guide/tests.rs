use super::{ATTEMPTS, Guide, Proxy};
use crate::stand_in::people;
use std::{net::SocketAddr, path::Path};

fn printed(proxy: Option<Proxy<'_>>) -> String {
    Guide {
        clerk: "http://localhost:10001",
        upstream: SocketAddr::from(([127, 0, 0, 1], 8000)),
        grpc: SocketAddr::from(([127, 0, 0, 1], 9191)),
        policy: Path::new("/tmp/demo/policy.yaml"),
        proxy,
    }
    .to_string()
}

#[test]
fn with_envoy_there_are_commands_for_the_terminal_and_an_address_for_the_browser() {
    let log = Path::new("/tmp/demo/envoy.log");
    insta::assert_snapshot!(printed(Some(Proxy { origin: "http://localhost:10000", log })));
}

#[test]
fn without_envoy_there_are_questions_over_grpc() {
    insta::assert_snapshot!(printed(None));
}

#[test]
fn attempts_are_made_by_people_who_are_there() {
    let everyone = people::everyone();
    for attempt in ATTEMPTS {
        let known = |handle| everyone.iter().any(|person| person.handle == handle);
        assert!(attempt.person.is_none_or(known), "{attempt:?}");
    }
}
