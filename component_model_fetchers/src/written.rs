//! The parts of URLs that name several hosts, which no library parses. No error repeats any of them.

use component_model_source::{ErrorKind, SourceError};
use url::Host;

/// A host, in brackets if it is an address of IPv6, and its port or the default one.
pub(crate) fn host_and_port(text: &str, default: u16) -> Result<(String, u16), SourceError> {
    let no_host = || misconfigured("the URL has a host or a port that is not valid");
    let end_of_host = text.rfind(']').map_or(0, |bracket| bracket + 1);
    let colon = text[end_of_host..].find(':').map(|at| at + end_of_host);
    let (host, port) = match colon {
        Some(colon) => (&text[..colon], text[colon + 1..].parse().map_err(|_| no_host())?),
        None => (text, default),
    };
    let host = match Host::parse(host).map_err(|_| no_host())? {
        Host::Domain(name) if name.is_empty() => return Err(no_host()),
        Host::Domain(name) => name,
        Host::Ipv4(address) => address.to_string(),
        Host::Ipv6(address) => address.to_string(),
    };
    Ok((host, port))
}

/// Text whose characters may be percent-encoded.
pub(crate) fn decoded(text: &str) -> Result<String, SourceError> {
    let invalid =
        || misconfigured("the URL has a `%` that does not encode a character").with_hint("write `%25` for it");
    let mut pieces = text.split('%');
    let mut bytes = pieces.next().unwrap_or_default().as_bytes().to_vec();
    for piece in pieces {
        let (digits, rest) = piece.split_at_checked(2).ok_or_else(invalid)?;
        let is_hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        bytes.push(u8::from_str_radix(digits, 16).ok().filter(|_| is_hex).ok_or_else(invalid)?);
        bytes.extend_from_slice(rest.as_bytes());
    }
    String::from_utf8(bytes).map_err(|_| invalid())
}

fn misconfigured(message: &'static str) -> SourceError {
    SourceError::new(ErrorKind::Misconfigured, message)
}
