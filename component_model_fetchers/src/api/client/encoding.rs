//! How a body is encoded: not at all, or with gzip, which is what this client asks for.

use std::io::Read as _;

use component_model_source::{ErrorKind, SourceError};
use flate2::bufread::GzDecoder;
use reqwest::header::{CONTENT_ENCODING, HeaderMap, HeaderValue};

/// The header `Accept-Encoding`.
pub(super) const ACCEPTED: HeaderValue = HeaderValue::from_static("gzip");

/// The encodings that a server may name (<https://www.iana.org/assignments/http-parameters>), which an error shows. Any
/// other name comes from the server and may hold anything.
const KNOWN: [&str; 13] = [
    "aes128gcm",
    "br",
    "compress",
    "dcb",
    "dcz",
    "deflate",
    "exi",
    "gzip",
    "identity",
    "pack200-gzip",
    "x-compress",
    "x-gzip",
    "zstd",
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    Identity,
    Gzip,
}

impl Encoding {
    /// The encoding that the headers name.
    pub(super) fn of(headers: &HeaderMap) -> Result<Self, SourceError> {
        let names: Vec<_> = headers.get_all(CONTENT_ENCODING).iter().flat_map(names).collect();
        match names.iter().map(String::as_str).collect::<Vec<_>>()[..] {
            [] => Ok(Self::Identity),
            ["gzip" | "x-gzip"] => Ok(Self::Gzip),
            [name] => Err(unexpected(if KNOWN.contains(&name) { name } else { "an encoding that is not known" })),
            _ => Err(unexpected("more than one encoding")),
        }
    }
}

/// The most members of a body. Each costs microseconds, even if nothing is in it.
const MEMBERS: usize = 1000;

/// What a body holds, all of its members, if that is not longer than `limit`. An empty body is not encoded.
pub(super) fn unzip(body: &[u8], limit: usize) -> Result<Option<Vec<u8>>, SourceError> {
    let (mut rest, mut unzipped, mut members) = (body, Vec::new(), 0);
    while !rest.is_empty() {
        members += 1;
        if members > MEMBERS {
            return Err(too_many());
        }
        let longest = u64::try_from(limit - unzipped.len()).unwrap_or(u64::MAX).saturating_add(1);
        let mut member = GzDecoder::new(rest);
        member.by_ref().take(longest).read_to_end(&mut unzipped).map_err(|_| broken())?;
        if unzipped.len() > limit {
            return Ok(None);
        }
        rest = member.into_inner();
    }
    Ok(Some(unzipped))
}

/// The encodings of one header but `identity`, which is none.
fn names(header: &HeaderValue) -> Vec<String> {
    let names = String::from_utf8_lossy(header.as_bytes()).to_ascii_lowercase();
    let names = names.split(',').map(str::trim).filter(|name| !matches!(*name, "" | "identity"));
    names.map(str::to_owned).collect()
}

fn unexpected(shown: &str) -> SourceError {
    SourceError::new(ErrorKind::Malformed, format!("the body is encoded with {shown}, expected gzip or none"))
        .with_hint("the request asks for gzip: does a proxy or the server ignore `Accept-Encoding`?")
}

fn too_many() -> SourceError {
    SourceError::new(ErrorKind::TooLarge, format!("the body has too many members of gzip: more than {MEMBERS}"))
}

fn broken() -> SourceError {
    SourceError::new(ErrorKind::Malformed, "the body does not decompress")
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::{Compression, write::GzEncoder};

    use super::*;

    fn gzip(text: &str) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    }

    fn of(names: &[&'static str]) -> Result<Encoding, String> {
        let mut headers = HeaderMap::new();
        for name in names {
            headers.append(CONTENT_ENCODING, HeaderValue::from_static(name));
        }
        Encoding::of(&headers).map_err(|error| error.to_string())
    }

    fn unzipped(body: &[u8], limit: usize) -> Result<Option<Vec<u8>>, String> {
        unzip(body, limit).map_err(|error| error.to_string())
    }

    #[test]
    fn gzip_and_none_are_read_whatever_their_case() {
        for names in [&[][..], &[""], &["identity"], &["Identity, identity"]] {
            assert_eq!(of(names), Ok(Encoding::Identity), "{names:?}");
        }
        for names in [&["gzip"][..], &["X-GZIP"], &["identity", "gzip"]] {
            assert_eq!(of(names), Ok(Encoding::Gzip), "{names:?}");
        }
    }

    #[test]
    fn any_other_encoding_is_named_if_its_name_is_known() {
        for name in ["br", "zstd", "deflate", "aes128gcm", "ZSTD"] {
            let error = of(&[name]).unwrap_err();
            assert!(error.contains(&format!("encoded with {},", name.to_ascii_lowercase())), "{error}");
        }
        assert!(of(&["hunter2"]).unwrap_err().contains("an encoding that is not known"));
        for names in [&["gzip, gzip"][..], &["gzip", "br"], &["hunter2, gzip"]] {
            assert!(of(names).unwrap_err().contains("more than one encoding"), "{names:?}");
        }
    }

    #[test]
    fn all_members_are_the_body_and_nothing_may_follow_them() {
        let two = [gzip("42"), gzip("99")].concat();
        assert_eq!(unzipped(&two, 4).unwrap().unwrap(), b"4299");
        assert_eq!(unzipped(&two, 3).unwrap(), None);
        let mut checksum = gzip("42");
        let last = checksum.len() - 8;
        checksum[last] ^= 1;
        let cut = gzip("42")[..12].to_owned();
        for broken in [[gzip("42"), b"garbage".to_vec()].concat(), checksum, cut, b"42".to_vec()] {
            assert_eq!(unzipped(&broken, 100).unwrap_err(), "the body does not decompress");
        }
    }
    #[test]
    fn the_number_of_members_is_bounded() {
        let body = |members| gzip("").repeat(members);
        assert_eq!(unzipped(&body(MEMBERS), 10).unwrap().unwrap(), b"");
        assert!(unzipped(&body(200_000), 10).unwrap_err().contains("too many members"));
        assert_eq!(unzipped(&gzip("a").repeat(MEMBERS), MEMBERS).unwrap().unwrap().len(), MEMBERS);
        assert_eq!(unzipped(&gzip("a").repeat(MEMBERS), MEMBERS - 1).unwrap(), None);
    }
}
