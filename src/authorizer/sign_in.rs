//! Where a browser that is sent elsewhere may come back to.

use crate::core::{
    http_request::HttpRequest,
    location::{Location, Origin},
};

/// An address with the request's own address as `redirect_url`, so that the user comes back.
pub(super) fn with_return(
    target: &Location,
    request: &HttpRequest<'_>,
    authorized_parties: &[Origin],
) -> Location {
    match return_address(request, authorized_parties) {
        Some(address) => target.with_parameter("redirect_url", address.as_str()),
        None => target.clone(),
    }
}

/// The request's own address, if it may be come back to.
///
/// It may be where the request says it is from, and only if that is an authorized party, where any
/// are configured: the host a client sends must not become a way out. The scheme is the configured
/// one, since TLS may end before the proxy.
pub(super) fn return_address(
    request: &HttpRequest<'_>,
    authorized_parties: &[Origin],
) -> Option<Location> {
    let own = format!("{}://{}", request.scheme.as_str(), request.authority);
    let origin = if authorized_parties.is_empty() {
        own.as_str()
    } else {
        let authority = |origin: &Origin| {
            origin.as_str().split_once("://").is_some_and(|(scheme, authority)| {
                matches!(scheme, "http" | "https")
                    && authority.eq_ignore_ascii_case(request.authority)
            })
        };
        let exact = authorized_parties.iter().find(|origin| origin.as_str() == own);
        exact.or_else(|| authorized_parties.iter().find(|origin| authority(origin)))?.as_str()
    };
    let base = Location::parse(origin).ok()?;
    // Joined as text behind the origin, never resolved against it: a target such as `//evil.test`
    // must stay a path. The path has been found canonical before anything is redirected.
    let address = format!("{}{}", base.as_str().trim_end_matches('/'), request.target);
    let address = Location::parse(&address).ok()?;
    (address.url().origin() == base.url().origin()).then_some(address)
}

#[cfg(test)]
mod tests {
    use super::with_return;
    use crate::core::{
        header::Headers,
        http_request::{HttpRequest, Scheme},
        location::{Location, Origin},
    };

    fn redirect_url(
        scheme: Scheme,
        authority: &str,
        target: &str,
        authorized_parties: &[&str],
    ) -> Option<String> {
        let sign_in = Location::parse("https://accounts.shop.test/sign-in").unwrap();
        let request = HttpRequest {
            method: "GET",
            scheme,
            authority,
            target,
            headers: Headers::none(),
            peer: None,
        };
        let parties: Vec<_> = authorized_parties.iter().map(|text| Origin::new(text)).collect();
        let location = with_return(&sign_in, &request, &parties);
        assert!(location.as_str().starts_with("https://accounts.shop.test/sign-in"));
        let mut pairs = location.url().query_pairs();
        pairs.find(|(name, _)| name == "redirect_url").map(|(_, value)| value.into_owned())
    }

    #[test]
    fn the_user_comes_back_to_the_same_page_with_its_query() {
        assert_eq!(
            redirect_url(Scheme::Https, "shop.test", "/a/b?x=1&y=%20#", &["https://shop.test"]),
            Some("https://shop.test/a/b?x=1&y=%20#".to_owned())
        );
    }

    #[test]
    fn the_scheme_is_the_configured_one_where_tls_ends_before_the_proxy() {
        assert_eq!(
            redirect_url(Scheme::Http, "SHOP.test", "/a", &["https://shop.test"]).as_deref(),
            Some("https://shop.test/a")
        );
        let both = ["https://shop.test", "http://shop.test"];
        assert_eq!(
            redirect_url(Scheme::Http, "shop.test", "/a", &both).as_deref(),
            Some("http://shop.test/a")
        );
    }

    #[test]
    fn a_host_that_is_no_authorized_party_is_no_way_back() {
        for authority in ["evil.test", "shop.test.evil.test", "shop.test:81", "shop.test@evil.test"]
        {
            assert_eq!(
                redirect_url(Scheme::Https, authority, "/a", &["https://shop.test"]),
                None,
                "{authority}"
            );
        }
    }

    #[test]
    fn without_authorized_parties_the_proxys_own_view_of_the_address_counts() {
        assert_eq!(
            redirect_url(Scheme::Http, "localhost:10000", "/a?b", &[]).as_deref(),
            Some("http://localhost:10000/a?b")
        );
        assert_eq!(redirect_url(Scheme::Https, "user@evil.test", "/a", &[]), None);
        assert_eq!(redirect_url(Scheme::Https, "shop.test", "@evil.test/a", &[]), None);
        assert_eq!(redirect_url(Scheme::Https, "shop.test", ".evil.test/a", &[]), None);
    }

    #[test]
    fn a_path_never_becomes_a_host() {
        assert_eq!(
            redirect_url(Scheme::Https, "shop.test", "//evil.test/a", &[]).as_deref(),
            Some("https://shop.test//evil.test/a")
        );
    }
}
