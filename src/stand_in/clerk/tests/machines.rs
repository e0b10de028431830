//! What is said of opaque machine credentials, and to whom.

use super::{browser::client, stand_in};
use crate::stand_in::clerk::{Grant, StandIn};
use reqwest::StatusCode;
use serde_json::{Value, json};

async fn ask(clerk: &StandIn, key: &str, path: &str, body: Value) -> (StatusCode, Value) {
    let url = format!("{}{path}", clerk.backend_api_url());
    let answer = client().post(url).bearer_auth(key).json(&body).send().await.unwrap();
    (answer.status(), answer.json().await.unwrap_or_default())
}

#[tokio::test]
async fn each_kind_is_known_under_its_own_path_alone() {
    let clerk = stand_in().await;
    let key = clerk.secret_key();
    let api_key = clerk.issue(Grant::api_key("user_1", &["a"]));
    let m2m = clerk.issue(Grant::m2m_token("mch_1", &["mch_2"]));
    let oauth = clerk.issue(Grant::oauth_token("user_1", "client_1", &["profile"]));
    for (path, field, right, others) in [
        ("/api_keys/verify", "secret", &api_key, [&m2m, &oauth]),
        ("/m2m_tokens/verify", "token", &m2m, [&api_key, &oauth]),
        ("/oauth_applications/access_tokens/verify", "access_token", &oauth, [&api_key, &m2m]),
    ] {
        let (status, told) = ask(&clerk, key, path, json!({ field: right.secret })).await;
        assert_eq!((status, told["id"].as_str()), (StatusCode::OK, Some(&*right.id)), "{path}");
        assert_eq!((&told["revoked"], &told["expired"]), (&json!(false), &json!(false)));
        for other in others {
            let (status, _) = ask(&clerk, key, path, json!({ field: other.secret })).await;
            assert_eq!(status, StatusCode::NOT_FOUND, "{path}");
        }
        let (status, _) = ask(&clerk, "sk_live_other", path, json!({ field: right.secret })).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED, "{path}");
        let (status, _) = ask(&clerk, key, path, json!({ "something": right.secret })).await;
        assert!(status.is_client_error(), "{path}");
    }
}

#[tokio::test]
async fn a_machine_learns_of_nothing_but_tokens_that_are_meant_for_it() {
    let clerk = stand_in().await;
    let ours = clerk.issue(Grant::m2m_token("mch_1", &["mch_us", "mch_2"]));
    let other = clerk.issue(Grant::m2m_token("mch_1", &["mch_2"]));
    let key = clerk.machines().secret_key("mch_us");
    let path = "/m2m_tokens/verify";
    for (issued, expected) in [(&ours, StatusCode::OK), (&other, StatusCode::NOT_FOUND)] {
        assert_eq!(ask(&clerk, &key, path, json!({ "token": issued.secret })).await.0, expected);
        let of_instance = ask(&clerk, clerk.secret_key(), path, json!({ "token": issued.secret }));
        assert_eq!(of_instance.await.0, StatusCode::OK);
    }
    let api_key = clerk.issue(Grant::api_key("user_1", &[]));
    let (status, _) =
        ask(&clerk, &key, "/api_keys/verify", json!({ "secret": api_key.secret })).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn what_is_revoked_is_said_to_be_and_what_is_forgotten_is_not_known() {
    let clerk = stand_in().await;
    let issued = clerk.issue(Grant::api_key("user_1", &[]));
    let told = || async {
        ask(&clerk, clerk.secret_key(), "/api_keys/verify", json!({ "secret": issued.secret }))
            .await
    };
    clerk.machines().revoke(&issued);
    let (status, body) = told().await;
    assert_eq!((status, &body["revoked"]), (StatusCode::OK, &json!(true)));
    clerk.machines().forget(&issued);
    assert_eq!(told().await.0, StatusCode::NOT_FOUND);
    assert!(!format!("{issued:?}").contains(&issued.secret));
}
