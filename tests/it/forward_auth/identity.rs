//! What the service behind is told about the caller, and what a caller cannot make it believe.

use crate::support::{
    proxied::Proxied,
    proxy::Kind,
    tokens::{
        ORGANIZATION,
        Person::{Boss, Loner},
    },
    upstream::received,
};

const OURS: [&str; 3] = ["x-user-id", "x-org-id", "x-org-role"];

/// Everything that only Bailiff or Clerk's middleware may say.
const FORGED: [&str; 8] = [
    "X-User-Id: user_2root",
    "x-user-id: user_2toor",
    "X-ORG-ROLE: org:root",
    "X-Org-Id: org_2root",
    "X-Clerk-Auth-Status: signed-in",
    "X-Clerk-Auth-Token: forged",
    "X-Clerk-Auth-Message: forged",
    "X-Clerk-Request-Data: forged",
];
const CLERKS: [&str; 4] =
    ["x-clerk-auth-status", "x-clerk-auth-token", "x-clerk-auth-message", "x-clerk-request-data"];

#[tokio::test(flavor = "multi_thread")]
async fn forged_identity_headers_are_replaced() {
    for kind in Kind::ALL {
        let Some(shop) = Proxied::start(kind).await else { continue };
        let bearer = format!("Authorization: {}", shop.bearer(Boss));
        let mut headers = FORGED.to_vec();
        headers.push(&bearer);
        let answer = shop.raw("GET /admin/users HTTP/1.1", &headers).await;
        assert_eq!(answer.status, 200, "{kind:?}: {answer:?}");
        let request = shop.received();
        assert_eq!(received(&request, "x-user-id"), [Boss.id()], "{kind:?}");
        assert_eq!(received(&request, "x-org-id"), [ORGANIZATION], "{kind:?}");
        assert_eq!(received(&request, "x-org-role"), ["org:admin"], "{kind:?}");
        for name in CLERKS {
            assert_eq!(received(&request, name), Vec::<&str>::new(), "{kind:?} {name}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn forged_identity_headers_are_removed_where_there_is_nothing_to_say() {
    for kind in Kind::ALL {
        let Some(shop) = Proxied::start(kind).await else { continue };
        for path in ["/docs/a", "/healthz", "/"] {
            let answer = shop.raw(&format!("GET {path} HTTP/1.1"), &FORGED).await;
            assert_eq!(answer.status, 200, "{kind:?} {path}");
            let request = shop.received();
            for name in OURS.iter().chain(&CLERKS) {
                assert_eq!(received(&request, name), Vec::<&str>::new(), "{kind:?} {path} {name}");
            }
        }
        let bearer = format!("Authorization: {}", shop.bearer(Loner));
        let mut headers = FORGED.to_vec();
        headers.push(&bearer);
        assert_eq!(shop.raw("GET /dashboard HTTP/1.1", &headers).await.status, 200, "{kind:?}");
        let request = shop.received();
        assert_eq!(received(&request, "x-user-id"), [Loner.id()], "{kind:?}");
        assert_eq!(received(&request, "x-org-id"), Vec::<&str>::new(), "{kind:?}");
        assert_eq!(received(&request, "x-org-role"), Vec::<&str>::new(), "{kind:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn other_spellings_of_our_headers_do_not_come_through() {
    for kind in Kind::ALL {
        let Some(shop) = Proxied::start(kind).await else { continue };
        for spelling in ["x_user_id", "X_USER_ID", "x-user_id", "x_org-role", "x.user.id"] {
            let forged = format!("{spelling}: user_2root");
            let before = shop.upstream.seen().len();
            let answer = shop.raw("GET /docs/a HTTP/1.1", &[&forged]).await;
            match kind {
                // Told by name what to remove, and nobody lists every spelling.
                Kind::Caddy | Kind::Traefik => {
                    assert_eq!((answer.status, &*answer.reason()), (400, "ambiguous_header"));
                    assert_eq!(shop.upstream.seen().len(), before, "{spelling}");
                }
                Kind::Nginx | Kind::Haproxy => {
                    assert_eq!(answer.status, 200, "{kind:?} {spelling}: {answer:?}");
                    let request = shop.received().to_string();
                    assert!(!request.contains("user_2root"), "{kind:?} {spelling}: {request}");
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_header_called_hop_by_hop_by_the_client_is_still_ours() {
    for kind in Kind::ALL {
        let Some(shop) = Proxied::start(kind).await else { continue };
        let bearer = format!("Authorization: {}", shop.bearer(Boss));
        let hop = "Connection: close, x-user-id, x-original-uri, x-forwarded-uri, authorization";
        let answer = shop.raw("GET /admin/users HTTP/1.1", &[hop, &bearer]).await;
        // A proxy may drop the credential, or everything that we say, or nothing; what it may not do
        // is let somebody through as somebody else.
        if answer.status == 200 {
            let told = shop.received();
            let user = received(&told, "x-user-id");
            assert!(user.is_empty() || user == [Boss.id()], "{kind:?}: {user:?}");
        }
        let forged = ["X-User-Id: user_2root", "Connection: close, x-user-id"];
        let answer = shop.raw("GET /docs/a HTTP/1.1", &forged).await;
        assert_eq!(answer.status, 200, "{kind:?}: {answer:?}");
        assert_eq!(received(&shop.received(), "x-user-id"), Vec::<&str>::new(), "{kind:?}");
    }
}

const WITHHOLDING: &str = r"
version: 1
routes:
  /docs/{**}: public
  /dashboard/{**}: signed_in
upstream:
  headers: { x-user-id: identity.user.id }
  keep_credentials: false
";

/// The configuration with the lines for policies that withhold credentials.
fn withholding(text: &str) -> String {
    let uncommented = text.lines().map(|line| {
        let code = line.trim_start();
        let is_one = [
            "# proxy_set_header ",
            "# - Authorization",
            "# - Cookie",
            "# request_header ",
            "# @cookies ",
        ]
        .iter()
        .any(|begins| code.starts_with(begins));
        if is_one { line.replacen("# ", "", 1) } else { line.to_owned() }
    });
    uncommented.collect::<Vec<_>>().join("\n") + "\n"
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_are_withheld_where_the_policy_says_so() {
    for kind in Kind::ALL {
        let shop = Proxied::start_with(kind, WITHHOLDING, |text| withholding(&text)).await;
        let Some(shop) = shop else { continue };
        let token = shop.instance.token(Loner);
        let session = format!("a=1; __session={token}; b=2");
        for (path, cookie, left) in [
            ("/dashboard", session.as_str(), vec!["a=1; b=2"]),
            ("/docs/a", "a=1; b=2", vec!["a=1; b=2"]),
            ("/docs/a", "__session=x", vec![]),
        ] {
            let headers = [("cookie", cookie), ("x-else", "kept")];
            let answer = shop.send(None, "GET", path, &headers).await;
            assert_eq!(answer.status, 200, "{kind:?} {path}: {answer:?}");
            let request = shop.received();
            assert_eq!(received(&request, "cookie"), left, "{kind:?} {path}");
            assert_eq!(received(&request, "x-else"), ["kept"], "{kind:?}");
        }
        let answer = shop.get(Some(Loner), "/dashboard").await;
        assert_eq!(answer.status, 200, "{kind:?}");
        let request = shop.received();
        assert_eq!(received(&request, "authorization"), Vec::<&str>::new(), "{kind:?}");
        assert_eq!(received(&request, "x-user-id"), [Loner.id()], "{kind:?}");
        assert!(!shop.received().to_string().contains(&token), "{kind:?}");
    }
}
