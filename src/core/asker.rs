//! Who is asking, which decides how a refusal is said.

use super::http_request::HttpRequest;

/// The kind of program that waits for the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asker {
    /// A gRPC client: wants a status it can map, never a redirect.
    Grpc,
    /// A browser that loads a page: can be sent elsewhere.
    Browser,
    /// Everything else: wants a status and a machine-readable body.
    Api,
}

impl Asker {
    /// Recognises the asker.
    ///
    /// gRPC by its content type. A browser's page load by `Sec-Fetch-Dest: document` or `iframe`, or,
    /// in browsers that do not send it, by an `Accept` that puts HTML before everything else; and
    /// only for GET and HEAD, since following a redirect must not repeat a change. gRPC-Web is plain
    /// HTTP to proxies and counts as an API.
    #[must_use]
    pub fn of(request: &HttpRequest<'_>) -> Self {
        let content_type = request.headers.text("content-type").unwrap_or_default();
        if is_grpc(content_type) {
            return Self::Grpc;
        }
        if !matches!(request.method, "GET" | "HEAD") || request.headers.text("upgrade").is_some() {
            return Self::Api;
        }
        let page = match request.headers.text("sec-fetch-dest") {
            Some(destination) => matches!(destination, "document" | "iframe"),
            None => request.headers.text("accept").is_some_and(prefers_html),
        };
        if page { Self::Browser } else { Self::Api }
    }

    /// The name used in logs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Grpc => "grpc",
            Self::Browser => "browser",
            Self::Api => "api",
        }
    }
}

/// `application/grpc`, with `+proto` and the like or parameters, but not `application/grpc-web`.
fn is_grpc(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    let name = essence.get(..16).filter(|name| name.eq_ignore_ascii_case("application/grpc"));
    name.is_some() && (essence.len() == 16 || essence.as_bytes()[16] == b'+')
}

/// Whether `text/html` has the highest quality in an Accept header, the first of equals winning.
fn prefers_html(accept: &str) -> bool {
    let mut best: Option<(u16, bool)> = None;
    for range in accept.split(',') {
        let mut parts = range.split(';').map(str::trim);
        let media = parts.next().unwrap_or_default();
        let quality = parts.find_map(|part| part.strip_prefix("q=")).map_or(1000, thousandths);
        if best.is_none_or(|(highest, _)| quality > highest) {
            best = Some((quality, media.eq_ignore_ascii_case("text/html")));
        }
    }
    matches!(best, Some((1.., true)))
}

/// A quality value such as `0.8`, in thousandths; nonsense counts as 0.
fn thousandths(quality: &str) -> u16 {
    let (whole, fraction) = quality.split_once('.').unwrap_or((quality, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(fraction) || fraction.len() > 3 {
        return 0;
    }
    match whole {
        "1" => 1000,
        "0" => format!("{fraction:0<3}").parse().unwrap_or(0),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::Asker;
    use crate::core::{
        header::{Header, Headers, Repeats},
        http_request::{HttpRequest, Scheme},
    };

    fn asker(method: &str, headers: &[(&str, &str)]) -> Asker {
        let lines =
            headers.iter().map(|&(name, value)| Header { name, value: value.as_bytes() }).collect();
        Asker::of(&HttpRequest {
            method,
            scheme: Scheme::Https,
            authority: "shop.test",
            target: "/",
            headers: Headers::new(lines, Repeats::Separate),
            peer: None,
        })
    }

    #[test]
    fn a_page_load_is_a_browser() {
        for headers in [
            &[("sec-fetch-dest", "document")][..],
            &[("sec-fetch-dest", "iframe")],
            &[("accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8")],
            &[("accept", "application/json;q=0.5, text/html")],
        ] {
            assert_eq!(asker("GET", headers), Asker::Browser, "{headers:?}");
            assert_eq!(asker("HEAD", headers), Asker::Browser, "{headers:?}");
            for method in ["POST", "DELETE", "OPTIONS", "get"] {
                assert_eq!(asker(method, headers), Asker::Api, "{method} {headers:?}");
            }
        }
    }

    #[test]
    fn everything_else_is_an_api() {
        for headers in [
            &[][..],
            &[("sec-fetch-dest", "empty"), ("accept", "text/html")],
            &[("sec-fetch-dest", "image"), ("accept", "text/html")],
            &[("accept", "*/*")],
            &[("accept", "application/json, text/html")],
            &[("accept", "text/html;q=0")],
            &[("accept", "text/html;q=0.1, application/json;q=0.2")],
            &[("accept", "text/html;q=9")],
            &[("accept", "text/htmlx")],
            &[("sec-fetch-dest", "document"), ("upgrade", "websocket")],
        ] {
            assert_eq!(asker("GET", headers), Asker::Api, "{headers:?}");
        }
    }

    #[test]
    fn grpc_is_known_by_its_content_type() {
        for content_type in ["application/grpc", "application/grpc+proto", "Application/gRPC; a=b"]
        {
            assert_eq!(asker("POST", &[("content-type", content_type)]), Asker::Grpc);
        }
        for content_type in
            ["application/grpc-web", "application/grpcx", "application/json", "\u{e9}"]
        {
            assert_eq!(asker("POST", &[("content-type", content_type)]), Asker::Api);
        }
    }
}
