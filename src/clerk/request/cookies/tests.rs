use super::{Family, Pair, choose};
use crate::clerk::{
    Instance,
    fixture::{DEVELOPMENT, NOW, PRODUCTION, instance_of, now, token},
    jwt::Jwt,
    token_error::TokenError,
    verifier::Presented,
};
use serde_json::{Value, json};

const UAT: Option<&str> = Some("1769990000");
const ZERO: Option<&str> = Some("0");

fn choice(
    instance: &Instance,
    plain: Option<&Value>,
    suffixed: Option<&Value>,
    plain_uat: Option<&str>,
    suffixed_uat: Option<&str>,
) -> Family {
    let tokens = [plain, suffixed].map(|changes| changes.map(token));
    let [plain, suffixed] = tokens
        .each_ref()
        .map(|token| token.as_deref().map(|token| Jwt::decode(token).map(Presented::Decoded)));
    let pair = Pair {
        plain_session: plain.as_ref(),
        suffixed_session: suffixed.as_ref(),
        plain_uat,
        suffixed_uat,
    };
    choose(instance, &pair, now())
}

fn production() -> Instance {
    instance_of(PRODUCTION, "main")
}

#[test]
fn a_plain_session_that_says_nothing_of_its_issuer_means_plain() {
    for issuer in [json!(null), json!(""), json!(0), json!(false)] {
        let plain = json!({"iss": issuer});
        let found = choice(&production(), Some(&plain), Some(&json!({})), UAT, UAT);
        assert_eq!(found, Family::Plain, "{issuer}");
    }
    let undecodable: Option<&Result<Presented<'_>, TokenError>> = Some(&Err(TokenError::Malformed));
    let pair = Pair {
        plain_session: undecodable,
        suffixed_session: None,
        plain_uat: None,
        suffixed_uat: UAT,
    };
    assert_eq!(choose(&production(), &pair, now()), Family::Plain);
}

#[test]
fn a_plain_session_of_another_instance_means_suffixed() {
    for issuer in [
        json!("https://clerk.other-company.io"),
        json!(7),
        json!(["x"]),
        json!("https://clerk.acme-widgets.com/"),
    ] {
        let plain = json!({"iss": issuer});
        let found = choice(&production(), Some(&plain), None, UAT, None);
        assert_eq!(found, Family::Suffixed, "{issuer}");
    }
    let scheme = json!({"iss": "http://clerk.acme-widgets.com"});
    assert_eq!(choice(&production(), Some(&scheme), None, UAT, None), Family::Plain);
}

#[test]
fn without_suffixed_cookies_the_plain_ones_count() {
    assert_eq!(choice(&production(), Some(&json!({})), None, UAT, None), Family::Plain);
    assert_eq!(choice(&production(), None, None, None, None), Family::Plain);
}

#[test]
fn the_newer_session_counts_unless_somebody_has_signed_out() {
    let newer = json!({"iat": NOW + 1});
    let older = json!({"iat": NOW});
    assert_eq!(choice(&production(), Some(&newer), Some(&older), UAT, UAT), Family::Plain);
    assert_eq!(choice(&production(), Some(&older), Some(&newer), UAT, UAT), Family::Suffixed);
    assert_eq!(choice(&production(), Some(&older), Some(&older), UAT, UAT), Family::Suffixed);
    assert_eq!(choice(&production(), Some(&newer), None, None, UAT), Family::Plain);
    assert_eq!(choice(&production(), Some(&newer), Some(&older), ZERO, UAT), Family::Suffixed);
    assert_eq!(choice(&production(), Some(&older), Some(&newer), UAT, ZERO), Family::Plain);
    assert_eq!(choice(&production(), None, Some(&newer), None, ZERO), Family::Plain);
    assert_eq!(choice(&production(), Some(&older), Some(&newer), ZERO, ZERO), Family::Suffixed);
}

#[test]
fn an_expired_suffixed_session_gives_way_on_a_development_instance() {
    let own = json!({"iss": "https://tidy-otter-42.clerk.accounts.dev", "exp": NOW});
    let good = json!({"iss": "https://tidy-otter-42.clerk.accounts.dev", "exp": NOW + 1});
    let development = instance_of(DEVELOPMENT, "main");
    assert_eq!(choice(&development, None, Some(&own), ZERO, UAT), Family::Plain);
    assert_eq!(choice(&development, None, Some(&good), ZERO, UAT), Family::Suffixed);
    assert_eq!(choice(&production(), None, Some(&own), ZERO, UAT), Family::Suffixed);
}

#[test]
fn a_suffixed_session_without_its_client_uat_means_plain() {
    assert_eq!(choice(&production(), None, Some(&json!({})), ZERO, None), Family::Plain);
    assert_eq!(choice(&production(), None, None, None, UAT), Family::Suffixed);
}
