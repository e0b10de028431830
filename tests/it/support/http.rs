//! HTTP clients: a polite one, and one that sends exactly the bytes a test writes.

use super::PATIENCE;
use serde_json::Value;
use std::{net::SocketAddr, sync::Once};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

/// A client that follows no redirect and keeps no cookie.
pub(crate) fn client() -> reqwest::Client {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| {
        // Another part of the test program may have been first; either way there is one.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    });
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(PATIENCE)
        .build()
        .expect("a client")
}

/// An answer, read whole.
#[derive(Debug)]
pub(crate) struct Answer {
    /// Status code.
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    /// Body.
    pub(crate) body: String,
}

impl Answer {
    /// The first value of a header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Every value of a header, in order.
    pub(crate) fn every(&self, name: &str) -> Vec<&str> {
        let lines = self.headers.iter().filter(|(key, _)| key == name);
        lines.map(|(_, value)| value.as_str()).collect()
    }

    /// The body as JSON.
    pub(crate) fn json(&self) -> Value {
        let parsed = serde_json::from_str(&self.body);
        parsed.unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// Status, headers but these, and body.
    pub(crate) fn without(&self, names: &[&str]) -> (u16, Vec<(String, String)>, &str) {
        let kept = self.headers.iter().filter(|(name, _)| !names.contains(&name.as_str()));
        (self.status, kept.cloned().collect(), &self.body)
    }

    /// What the problem body gives as reason.
    pub(crate) fn reason(&self) -> String {
        self.json()["reason"].as_str().unwrap_or_default().to_owned()
    }
}

/// Sends a request with these headers and reads the whole answer.
pub(crate) async fn send(method: &str, url: &str, headers: &[(&str, &str)]) -> Answer {
    let method = method.parse::<reqwest::Method>().expect("a method");
    let mut request = client().request(method, url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    answered(url, request).await
}

/// Posts JSON with these headers.
pub(crate) async fn post_json(url: &str, headers: &[(&str, &str)], message: &Value) -> Answer {
    let mut request = client().post(url).json(message);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    answered(url, request).await
}

async fn answered(url: &str, request: reqwest::RequestBuilder) -> Answer {
    let response = request.send().await.unwrap_or_else(|error| panic!("{url}: {error}"));
    let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    Answer {
        status: response.status().as_u16(),
        headers: response
            .headers()
            .iter()
            .map(|(name, value)| (name.as_str().to_owned(), text(value)))
            .collect(),
        body: response.text().await.unwrap_or_default(),
    }
}

/// Sends a GET with these headers.
pub(crate) async fn get(url: &str, headers: &[(&str, &str)]) -> Answer {
    send("GET", url, headers).await
}

/// Sends a request line and header lines as they stand and reads the answer. `Host` and
/// `Connection: close` are added.
pub(crate) async fn raw(address: SocketAddr, request_line: &str, headers: &[&str]) -> Answer {
    let mut request = format!("{request_line}\r\nHost: shop.test\r\nConnection: close\r\n");
    for header in headers {
        request.push_str(header);
        request.push_str("\r\n");
    }
    request.push_str("\r\n");
    raw_bytes(address, request.as_bytes()).await
}

/// Sends these bytes and reads one answer.
pub(crate) async fn raw_bytes(address: SocketAddr, request: &[u8]) -> Answer {
    let exchange = async {
        let mut stream = TcpStream::connect(address).await.expect("a connection");
        stream.write_all(request).await.expect("the request is sent");
        let mut received = Vec::new();
        loop {
            // Proxies keep a refused connection open for a while: the length says when to stop.
            // One that resets it instead has said what it had to say.
            let read = stream.read_buf(&mut received).await;
            let answer = parse(&received, read.is_err() || matches!(read, Ok(0)));
            if let Some(answer) = answer {
                return answer;
            }
        }
    };
    tokio::time::timeout(PATIENCE, exchange).await.expect("an answer in time")
}

/// The answer in `received`; `None` while more is to come.
fn parse(received: &[u8], ended: bool) -> Option<Answer> {
    let text = String::from_utf8_lossy(received);
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        assert!(!ended, "not an HTTP answer: {text:?}");
        return None;
    };
    let mut lines = head.lines();
    let status = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok());
    let headers = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let mut answer = Answer {
        status: status.unwrap_or_else(|| panic!("not an HTTP answer: {text:?}")),
        headers,
        body: body.to_owned(),
    };
    let whole = if answer.header("transfer-encoding").is_some() {
        answer.body = dechunked(body);
        body.ends_with("0\r\n\r\n")
    } else {
        let length = answer.header("content-length").and_then(|length| length.parse().ok());
        length.is_some_and(|length| body.len() >= length)
    };
    (whole || ended).then_some(answer)
}

fn dechunked(mut body: &str) -> String {
    let mut whole = String::new();
    while let Some((size, rest)) = body.split_once("\r\n") {
        let size = usize::from_str_radix(size, 16).unwrap_or(0);
        let Some((chunk, rest)) = rest.split_at_checked(size).filter(|_| size > 0) else { break };
        whole.push_str(chunk);
        body = rest.trim_start_matches("\r\n");
    }
    whole
}
