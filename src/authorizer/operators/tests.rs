use super::{Admitted, Asked, Calling, Operators, OrderRefused, Taken, WeakToken};
use crate::{
    authorizer::order::{Order, OrderTarget},
    core::{
        clock::{ManualClock, Timestamp},
        event::Event,
        id::{InstanceName, UserId},
        notice::{Measure, Notice, Target},
        peer::PeerNames,
    },
    revocation::log::{EventLog, LocalLog, LogLimits},
};
use secrecy::SecretString;
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

const TOKEN: &str = "made-up-operator-credential";
const CLIENT: &str = "spiffe://shop.test/operator";
const NOW: Timestamp = Timestamp::from_unix_seconds(1_764_000_000);
const LONGEST: Duration = Duration::from_secs(86_400);

/// What the log was told.
type Heard = Arc<Mutex<Vec<Event>>>;

fn operators(token: &str) -> Result<(Operators, Heard), WeakToken> {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let telling = Arc::clone(&heard);
    let sink = move |event: &Event| telling.lock().unwrap().push(event.clone());
    let log = EventLog::Local(Arc::new(LocalLog::new(LogLimits::STANDARD, Arc::new(sink))));
    let instances = ["shop", "blog"].map(InstanceName::new).to_vec();
    let clock = Arc::new(ManualClock::at(NOW));
    let token = SecretString::from(token);
    let clients = [CLIENT.into()];
    let admitted = Admitted { token: Some(&token), clients: &clients };
    Ok((Operators::new(admitted, instances, log, clock, LONGEST)?, heard))
}

fn calling<'a>(token: Option<&'a str>, names: Option<&'a PeerNames>) -> Calling<'a> {
    Calling { token, names, from: "192.0.2.1".to_owned() }
}

fn asked(lasting: Option<u64>) -> Asked {
    Asked {
        instance: None,
        target: OrderTarget::User("user_1".to_owned()),
        lasting: lasting.map(Duration::from_secs),
        why: "laptop lost".to_owned(),
    }
}

async fn order(operators: &Operators, asked: Asked) -> Result<Taken, OrderRefused> {
    operators.admit(calling(Some(TOKEN), None))?.order(asked).await
}

#[tokio::test]
async fn an_order_goes_through_the_log() {
    let (operators, heard) = operators(TOKEN).unwrap();
    let taken = order(&operators, asked(Some(60))).await.unwrap();
    let until = NOW.plus(Duration::from_secs(60));
    assert_eq!(taken.until, Some(until));
    let notice = Order::notice(&heard.lock().unwrap()[0]).unwrap();
    let target = Target::User(UserId::new("user_1"));
    assert_eq!(
        notice,
        Notice { target: target.clone(), measure: Measure::Blocked { until }, at: NOW }
    );
    assert_eq!(heard.lock().unwrap()[0].instance.as_str(), "shop");

    let back = Asked { instance: Some("blog".to_owned()), ..asked(None) };
    order(&operators, back).await.unwrap();
    let notice = Order::notice(&heard.lock().unwrap()[1]).unwrap();
    assert_eq!(notice, Notice { target, measure: Measure::Unblocked, at: NOW });
    assert_eq!(heard.lock().unwrap()[1].instance.as_str(), "blog");
}

#[test]
fn only_whoever_knows_the_credential_gives_orders() {
    let (operators, heard) = operators(TOKEN).unwrap();
    for token in [None, Some(""), Some("made-up"), Some("made-up-operator-credentiaL"), Some(" ")] {
        let refused = operators.admit(calling(token, None)).err();
        assert_eq!(refused, Some(OrderRefused::Stranger), "{token:?}");
    }
    assert!(heard.lock().unwrap().is_empty());
}

#[tokio::test]
async fn an_order_has_bounds() {
    let (operators, heard) = operators(TOKEN).unwrap();
    for seconds in [0, 86_401, u64::MAX] {
        let refused = order(&operators, asked(Some(seconds))).await;
        assert_eq!(refused, Err(OrderRefused::Duration(LONGEST)), "{seconds}");
    }
    let unknown = Asked { instance: Some("news".to_owned()), ..asked(Some(60)) };
    let refused = order(&operators, unknown).await;
    assert_eq!(refused, Err(OrderRefused::UnknownInstance));
    assert!(heard.lock().unwrap().is_empty());
}

#[test]
fn a_credential_that_could_be_guessed_opens_nothing() {
    for token in ["", "        ", "short", "                            x"] {
        assert_eq!(operators(token).err(), Some(WeakToken), "{token}");
    }
}

#[tokio::test]
async fn a_certificate_with_the_name_of_an_operator_lets_in_and_is_told_of() {
    let (operators, heard) = operators(TOKEN).unwrap();
    let names = PeerNames::new(["ops.shop.test".into(), CLIENT.into()]);
    let operator = operators.admit(calling(None, Some(&names))).unwrap();
    operator.order(asked(Some(60))).await.unwrap();
    let told = &heard.lock().unwrap()[0].payload;
    assert!(told.contains("192.0.2.1") && told.contains(CLIENT), "{told}");
}

#[test]
fn another_certificate_or_a_wrong_credential_beside_a_right_one_lets_nobody_in() {
    let (operators, _) = operators(TOKEN).unwrap();
    let right = PeerNames::new([CLIENT.into()]);
    for (token, names) in [
        (None, PeerNames::new(["spiffe://shop.test/operator/x".into()])),
        (None, PeerNames::new([])),
        (Some("made-up-operator-credentiaX"), right),
    ] {
        let refused = operators.admit(calling(token, Some(&names))).err();
        assert_eq!(refused, Some(OrderRefused::Stranger), "{token:?} {names:?}");
    }
}
