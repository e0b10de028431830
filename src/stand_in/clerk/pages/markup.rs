//! What the pages look like.

use crate::stand_in::{
    clerk::Session,
    html::{escape, page},
    people::Person,
};
use axum::response::Response;
use std::fmt::Write as _;
use url::Url;

const TOP: &str = "<header class=\"top\"><strong>Stand-in for Clerk</strong>\
    <span class=\"soft\">Everybody may sign in as anybody. Never let it face a network.</span></header>";

/// A card per person.
pub(super) fn sign_in(people: &[Person], back: &Url) -> Response {
    let mut cards = String::new();
    for person in people {
        let _ = write!(
            cards,
            "<form class=\"card\" method=\"post\" action=\"/sign-in\">\
             <h2>{name}</h2><p class=\"soft\">{about}</p>{person}{back}{organizations}\
             <label><input type=\"checkbox\" name=\"just_verified\"> verified a moment ago</label>\
             <button>Sign in as {name}</button></form>",
            name = escape(&person.name),
            about = escape(&person.about),
            person = hidden("person", &person.handle),
            back = hidden("redirect_url", back.as_str()),
            organizations = organizations_of(person, person.starts_in.as_deref()),
        );
    }
    page("Sign in", &format!("{TOP}<h1>Who are you today?</h1><div class=\"cards\">{cards}</div>"))
}

/// One button.
pub(super) fn sign_out(back: &Url) -> Response {
    let body = format!(
        "{TOP}<h1>Sign out?</h1><div class=\"cards\"><form class=\"card\" method=\"post\" \
         action=\"/sign-out\">{}<button>Sign out</button></form></div>",
        hidden("redirect_url", back.as_str()),
    );
    page("Sign out", &body)
}

/// The organizations of whoever is signed in.
pub(super) fn organizations(session: &Session, back: &Url) -> Response {
    let person = &session.person;
    let body = format!(
        "{TOP}<h1>Where will you work?</h1><p>You are {name}.</p><div class=\"cards\">\
         <form class=\"card\" method=\"post\" action=\"/organization-selection\">{back}{organizations}\
         <button>Go on</button></form></div>",
        name = escape(&person.name),
        back = hidden("redirect_url", back.as_str()),
        organizations = organizations_of(person, session.organization.as_deref()),
    );
    page("Choose an organization", &body)
}

fn organizations_of(person: &Person, chosen: Option<&str>) -> String {
    let mut options = String::new();
    for membership in &person.memberships {
        let organization = &membership.organization;
        let selected = if chosen == Some(&organization.slug) { " selected" } else { "" };
        let _ = write!(
            options,
            "<option value=\"{}\"{selected}>{}, as {}</option>",
            escape(&organization.slug),
            escape(&organization.name),
            escape(&membership.role),
        );
    }
    let selected = if chosen.is_none() { " selected" } else { "" };
    format!(
        "<label>Organization <select name=\"organization\">{options}\
         <option value=\"\"{selected}>none</option></select></label>"
    )
}

fn hidden(name: &str, value: &str) -> String {
    format!("<input type=\"hidden\" name=\"{name}\" value=\"{}\">", escape(value))
}
