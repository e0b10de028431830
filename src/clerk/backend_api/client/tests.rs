use super::{HttpTransport, MAX_BODY_BYTES};
use crate::clerk::{
    backend_api::{Answer, NoAnswer, Outgoing, Repeat, Transport as _},
    fixture::run,
};
use http::Method;
use secrecy::SecretString;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};
use url::Url;

/// Sends one call to a server that answers with `response`; what it was sent comes along.
fn exchange(response: Vec<u8>) -> (Result<Answer, NoAnswer>, String) {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    run(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = vec![0; 4096];
            let length = stream.read(&mut request).await.unwrap();
            // The client may have heard enough before all is written.
            let _ = stream.write_all(&response).await;
            let _ = stream.shutdown().await;
            String::from_utf8_lossy(&request[..length]).into_owned()
        });
        let secret_key = SecretString::from("sk_test_x");
        let answer = HttpTransport::new()
            .unwrap()
            .send(Outgoing {
                method: Method::POST,
                url: Url::parse(&format!("http://{address}/v1/x?y=z")).unwrap(),
                secret_key: Some(&secret_key),
                json: Some(b"{\"a\":1}".to_vec()),
                repeat: Repeat::Never,
            })
            .await;
        (answer, server.await.unwrap())
    })
}

fn response(head: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 {head}\r\ncontent-length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

#[test]
fn a_call_carries_key_version_and_body_and_brings_the_answer() {
    let (answer, request) = exchange(response("200 OK\r\ncontent-type: application/json", b"{}"));
    let answer = answer.unwrap();
    assert_eq!((answer.status, answer.body.as_slice()), (200, &b"{}"[..]));
    assert_eq!(answer.content_type.as_deref(), Some("application/json"));
    assert!(request.starts_with("POST /v1/x?y=z HTTP/1.1\r\n"), "{request}");
    for line in [
        "authorization: Bearer sk_test_x\r\n",
        "clerk-api-version: 2026-05-12\r\n",
        "content-type: application/json\r\n",
    ] {
        assert!(request.to_ascii_lowercase().contains(&line.to_ascii_lowercase()), "{request}");
    }
    assert!(request.ends_with("{\"a\":1}"), "{request}");
}

#[test]
fn a_redirect_is_an_answer_and_not_followed_with_the_secret_key() {
    let (answer, _) = exchange(response("302 Found\r\nlocation: http://127.0.0.1:1/", b""));
    assert_eq!(answer.unwrap().status, 302);
}

#[test]
fn a_body_without_end_is_cut() {
    let endless = response("200 OK", &vec![b'x'; MAX_BODY_BYTES + 1]);
    assert_eq!(exchange(endless).0.unwrap_err(), NoAnswer::TooLarge);
    let most = response("200 OK", &vec![b'x'; MAX_BODY_BYTES]);
    assert_eq!(exchange(most).0.unwrap().body.len(), MAX_BODY_BYTES);
}

#[test]
fn an_answer_that_breaks_off_is_none() {
    let (answer, _) = exchange(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc".to_vec());
    assert_eq!(answer.unwrap_err(), NoAnswer::BrokenOff);
}

#[test]
fn nobody_at_the_address_is_no_answer() {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let answer = run(async {
        let url = Url::parse("http://127.0.0.1:1/").unwrap();
        let request = Outgoing {
            method: Method::GET,
            url,
            secret_key: None,
            json: None,
            repeat: Repeat::Never,
        };
        HttpTransport::new().unwrap().send(request).await
    });
    assert_eq!(answer.unwrap_err(), NoAnswer::Connect);
}

#[test]
fn a_secret_key_that_cannot_stand_in_a_header_is_not_sent() {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let answer = run(async {
        let secret_key = SecretString::from("sk\r\nx: y");
        let url = Url::parse("http://127.0.0.1:1/").unwrap();
        let request = Outgoing {
            method: Method::GET,
            url,
            secret_key: Some(&secret_key),
            json: None,
            repeat: Repeat::Never,
        };
        HttpTransport::new().unwrap().send(request).await
    });
    assert_eq!(answer.unwrap_err(), NoAnswer::Connect);
}
