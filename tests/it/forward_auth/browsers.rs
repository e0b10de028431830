//! Handshakes through each proxy: every cookie arrives, on an allow, a redirect and a refusal.

use crate::support::{
    http,
    proxy::{self, Kind, Proxy},
    sidecar::Sidecar,
    upstream::Upstream,
};
use bailiff::stand_in::clerk::{Environment, Setup, SignIn, StandIn};
use serde_json::json;
use std::fs;
use tempfile::TempDir;
use url::Url;

const POLICY: &str = "
version: 1
routes:
  /healthz: public
  /dashboard/{**}: signed_in
upstream:
  headers: { x-user-id: identity.user.id }
";

/// An application behind a proxy, with a Clerk instance beside it.
struct Site {
    origin: String,
    clerk: StandIn,
    proxy: Proxy,
    upstream: Upstream,
    _sidecar: Sidecar,
}

impl Site {
    async fn start(kind: Kind, environment: Environment, host: &str) -> Option<Self> {
        let upstream = Upstream::start().await;
        let frontend_api_host = "clerk.shop.localhost".to_owned();
        let setup = Setup { environment, frontend_api_host, ..Setup::new() };
        let clerk = StandIn::start(setup).await.expect("the Clerk instance starts");
        let address = proxy::free();
        let origin = format!("http://{host}:{}", address.port());
        clerk.allow_origin(&origin);
        let directory = TempDir::new().expect("a temporary directory");
        let secret = directory.path().join("secret");
        fs::write(&secret, clerk.secret_key()).expect("the secret key is written");
        let settings = json!({
            "policy": directory.path().join("policy.yaml"),
            "instances": [{
                "publishable_key": clerk.publishable_key(),
                "secret_key_file": secret,
                "api_url": clerk.backend_api_url(),
                "proxy_url": clerk.browser_url(),
                "sign_in_url": clerk.sign_in_url(),
                "authorized_parties": [origin],
                "missing_azp": "accept",
            }],
            "listeners": { "grpc": "127.0.0.1:0", "admin": "127.0.0.1:0", "http": "127.0.0.1:0" },
            "forward_auth": { "profile": kind.name(), "trusted_peers": ["127.0.0.1"] },
            "log": { "format": "json" },
        });
        let sidecar = Sidecar::start_in(directory, POLICY, &settings).await;
        // What the comments of the configurations say to write where users see a port that is not their
        // scheme's own, and for the names that cookies have in this instance.
        let cookies = clerk.cookie_names();
        let names = cookies.session.iter().chain(&cookies.client_uat).chain([&cookies.refresh]);
        let line = |name: &String| ["\n          - ", name].concat();
        let suffixed: String = names.map(line).collect();
        let as_told = |text: String| {
            text.replace("X-Original-Host $host;", "X-Original-Host $host:$server_port;")
                .replace("\n          - __session", &suffixed)
        };
        let asked = sidecar.http();
        let proxy = Proxy::start_with(kind, address, asked, upstream.address(), as_told).await?;
        Some(Self { origin, clerk, proxy, upstream, _sidecar: sidecar })
    }

    fn page(&self, target: &str) -> String {
        format!("{}{target}", self.origin)
    }

    async fn load(&self, target: &str, cookies: &str, further: &[(&str, &str)]) -> http::Answer {
        let host = self.origin.trim_start_matches("http://");
        let mut headers = vec![
            ("host", host),
            ("accept", "text/html"),
            ("sec-fetch-dest", "document"),
            ("cookie", cookies),
        ];
        headers.extend(further);
        http::get(&self.proxy.url(target), &headers).await
    }

    /// What the Clerk instance sends a browser back with, for a visit to `target`: the address, and
    /// the cookies it sets.
    async fn handshake(&self, target: &str, client: &str) -> (Url, Vec<String>) {
        let mut address = Url::parse(&self.clerk.backend_api_url()).expect("an address");
        address.set_path("/v1/client/handshake");
        let back = self.page(target);
        let asked = [("redirect_url", back.as_str()), ("format", "nonce")];
        address.query_pairs_mut().extend_pairs(asked);
        let answer = http::get(address.as_str(), &[("cookie", client)]).await;
        let location = answer.header("location").unwrap_or_else(|| panic!("{answer:?}"));
        let cookies = answer.every("set-cookie").into_iter().map(str::to_owned).collect();
        (Url::parse(location).expect("an absolute address"), cookies)
    }

    /// The cookie by which the instance knows a browser that has signed in.
    fn client_of_reader(&self) -> String {
        let person = self.clerk.people().iter().find(|person| person.handle == "reader");
        let who = SignIn::usual(person.expect("the reader"));
        let signed_in = self.clerk.sign_in(&who).expect("the reader signs in");
        format!("{}={}", self.clerk.cookie_names().client, signed_in.browser)
    }
}

fn jar(lines: &[String]) -> String {
    let pairs: Vec<_> = lines.iter().filter_map(|line| line.split(';').next()).collect();
    pairs.join("; ")
}

fn names<'l>(lines: &[&'l str]) -> Vec<&'l str> {
    lines.iter().filter_map(|line| line.split('=').next()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_allowed_page_arrives_with_every_cookie_of_the_handshake_and_of_the_service() {
    for kind in Kind::ALL {
        let site = Site::start(kind, Environment::Production, "localhost").await;
        let Some(site) = site else { continue };
        let client = site.client_of_reader();
        let (back, nonce) = site.handshake("/dashboard", &client).await;
        assert_eq!(back.as_str(), site.page("/dashboard"));
        let own = ["cart=3; Path=/; Expires=Wed, 21 Oct 2037 07:28:00 GMT", "theme=dark; HttpOnly"];
        let wanted: Vec<_> = own.iter().map(|line| ("x-set-cookie", *line)).collect();
        let answer = site.load("/dashboard", &jar(&nonce), &wanted).await;
        assert_eq!(answer.status, 200, "{kind:?}: {answer:?}");
        let lines = answer.every("set-cookie");
        for line in own {
            assert!(lines.contains(&line), "{kind:?}: {line} is missing in {lines:?}");
        }
        let cookies = site.clerk.cookie_names();
        let mut expected = vec!["__clerk_handshake_nonce", "__clerk_handshake"];
        expected.extend(cookies.session.iter().chain(&cookies.client_uat).map(String::as_str));
        expected.extend([&*cookies.refresh, "cart", "theme"]);
        let mut arrived = names(&lines);
        expected.sort_unstable();
        arrived.sort_unstable();
        assert_eq!(arrived, expected, "{kind:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_carries_every_cookie_as_a_line_of_its_own() {
    for kind in Kind::ALL {
        let site = Site::start(kind, Environment::Development, "shop.localhost").await;
        let Some(site) = site else { continue };
        let client = site.client_of_reader();
        let (back, _) = site.handshake("/dashboard?year=2026", &client).await;
        let target = &back[url::Position::BeforePath..];
        let answer = site.load(target, "", &[]).await;
        assert_eq!(answer.status, 302, "{kind:?}: {answer:?}");
        assert_eq!(answer.every("location"), [&*site.page("/dashboard?year=2026")], "{kind:?}");
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        let cookies = site.clerk.cookie_names();
        let lines = answer.every("set-cookie");
        let arrived = names(&lines);
        let own = [&cookies.session, &cookies.client_uat, &cookies.development_browser];
        for name in own.into_iter().flatten().chain([&cookies.refresh]) {
            assert!(arrived.contains(&&**name), "{kind:?}: {name} is missing in {lines:?}");
        }
        assert!(lines.iter().all(|line| !line.contains(',')), "{kind:?}: {lines:?}");
        site.upstream.saw_nothing();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_after_a_handshake_tells_the_browser_that_it_is_signed_out() {
    for kind in Kind::ALL {
        let site = Site::start(kind, Environment::Production, "localhost").await;
        let Some(site) = site else { continue };
        let (_, nonce) = site.handshake("/dashboard", "").await;
        let answer = site.load("/dashboard", &jar(&nonce), &[]).await;
        let location = answer.header("location").unwrap_or_else(|| panic!("{kind:?}: {answer:?}"));
        assert!(location.starts_with(&site.clerk.sign_in_url()), "{kind:?}: {location}");
        let lines = answer.every("set-cookie");
        for name in &site.clerk.cookie_names().client_uat {
            let line = lines.iter().find(|line| line.starts_with(&format!("{name}=")));
            let signed_out = line.is_some_and(|line| line.starts_with(&format!("{name}=0;")));
            assert!(signed_out, "{kind:?}: {lines:?}");
        }
        site.upstream.saw_nothing();
    }
}
