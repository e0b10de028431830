//! The pages for people: sign in as anybody, choose an organization, sign out; and, for commands,
//! a token to copy.

mod markup;

use super::{
    Token,
    instance::{Environment, Instance},
    sessions::{SessionError, SignIn, SignedIn},
    visitor,
};
use axum::{
    Form, Router,
    extract::{Path, Query, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Redirect, Response},
    routing::get,
};
use serde::Deserialize;
use std::sync::Arc;
use url::Url;

pub(super) fn routes() -> Router<Arc<Instance>> {
    Router::new()
        .route("/", get(|| async { Redirect::to("/sign-in") }))
        .route("/sign-in", get(show_sign_in).post(sign_in))
        .route("/sign-out", get(show_sign_out).post(sign_out))
        .route("/organization-selection", get(show_organizations).post(choose_organization))
        .route("/tokens/{handle}", get(token))
}

/// Where to go back to.
#[derive(Debug, Deserialize)]
struct Return {
    redirect_url: Option<String>,
}

impl Return {
    /// The address to return to, or the answer that refuses it.
    fn address(self, instance: &Instance) -> Result<Url, Refusal> {
        let asked = self.redirect_url.filter(|address| !address.is_empty());
        let address = asked.unwrap_or_else(|| instance.default_return());
        instance.allowed_return(&address).ok_or(Refusal::ForeignReturn)
    }
}

/// Why a page does not do what it was asked.
#[derive(Clone, Copy, Debug)]
enum Refusal {
    /// The return address is not one of the allowed origins.
    ForeignReturn,
    /// There is nobody of that name.
    UnknownPerson,
    /// The person does not belong to that organization.
    NotAMember,
}

impl axum::response::IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (status, text) = match self {
            Self::ForeignReturn => {
                (StatusCode::BAD_REQUEST, "redirect_url is not an allowed origin\n")
            }
            Self::UnknownPerson => (StatusCode::NOT_FOUND, "there is nobody of that name\n"),
            Self::NotAMember => {
                (StatusCode::FORBIDDEN, "the person is not a member of that organization\n")
            }
        };
        (status, text).into_response()
    }
}

async fn show_sign_in(
    State(instance): State<Arc<Instance>>,
    Query(back): Query<Return>,
) -> Result<Response, Refusal> {
    let back = back.address(&instance)?;
    Ok(markup::sign_in(&instance.people, &back))
}

#[derive(Debug, Deserialize)]
struct SignInForm {
    person: String,
    /// Empty: none.
    organization: String,
    /// Present when ticked.
    just_verified: Option<String>,
    redirect_url: Option<String>,
}

async fn sign_in(
    State(instance): State<Arc<Instance>>,
    headers: HeaderMap,
    Form(form): Form<SignInForm>,
) -> Result<Response, Refusal> {
    let back = Return { redirect_url: form.redirect_url }.address(&instance)?;
    let person = instance.person(&form.person).ok_or(Refusal::UnknownPerson)?;
    let factor_ages = if form.just_verified.is_some() { [0, -1] } else { person.factor_ages };
    let who = SignIn { person, organization: named(&form.organization), factor_ages };
    let before = visitor::recognise(&instance, &headers, None);
    // A development browser keeps its token, which the application holds as well.
    let kept = before.as_deref().filter(|_| instance.environment == Environment::Development);
    let signed_in = instance
        .sessions
        .sign_in(kept, &who, instance.now_seconds())
        .map_err(|_| Refusal::NotAMember)?;
    if let Some(before) = before.as_deref().filter(|before| *before != signed_in.browser) {
        instance.sessions.forget(before);
    }
    Ok(enter(&instance, &signed_in, back))
}

async fn show_sign_out(
    State(instance): State<Arc<Instance>>,
    Query(back): Query<Return>,
) -> Result<Response, Refusal> {
    Ok(markup::sign_out(&back.address(&instance)?))
}

async fn sign_out(
    State(instance): State<Arc<Instance>>,
    headers: HeaderMap,
    Form(form): Form<Return>,
) -> Result<Response, Refusal> {
    let back = form.address(&instance)?;
    if let Some(browser) = visitor::recognise(&instance, &headers, None) {
        instance.sessions.sign_out(&browser);
    }
    Ok(go(&back, instance.cookie_names.signed_out()))
}

async fn show_organizations(
    State(instance): State<Arc<Instance>>,
    headers: HeaderMap,
    Query(back): Query<Return>,
) -> Result<Response, Refusal> {
    let back = back.address(&instance)?;
    let browser = visitor::recognise(&instance, &headers, None);
    let Some(signed_in) = browser.and_then(|browser| instance.sessions.of_browser(&browser)) else {
        return Ok(to_sign_in(&instance, &back));
    };
    Ok(markup::organizations(&signed_in.session, &back))
}

#[derive(Debug, Deserialize)]
struct ChoiceForm {
    /// Empty: none.
    organization: String,
    redirect_url: Option<String>,
}

async fn choose_organization(
    State(instance): State<Arc<Instance>>,
    headers: HeaderMap,
    Form(form): Form<ChoiceForm>,
) -> Result<Response, Refusal> {
    let back = Return { redirect_url: form.redirect_url }.address(&instance)?;
    let browser = visitor::recognise(&instance, &headers, None).unwrap_or_default();
    match instance.sessions.activate(&browser, named(&form.organization)) {
        Ok(signed_in) => Ok(enter(&instance, &signed_in, back)),
        Err(SessionError::SignedOut) => Ok(to_sign_in(&instance, &back)),
        Err(SessionError::NotAMember(_)) => Err(Refusal::NotAMember),
    }
}

/// Which organization a token is wanted for.
#[derive(Debug, Deserialize)]
struct TokenFor {
    organization: Option<String>,
}

async fn token(
    State(instance): State<Arc<Instance>>,
    Path(handle): Path<String>,
    Query(wanted): Query<TokenFor>,
) -> Result<Response, Refusal> {
    let person = instance.person(&handle).ok_or(Refusal::UnknownPerson)?;
    let organization = match &wanted.organization {
        Some(organization) => named(organization),
        None => person.starts_in.as_deref(),
    };
    let session_id = format!("sess_{}", person.user_id.trim_start_matches("user_"));
    let facts = person.facts(&session_id, organization).map_err(|_| Refusal::NotAMember)?;
    let minting = instance.minting(Some(instance.default_origin()));
    let token = Token::session(&facts, &minting).sign(&instance.keys.current());
    Ok(([(header::CACHE_CONTROL, "no-store")], token).into_response())
}

fn named(organization: &str) -> Option<&str> {
    (!organization.is_empty()).then_some(organization)
}

/// Sends a browser back signed in, with a token for the application it returns to.
///
/// On a development instance the browser's token goes along in the address, since the application's
/// host may be one that the cookies do not reach.
fn enter(instance: &Instance, signed_in: &SignedIn, mut back: Url) -> Response {
    let origin = back.origin().ascii_serialization();
    let token = instance.session_token(&signed_in.session, Some(origin));
    let refresh = &signed_in.session.refresh_token;
    let names = &instance.cookie_names;
    let mut lines = names.signed_in(&token, signed_in.client_uat, refresh);
    if instance.environment == Environment::Development {
        lines.extend(names.development_browser(&signed_in.browser));
        visitor::set_parameter(&mut back, "__clerk_db_jwt", &signed_in.browser);
    }
    lines.push(names.client(&signed_in.browser));
    go(&back, lines)
}

fn to_sign_in(instance: &Instance, back: &Url) -> Response {
    let query: String = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("redirect_url", back.as_str())
        .finish();
    Redirect::to(&format!("{}/sign-in?{query}", instance.browser_url)).into_response()
}

/// Sends the browser back after a form, with cookies.
fn go(back: &Url, cookies: Vec<String>) -> Response {
    let mut response = Redirect::to(back.as_str()).into_response();
    for line in cookies {
        if let Ok(value) = HeaderValue::from_str(&line) {
            response.headers_mut().append(header::SET_COOKIE, value);
        }
    }
    response
}
