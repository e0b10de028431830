use super::{
    Carrier, FirstOf, Nothing, Tracing, is_surely_not_recorded, known_method, route, without_port,
};

struct Parent(&'static str, Option<&'static str>);

impl Carrier for Parent {
    fn header(&self, name: &str) -> Option<&str> {
        match name {
            "traceparent" => Some(self.0),
            "tracestate" => self.1,
            _ => None,
        }
    }
}

const RECORDED: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const NOT_RECORDED: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";

#[test]
fn nothing_is_recorded_where_tracing_is_off() {
    assert!(Tracing::OFF.decide("ext_authz", &Parent(RECORDED, None)).is_none());
    assert!(Tracing::OFF.under_way().authenticate().is_none());
}

#[test]
fn a_trace_that_is_not_recorded_is_known_by_its_last_letter() {
    assert!(is_surely_not_recorded(NOT_RECORDED));
    assert!(!is_surely_not_recorded(RECORDED));
    for malformed in ["", "00-00", &NOT_RECORDED[1..], &NOT_RECORDED.replace('-', "_")] {
        assert!(!is_surely_not_recorded(malformed), "{malformed}");
    }
}

#[test]
fn the_call_itself_is_asked_before_the_request_it_is_about() {
    let (call, request) = (Parent(RECORDED, None), Parent(NOT_RECORDED, Some("a=b")));
    let both = FirstOf(&call, &request);
    assert_eq!(both.header("traceparent"), Some(RECORDED));
    assert_eq!(both.header("tracestate"), None);
    let request_alone = FirstOf(&Nothing, &request);
    assert_eq!(request_alone.header("traceparent"), Some(NOT_RECORDED));
    assert_eq!(request_alone.header("tracestate"), Some("a=b"));
}

#[test]
fn only_rules_about_paths_are_routes() {
    assert_eq!(route("GET /invoices/{id}"), Some("/invoices/{id}"));
    assert_eq!(route("/docs/{**}"), Some("/docs/{**}"));
    assert_eq!(route("action invoice.refund"), None);
    assert_eq!(route("guard /odd"), None);
    assert_eq!(route("unlisted"), None);
}

#[test]
fn an_address_is_told_without_its_port() {
    assert_eq!(without_port("shop.test:8080"), "shop.test");
    assert_eq!(without_port("shop.test"), "shop.test");
    assert_eq!(without_port("[::1]:80"), "[::1]");
    assert_eq!(without_port("[::1]"), "[::1]");
}

#[test]
fn a_method_that_a_client_made_up_is_no_value_of_its_own() {
    assert_eq!(known_method("DELETE"), "DELETE");
    assert_eq!(known_method("BREW"), "_OTHER");
}
