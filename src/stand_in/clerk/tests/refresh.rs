//! Refreshing an expired session token over the Backend API.

use super::{browser::client, claims, stand_in};
use crate::stand_in::{
    clerk::{Endpoint, SignIn, StandIn},
    people,
    tokens::Status,
};
use reqwest::{Response, StatusCode, header};
use serde_json::{Value, json};

async fn refresh(clerk: &StandIn, session: &str, body: &Value) -> Response {
    let url = format!("{}/v1/sessions/{session}/refresh", clerk.backend_api_url());
    let request = client().post(url).bearer_auth(clerk.secret_key());
    request.json(body).send().await.unwrap()
}

async fn code(answer: Response) -> (StatusCode, String) {
    let status = answer.status();
    let body: Value = answer.json().await.unwrap();
    (status, body["errors"][0]["code"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn the_refresh_token_of_the_session_buys_fresh_cookies() {
    let clerk = stand_in().await;
    let reader = people::reader();
    let signed_in = clerk.sign_in(&SignIn::usual(&reader)).unwrap();
    let session = &signed_in.session;
    assert!(clerk.sessions().change(&session.id, |session| session.status = Status::Pending));
    let body = json!({
        "format": "cookie",
        "expired_token": clerk.session_token(session, None),
        "refresh_token": session.refresh_token,
        "request_origin": "http://localhost:10000",
        "request_headers": { "accept": ["text/html"] },
    });
    let answer = refresh(&clerk, &session.id, &body).await;
    assert_eq!(answer.headers()[header::CONTENT_TYPE], "application/json");
    let answer: Value = answer.json().await.unwrap();
    let lines: Vec<&str> =
        answer["cookies"].as_array().unwrap().iter().map(|line| line.as_str().unwrap()).collect();
    for name in &clerk.cookie_names().session {
        let prefix = format!("{name}=");
        let line = lines.iter().find_map(|line| line.strip_prefix(&prefix)).unwrap();
        let claims = claims(line.split(';').next().unwrap());
        assert_eq!((&claims["sid"], &claims["sts"]), (&json!(session.id), &json!("pending")));
    }
    assert_eq!(clerk.requests().count(Endpoint::Refresh), 1);
}

#[tokio::test]
async fn nothing_else_buys_them() {
    let clerk = stand_in().await;
    let (reader, boss) = (people::reader(), people::boss());
    let mine = clerk.sign_in(&SignIn::usual(&reader)).unwrap().session;
    let other = clerk.sign_in(&SignIn::usual(&boss)).unwrap().session;
    let body = |token: &str, refresh_token: &str| json!({ "format": "cookie", "expired_token": token, "refresh_token": refresh_token });
    let token = clerk.session_token(&mine, None);
    for (session, body) in [
        (&mine.id, body(&token, "rt_made_up")),
        (&mine.id, body(&token, &other.refresh_token)),
        (&mine.id, body(&clerk.session_token(&other, None), &mine.refresh_token)),
        (&mine.id, body("garbage", &mine.refresh_token)),
        (&other.id, body(&token, &mine.refresh_token)),
    ] {
        let refused = code(refresh(&clerk, session, &body).await).await;
        assert_eq!(refused, (StatusCode::UNAUTHORIZED, "refresh_token_invalid".to_owned()));
    }
    let good = body(&token, &mine.refresh_token);
    let url = format!("{}/v1/sessions/{}/refresh", clerk.backend_api_url(), mine.id);
    let without_key = client().post(url).json(&good).send().await.unwrap();
    assert_eq!(without_key.status(), StatusCode::UNAUTHORIZED);

    clerk.sessions().revoke(&mine.id);
    let refused = code(refresh(&clerk, &mine.id, &good).await).await;
    assert_eq!(refused, (StatusCode::UNAUTHORIZED, "session_not_found".to_owned()));
}
