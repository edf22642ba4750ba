//! Which state of a document an answer has, and for how long it is good.

use std::time::{Duration, SystemTime};

use component_model_source::{Record, Version};
use reqwest::header::{
    AGE, CACHE_CONTROL, DATE, ETAG, EXPIRES, HeaderMap, HeaderName, HeaderValue, IF_MODIFIED_SINCE, IF_NONE_MATCH,
    LAST_MODIFIED,
};

/// What the headers of an answer say about its document.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Freshness {
    pub(super) version: Option<Version>,
    pub(super) good_for: Option<Duration>,
}

impl Freshness {
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let directives = Directives::of(headers);
        // A client that keeps nothing has no use for a version.
        let version = if directives.no_store { None } else { version(headers) };
        Self { version, good_for: directives.good_for(headers) }
    }

    /// The same without a version, for a document that is elsewhere than it was asked for.
    pub(super) fn without_version(self) -> Self {
        Self { version: None, ..self }
    }

    /// Says it of a record.
    pub(super) fn mark(&self, record: Record) -> Record {
        let record = self.version.iter().fold(record, |record, version| record.with_version(version.clone()));
        self.good_for.into_iter().fold(record, Record::with_good_for)
    }
}

/// The header that asks for a document unless it has this version.
pub(super) fn unless(version: &Version) -> Option<(HeaderName, HeaderValue)> {
    let name = if is_entity_tag(version.as_str()) { IF_NONE_MATCH } else { IF_MODIFIED_SINCE };
    Some((name, HeaderValue::from_str(version.as_str()).ok()?))
}

/// The `ETag`, otherwise the date of the last modification.
fn version(headers: &HeaderMap) -> Option<Version> {
    let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    let tag = text(ETAG).filter(|tag| is_entity_tag(tag));
    let modified = || text(LAST_MODIFIED).filter(|modified| text(DATE).is_some_and(|date| is_settled(modified, date)));
    tag.or_else(modified).map(Version::new)
}

/// Whether a document had its last change before the second in which it was sent: dates do not tell two changes within one
/// second apart (RFC 9110, section 8.8.2.2).
fn is_settled(modified: &str, sent: &str) -> bool {
    let date = |text| httpdate::parse_http_date(text).ok();
    date(modified).zip(date(sent)).is_some_and(|(modified, sent)| modified + Duration::from_secs(1) <= sent)
}

fn is_entity_tag(text: &str) -> bool {
    let opaque = text.strip_prefix("W/").unwrap_or(text);
    opaque.len() >= 2 && opaque.starts_with('"') && opaque.ends_with('"')
}

/// What `Cache-Control` says to a cache that is nobody else's.
#[derive(Default)]
struct Directives {
    no_store: bool,
    no_cache: bool,
    max_age: Option<Duration>,
}

impl Directives {
    fn of(headers: &HeaderMap) -> Self {
        let texts = headers.get_all(CACHE_CONTROL).iter().filter_map(|value| value.to_str().ok());
        let directives = texts.flat_map(|text| text.split(',')).map(|directive| directive.trim().to_ascii_lowercase());
        directives.fold(Self::default(), |all, directive| match directive.as_str() {
            "no-store" => Self { no_store: true, ..all },
            "no-cache" => Self { no_cache: true, ..all },
            _ => Self { max_age: directive.strip_prefix("max-age=").and_then(seconds).or(all.max_age), ..all },
        })
    }

    /// As RFC 9111, section 4.2.1, has it; the age that the answer has already is not counted.
    fn good_for(&self, headers: &HeaderMap) -> Option<Duration> {
        if self.no_store || self.no_cache {
            return Some(Duration::ZERO);
        }
        let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
        let date = |name| text(name).and_then(|date| httpdate::parse_http_date(date).ok());
        let lifetime = self.max_age.or_else(|| {
            headers.get(EXPIRES)?;
            let given = date(DATE).unwrap_or_else(SystemTime::now);
            // What is not a date, such as `0`, is in the past (section 5.3).
            Some(date(EXPIRES).and_then(|expires| expires.duration_since(given).ok()).unwrap_or_default())
        });
        let age = text(AGE).and_then(seconds).unwrap_or_default();
        lifetime.map(|lifetime| lifetime.saturating_sub(age))
    }
}

/// The longest time that a header can tell (RFC 9111, section 1.2.2), so that no sum of times overflows.
const FOREVER: u64 = 1 << 31;

fn seconds(text: &str) -> Option<Duration> {
    let text = text.trim().trim_matches('"');
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| Duration::from_secs(text.parse().map_or(FOREVER, |seconds: u64| seconds.min(FOREVER))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn freshness(headers: &[(&'static str, &str)]) -> Freshness {
        let pair = |(name, value): &(&'static str, &str)| (HeaderName::from_static(name), value.parse().unwrap());
        Freshness::of(&headers.iter().map(pair).collect())
    }

    fn version(headers: &[(&'static str, &str)]) -> Option<String> {
        freshness(headers).version.map(|version| version.as_str().to_owned())
    }

    const MODIFIED: (&str, &str) = ("last-modified", "Mon, 23 Nov 2026 18:00:00 GMT");
    const DATED: (&str, &str) = ("date", "Mon, 23 Nov 2026 18:00:01 GMT");

    #[test]
    fn an_entity_tag_is_the_version_rather_than_a_date() {
        assert_eq!(version(&[("etag", "W/\"1\""), MODIFIED]).as_deref(), Some("W/\"1\""));
        assert_eq!(version(&[("etag", "not quoted"), MODIFIED, DATED]).as_deref(), Some(MODIFIED.1));
        assert_eq!(version(&[("last-modified", "yesterday"), DATED]), None);
    }

    #[test]
    fn a_date_of_modification_is_no_version_within_the_second_in_which_the_document_was_sent() {
        assert_eq!(version(&[MODIFIED, ("date", MODIFIED.1)]), None);
        assert_eq!(version(&[MODIFIED]), None);
        assert!(version(&[MODIFIED, DATED]).is_some());
    }

    #[test]
    fn what_is_not_to_be_stored_has_no_version_and_is_good_for_no_time() {
        let freshness = freshness(&[("etag", "\"1\""), ("cache-control", "private, No-Store, max-age=60")]);
        assert_eq!(freshness, Freshness { version: None, good_for: Some(Duration::ZERO) });
    }

    #[test]
    fn a_document_is_good_until_its_age_is_over() {
        for (headers, expected) in [
            (&[("cache-control", "max-age=60")][..], Some(60)),
            (&[("cache-control", "max-age=60"), ("age", "20")], Some(40)),
            (&[("cache-control", "max-age=60"), ("age", "90")], Some(0)),
            (&[("cache-control", "no-cache, max-age=60")], Some(0)),
            (&[("cache-control", "max-age=soon")], None),
            (&[("date", "Mon, 23 Nov 2026 18:00:00 GMT"), ("expires", "Mon, 23 Nov 2026 18:01:00 GMT")], Some(60)),
            (&[("expires", "0")], Some(0)),
            (&[("expires", "0"), ("cache-control", "max-age=60")], Some(60)),
            (&[("cache-control", "max-age=99999999999999999999999")], Some(1 << 31)),
            (&[("cache-control", "max-age=18446744073709551615")], Some(1 << 31)),
            (&[("cache-control", "max-age=60"), ("age", "99999999999999999999999")], Some(0)),
            (&[("cache-control", "max-age=")], None),
            (&[], None),
        ] {
            assert_eq!(freshness(headers).good_for, expected.map(Duration::from_secs), "{headers:?}");
        }
    }

    #[test]
    fn a_version_is_asked_for_by_the_header_that_it_came_from() {
        let names = ["\"1\"", "W/\"1\"", MODIFIED.1].map(|text| unless(&Version::new(text)).unwrap().0);
        assert_eq!(names, [IF_NONE_MATCH, IF_NONE_MATCH, IF_MODIFIED_SINCE]);
        assert!(unless(&Version::new("a\nb")).is_none());
    }
}
