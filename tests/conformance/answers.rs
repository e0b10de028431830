//! A transport that answers from the case and writes down what it was asked.

use crate::case::Case;
use bailiff::clerk::backend_api::{API_VERSION, Answer, NoAnswer, Outgoing, Sending, Transport};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use std::sync::Mutex;

#[derive(Debug)]
pub(crate) struct Answers(Mutex<State>);

#[derive(Debug)]
struct State {
    entries: Vec<Entry>,
    calls: Vec<Value>,
}

#[derive(Debug)]
struct Entry {
    answer: Value,
    left: u64,
}

impl Answers {
    pub(crate) fn of(case: &Case) -> Self {
        let entry = |answer: &Value| Entry {
            left: answer["times"].as_u64().unwrap_or(u64::MAX),
            answer: answer.clone(),
        };
        let mut entries: Vec<Entry> = case.upstream.iter().map(entry).collect();
        if let Some(keys) = case.options.get("jwks") {
            let answer = json!({"method": "GET", "path": "/v1/jwks", "status": 200, "body": keys});
            entries.push(Entry { answer, left: u64::MAX });
        }
        Self(Mutex::new(State { entries, calls: Vec::new() }))
    }

    /// The calls so far, in order.
    pub(crate) fn calls(&self) -> Vec<Value> {
        self.0.lock().expect("nobody panics in here").calls.clone()
    }

    fn answer(&self, request: &Outgoing<'_>) -> Result<Answer, NoAnswer> {
        let mut state = self.0.lock().expect("nobody panics in here");
        let query = request.url.query().map(|query| format!("?{query}")).unwrap_or_default();
        let body: Value = match &request.json {
            Some(body) => serde_json::from_slice(body).expect("the body is JSON"),
            None => Value::Null,
        };
        state.calls.push(json!({
            "method": request.method.as_str(),
            "path": format!("{}{query}", request.url.path()),
            "authorization": request.secret_key.map(|key| format!("Bearer {}", key.expose_secret())),
            "apiVersion": API_VERSION,
            "body": body,
        }));
        let found = state.entries.iter_mut().find(|entry| {
            entry.left > 0
                && entry.answer["method"] == request.method.as_str()
                && entry.answer["path"] == request.url.path()
        });
        let Some(entry) = found else { return Err(NoAnswer::Connect) };
        entry.left -= 1;
        let answer = &entry.answer;
        if answer["networkError"] == true {
            return Err(NoAnswer::Connect);
        }
        let body = match (&answer["bodyText"], answer.get("body")) {
            (Value::String(text), _) => text.clone().into_bytes(),
            (_, Some(body)) => body.to_string().into_bytes(),
            (_, None) => Vec::new(),
        };
        let content_type = answer["headers"]["content-type"].as_str().or_else(|| {
            answer["headers"]
                .as_object()
                .is_none_or(serde_json::Map::is_empty)
                .then_some("application/json")
        });
        Ok(Answer {
            status: answer["status"].as_u64().and_then(|s| u16::try_from(s).ok()).unwrap_or(500),
            content_type: content_type.map(Into::into),
            retry_after: None,
            body,
        })
    }
}

impl Transport for Answers {
    fn send<'a>(&'a self, request: Outgoing<'a>) -> Sending<'a> {
        let answer = self.answer(&request);
        Box::pin(async move { answer })
    }
}
