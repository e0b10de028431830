use super::{MachineTokenApi, MachineTransports, NoSecretKey};
use crate::clerk::{
    backend_api::{Answer, ApiBase, NoAnswer, Outgoing, PlainHttp, Repeat, Sending, Transport},
    fixture::run,
    machine::{MachineError, OpaqueToken},
};
use secrecy::{ExposeSecret as _, SecretString};
use std::sync::{Arc, Mutex};

/// Writes down what it is asked, and reaches nobody.
#[derive(Debug, Default)]
struct Notes(Mutex<Vec<String>>);

impl Transport for Notes {
    fn send<'a>(&'a self, request: Outgoing<'a>) -> Sending<'a> {
        assert_eq!(request.repeat, Repeat::AfterFailure);
        let key = request.secret_key.map(|key| key.expose_secret().to_owned());
        let body = String::from_utf8(request.json.unwrap_or_default()).unwrap();
        let note = format!("{} {} {} {body}", request.method, request.url, key.unwrap_or_default());
        self.0.lock().unwrap().push(note);
        Box::pin(async { Err::<Answer, _>(NoAnswer::Connect) })
    }
}

fn asked(
    token: &str,
    secret_key: Option<&str>,
    machine_secret_key: Option<&str>,
) -> (Result<u16, MachineError>, Vec<String>) {
    let notes = Arc::new(Notes::default());
    let base = ApiBase::parse("https://proxy.test/base", PlainHttp::LoopbackOnly).unwrap();
    let api = MachineTokenApi::new(
        base,
        secret_key.map(SecretString::from),
        machine_secret_key.map(SecretString::from),
        MachineTransports::each(|| Arc::clone(&notes) as _),
    )
    .unwrap();
    let answer = run(api.verify(OpaqueToken::new(token).unwrap())).map(|answer| answer.status);
    let notes = notes.0.lock().unwrap().clone();
    (answer, notes)
}

#[test]
fn each_kind_has_a_path_without_version_and_a_field_of_its_own() {
    for (token, expected) in [
        ("ak_12345678", r#"api_keys/verify sk {"secret":"ak_12345678"}"#),
        ("mt_12345678", r#"m2m_tokens/verify sk {"token":"mt_12345678"}"#),
        (
            "oat_12345678",
            r#"oauth_applications/access_tokens/verify sk {"access_token":"oat_12345678"}"#,
        ),
    ] {
        let (answer, notes) = asked(token, Some("sk"), None);
        assert_eq!(answer, Err(MachineError::NoAnswer(NoAnswer::Connect)));
        assert_eq!(notes, [format!("POST https://proxy.test/base/{expected}")]);
    }
}

#[test]
fn a_machines_own_key_asks_about_its_tokens_and_about_nothing_else() {
    for (token, key) in [("mt_12345678", "ak"), ("ak_12345678", "sk"), ("oat_12345678", "sk")] {
        let (_, notes) = asked(token, Some("sk"), Some("ak"));
        assert!(notes[0].contains(&format!("verify {key} ")), "{notes:?}");
    }
    let (_, notes) = asked("mt_12345678", None, Some("ak"));
    assert_eq!(notes.len(), 1);
    for token in ["ak_12345678", "oat_12345678"] {
        let (answer, notes) = asked(token, None, Some("ak"));
        assert_eq!((answer, notes.len()), (Err(MachineError::NoSecretKey), 0), "{token}");
    }
}

#[test]
fn without_any_key_there_is_nothing_to_ask_with() {
    let base = ApiBase::parse(ApiBase::BACKEND_API, PlainHttp::LoopbackOnly).unwrap();
    let transports = MachineTransports::each(|| Arc::new(Notes::default()));
    assert_eq!(MachineTokenApi::new(base, None, None, transports).map(drop), Err(NoSecretKey));
}
