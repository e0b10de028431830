use super::{IDENTITY, Links, PLACES, Upstream};
use reqwest::{Client, StatusCode};

fn links() -> Links {
    Links {
        sign_in: "http://localhost:10001/sign-in".to_owned(),
        sign_out: "http://localhost:10001/sign-out".to_owned(),
        organization_selection: "http://localhost:10001/organization-selection".to_owned(),
        home: "http://localhost:10000/".to_owned(),
    }
}

fn client() -> Client {
    // Another test may have been first.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    Client::new()
}

#[tokio::test]
async fn a_page_shows_who_the_service_was_told_it_is() {
    let upstream = Upstream::start(links()).await.unwrap();
    let url = format!("http://{}/dashboard", upstream.address());
    let request = client().get(&url).header("x-user-id", "user_<1>").header("x-user-id", "user_2");
    let html = request.send().await.unwrap().text().await.unwrap();
    assert!(html.contains("user_&lt;1&gt; | user_2"), "{html}");
    assert!(html.contains(
        "http://localhost:10001/sign-out?redirect_url=http%3A%2F%2Flocalhost%3A10000%2F"
    ));

    let html = client().get(&url).send().await.unwrap().text().await.unwrap();
    assert!(html.contains("Nobody is signed in") && !html.contains("sign-out"));
}

#[tokio::test]
async fn the_health_page_is_no_page() {
    let upstream = Upstream::start(links()).await.unwrap();
    let answer =
        client().get(format!("http://{}/healthz", upstream.address())).send().await.unwrap();
    assert_eq!(
        (answer.status(), answer.text().await.unwrap().as_str()),
        (StatusCode::OK, "well\n")
    );
}

#[test]
fn the_service_knows_the_headers_and_the_paths_of_the_sample_policy() {
    let policy = include_str!("../../../../deploy/policy.yaml");
    for name in IDENTITY {
        assert!(policy.contains(&format!("    {name}: identity.")), "{name}");
    }
    for (path, _) in PLACES {
        let first = path.trim_start_matches('/').split('/').next().unwrap();
        assert!(policy.contains(&format!("  /{first}")), "{path}");
    }
}
