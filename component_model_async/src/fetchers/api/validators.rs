//! What was fetched before, for conditional requests.
//!
//! What always holds: at most [`ENTRIES`] pages, together no larger than the limit of one body; each belongs to the
//! headers that it was asked with, so that nobody is served what another one may see.

use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use reqwest::header::{CACHE_CONTROL, ETAG, HeaderMap, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED};
use url::Url;

use super::page::Page;

const ENTRIES: usize = 64;

/// A page, and what to ask with whether it still holds.
pub(super) struct Remembered {
    url: Url,
    headers: HeaderMap,
    pub(super) validators: HeaderMap,
    pub(super) page: Arc<Page>,
}

impl Remembered {
    /// `None` where the server gives nothing to ask with, or wants nothing kept, or where the page is none that a
    /// program reads.
    pub(super) fn new(url: Url, headers: HeaderMap, answered: &HeaderMap, page: &Arc<Page>) -> Option<Self> {
        let pairs = [(ETAG, IF_NONE_MATCH), (LAST_MODIFIED, IF_MODIFIED_SINCE)];
        let validators: HeaderMap =
            pairs.into_iter().filter_map(|(given, asked)| Some((asked, answered.get(given)?.clone()))).collect();
        let unwanted = answered.get_all(CACHE_CONTROL).iter().any(|value| has_no_store(value.as_bytes()));
        let kept = !validators.is_empty() && !unwanted && !page.is_html();
        kept.then(|| Self { url, headers, validators, page: Arc::clone(page) })
    }

    fn is_for(&self, url: &Url, headers: &HeaderMap) -> bool {
        self.url == *url && self.headers == *headers
    }
}

fn has_no_store(value: &[u8]) -> bool {
    value.split(|byte| *byte == b',').any(|directive| directive.trim_ascii().eq_ignore_ascii_case(b"no-store"))
}

/// The most recently used pages, the newest last.
pub(super) struct ValidatorCache {
    pages: Mutex<VecDeque<Arc<Remembered>>>,
    bytes: usize,
}

impl ValidatorCache {
    pub(super) fn new(bytes: usize) -> Self {
        Self { pages: Mutex::default(), bytes }
    }

    /// What is remembered of a URL that is asked with these headers.
    pub(super) fn recall(&self, url: &Url, headers: &HeaderMap) -> Option<Arc<Remembered>> {
        let mut pages = self.pages.lock().unwrap_or_else(PoisonError::into_inner);
        let index = pages.iter().position(|known| known.is_for(url, headers))?;
        let found = pages.remove(index)?;
        pages.push_back(Arc::clone(&found));
        Some(found)
    }

    /// Stores a page in place of an older one, and drops the least recently used ones until the rest fits.
    pub(super) fn store(&self, news: Remembered) {
        let mut pages = self.pages.lock().unwrap_or_else(PoisonError::into_inner);
        pages.retain(|known| !known.is_for(&news.url, &news.headers));
        pages.push_back(Arc::new(news));
        let mut size: usize = pages.iter().map(|known| known.page.size()).sum();
        while pages.len() > ENTRIES || size > self.bytes {
            let Some(oldest) = pages.pop_front() else { break };
            size -= oldest.page.size();
        }
    }
}

impl fmt::Debug for ValidatorCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ValidatorCache").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::{super::media::Media, *};

    fn remembered(path: usize, body: &str) -> Option<Remembered> {
        let page = Arc::new(Page::read(body.into(), &Media::default(), false).unwrap());
        let answered = HeaderMap::from_iter([(ETAG, "\"1\"".parse().unwrap())]);
        Remembered::new(url(path), HeaderMap::new(), &answered, &page)
    }

    fn url(path: usize) -> Url {
        Url::parse(&format!("http://h/{path}")).unwrap()
    }

    fn knows(memory: &ValidatorCache, path: usize) -> bool {
        memory.recall(&url(path), &HeaderMap::new()).is_some()
    }

    #[test]
    fn the_least_recently_used_page_goes_first() {
        let memory = ValidatorCache::new(1000);
        for path in 0..ENTRIES {
            memory.store(remembered(path, "x").unwrap());
        }
        assert!(knows(&memory, 0));
        memory.store(remembered(ENTRIES, "x").unwrap());
        assert!(knows(&memory, 0) && knows(&memory, ENTRIES) && !knows(&memory, 1));
    }

    #[test]
    fn pages_together_stay_within_the_limit() {
        let memory = ValidatorCache::new(10);
        memory.store(remembered(0, "12345").unwrap());
        memory.store(remembered(1, "123456").unwrap());
        assert!(!knows(&memory, 0) && knows(&memory, 1));
        memory.store(remembered(2, "12345678901").unwrap());
        assert!(!knows(&memory, 2));
    }

    #[test]
    fn a_page_belongs_to_the_headers_it_was_asked_with() {
        let memory = ValidatorCache::new(10);
        memory.store(remembered(0, "x").unwrap());
        let other = HeaderMap::from_iter([(reqwest::header::AUTHORIZATION, "Bearer other".parse().unwrap())]);
        assert!(memory.recall(&url(0), &other).is_none());
    }

    #[test]
    fn no_store_is_obeyed_and_nothing_is_kept_without_a_validator() {
        let page = Arc::new(Page::read("x".into(), &Media::default(), false).unwrap());
        let kept = |pairs: &[(reqwest::header::HeaderName, &str)]| {
            let answered = pairs.iter().map(|(name, value)| (name.clone(), value.parse().unwrap())).collect();
            Remembered::new(url(0), HeaderMap::new(), &answered, &page).is_some()
        };
        assert!(kept(&[(LAST_MODIFIED, "Mon, 23 Nov 2026 18:00:00 GMT")]));
        assert!(!kept(&[]));
        assert!(!kept(&[(ETAG, "\"1\""), (CACHE_CONTROL, "private, No-Store")]));
    }
}
