//! Where the caller's credential is: in the message, else in the request asked about, else in the
//! metadata of the call.
//!
//! A service that names a source means that source. An empty token, or headers without a credential,
//! is somebody who is signed out, and is never made up for with the credential of the service itself.

#[cfg(test)]
mod tests;

use crate::{
    core::{
        header::{Header, Headers, Repeats},
        question::CredentialSource,
    },
    pb::v1::{Credential, HttpHeader, credential::Source},
};
use tonic::metadata::{KeyAndValueRef, MetadataMap};

/// Makes the names in the message lower-case, as everything behind expects them.
pub(super) fn lower_case_names(credential: Option<&mut Credential>) {
    if let Some(Source::Headers(headers)) = credential.and_then(|given| given.source.as_mut()) {
        lower_case(&mut headers.headers);
    }
}

/// Makes header names lower-case.
pub(super) fn lower_case(headers: &mut [HttpHeader]) {
    for header in headers {
        header.name.make_ascii_lowercase();
    }
}

/// The source that the message names, if it names one.
pub(super) fn given(credential: Option<&Credential>) -> Option<CredentialSource<'_>> {
    Some(match credential?.source.as_ref()? {
        Source::Token(token) if token.is_empty() => CredentialSource::Headers(Headers::none()),
        Source::Token(token) => CredentialSource::Token(token),
        Source::Headers(lines) => CredentialSource::Headers(headers(&lines.headers)),
    })
}

/// The `authorization` metadata of the call.
pub(super) fn of_call(metadata: &MetadataMap) -> CredentialSource<'_> {
    const NAME: &str = "authorization";
    let lines = metadata.iter().filter_map(|entry| match entry {
        KeyAndValueRef::Ascii(name, value) if name == NAME => {
            Some(Header { name: NAME, value: value.as_encoded_bytes() })
        }
        KeyAndValueRef::Ascii(..) | KeyAndValueRef::Binary(..) => None,
    });
    CredentialSource::Headers(Headers::new(lines.collect(), Repeats::Separate))
}

/// Headers of a message; pseudo-headers of HTTP/2 are left out. Names must be lower-case already.
pub(super) fn headers(lines: &[HttpHeader]) -> Headers<'_> {
    let lines = lines.iter().filter(|line| !line.name.starts_with(':'));
    let lines = lines.map(|line| Header { name: &line.name, value: line.value.as_bytes() });
    Headers::new(lines.collect(), Repeats::Separate)
}
