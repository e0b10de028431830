use super::{ResponseError, StatusError, check_body, check_hiding, check_status};
use crate::core::{
    presentation::{Body, ContentType},
    reason::Category,
    text_template::TextTemplate,
};
use http::StatusCode;

const CLIENT: [Category; 3] = [Category::Unauthenticated, Category::Forbidden, Category::Ambiguous];

fn body(content_type: ContentType, text: &str) -> Body {
    Body { content_type, text: TextTemplate::parse(text).unwrap() }
}

#[test]
fn a_status_fits_what_is_refused() {
    for category in CLIENT {
        for status in [400, 402, 403, 404, 409, 410, 418, 422, 429, 451, 499] {
            let checked = check_status(status, category);
            assert!(checked.is_ok_and(|code| u64::from(code.as_u16()) == status), "{status}");
        }
    }
    assert!(check_status(401, Category::Unauthenticated).is_ok());
    for status in [500, 502, 503, 504, 520, 599] {
        assert!(check_status(status, Category::Unavailable).is_ok(), "{status}");
    }
}

#[test]
fn no_refusal_looks_like_a_success_or_a_redirect() {
    for category in CLIENT {
        for status in (0..400).chain(500..1000).chain([65_939, u64::MAX]) {
            assert_eq!(check_status(status, category), Err(StatusError::ClientError), "{status}");
        }
    }
    for status in (0..500).chain(600..1000) {
        let checked = check_status(status, Category::Unavailable);
        assert_eq!(checked, Err(StatusError::ServerError), "{status}");
    }
}

#[test]
fn a_status_with_a_meaning_of_its_own_is_no_refusal() {
    for category in [Category::Forbidden, Category::Ambiguous] {
        assert_eq!(check_status(401, category), Err(StatusError::Challenge));
    }
    for status in [407, 408, 421, 425, 426] {
        for category in CLIENT {
            let reserved = StatusError::Reserved(u16::try_from(status).unwrap());
            assert_eq!(check_status(status, category), Err(reserved));
        }
    }
    let checked = check_status(511, Category::Unavailable);
    assert_eq!(checked, Err(StatusError::Reserved(511)));
}

#[test]
fn a_body_that_is_said_to_be_json_is_json_whatever_is_put_in() {
    for content_type in [ContentType::Json, ContentType::Problem] {
        for sound in [
            "{{}}",
            "[]",
            "\"{message}\"",
            "{status}",
            "{{ \"error\": \"{reason}\", \"status\": {status}, \"{rule}\": \"a {message} b\" }}",
            "{{ \"braces\": \"{{reason}}\" }}",
        ] {
            assert_eq!(check_body(&body(content_type, sound)), Ok(()), "{sound}");
        }
        for broken in [
            "",
            "{message}",
            "{{ \"error\": {reason} }}",
            "{{ \"error\": \"{reason}\", }}",
            "{{ \"error\": \"\\{reason}\" }}",
            "{{ \"error\": \"\\u00{reason}\" }}",
            "{{ \"error\": \"{reason}\" }} x",
            "{{ error: \"{reason}\" }}",
            "{{ \"status\": 0{status} }}",
            "{{ \"status\": -{message} }}",
            "{{ \"a\": \"b\"{message} }}",
            "{{ \"a\": // {message}\n 1 }}",
        ] {
            let checked = check_body(&body(content_type, broken));
            assert_eq!(checked, Err(ResponseError::Json), "{broken}");
        }
    }
}

#[test]
fn a_page_takes_values_only_where_they_can_be_escaped() {
    let page = |text| check_body(&body(ContentType::Html, text));
    assert_eq!(page("<h1>{status}</h1><p title=\"{rule}\">{message}</p>"), Ok(()));
    assert_eq!(page("<script>{message}</script>"), Err(ResponseError::Place("message")));
    assert_eq!(check_body(&body(ContentType::Plain, "<script>{message}</script>")), Ok(()));
}

#[test]
fn an_answer_that_hides_tells_nothing() {
    let check = |status, text: &str| {
        let status = StatusCode::from_u16(status).unwrap();
        check_hiding(Some(status), &TextTemplate::parse(text).unwrap())
    };
    for (name, text) in [("reason", "a {reason}"), ("rule", "{rule}"), ("message", "{message}.")] {
        assert_eq!(check(404, text), Err(ResponseError::Tells(name)));
        assert_eq!(check(403, text), Ok(()));
        assert_eq!(check_hiding(None, &TextTemplate::parse(text).unwrap()), Ok(()));
    }
    assert_eq!(check(404, "{status} {request_id} {revision}"), Ok(()));
}
