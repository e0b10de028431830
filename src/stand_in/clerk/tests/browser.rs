//! A browser for tests.

use reqwest::{Client, Response, header, redirect::Policy};
use std::collections::BTreeMap;

/// A browser without scripts: keeps cookies, follows nothing by itself.
pub(super) struct Browser {
    client: Client,
    pub(super) cookies: BTreeMap<String, String>,
}

impl Browser {
    pub(super) fn new() -> Self {
        Self { client: client(), cookies: BTreeMap::new() }
    }

    pub(super) async fn get(&mut self, url: &str) -> Response {
        let request = self.client.get(url).header(header::COOKIE, self.cookie_line());
        self.keep(request.send().await.unwrap())
    }

    pub(super) async fn post(&mut self, url: &str, form: &[(&str, &str)]) -> Response {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let request = self
            .client
            .post(url)
            .header(header::COOKIE, self.cookie_line())
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(body);
        self.keep(request.send().await.unwrap())
    }

    fn cookie_line(&self) -> String {
        let pairs: Vec<_> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        pairs.join("; ")
    }

    fn keep(&mut self, response: Response) -> Response {
        for line in response.headers().get_all(header::SET_COOKIE) {
            let line = line.to_str().unwrap();
            let (name, value) = line.split(';').next().unwrap().split_once('=').unwrap();
            if line.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        response
    }
}

pub(super) fn client() -> Client {
    // Another test may have been first.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    Client::builder().redirect(Policy::none()).build().unwrap()
}
