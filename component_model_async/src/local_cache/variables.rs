//! The local cache that the environment names.

use std::ffi::{OsStr, OsString};

use super::{LocalCache, LocalCacheKey};
use crate::{ErrorKind, SourceError};

/// The file.
const FILE: &str = "LOCAL_CACHE";

/// Its key.
const KEY: &str = "LOCAL_CACHE_KEY";

impl LocalCache {
    /// The cache in the file that the variable `LOCAL_CACHE` names, encrypted with the key in `LOCAL_CACHE_KEY`: 32 bytes as
    /// hexadecimal digits or in Base64. `None` if there is no `LOCAL_CACHE`. An empty variable counts as unset.
    ///
    /// [`SourcesBuilder::from_env`](crate::SourcesBuilder::from_env), and so the default sources, use it.
    ///
    /// ```
    /// use component_model::{LocalCache, Sources};
    ///
    /// let sources = Sources::builder().constant("region", "eu");
    /// let sources = match LocalCache::from_env() {
    ///     Some(cache) => sources.local_cache(cache?),
    ///     None => sources,
    /// };
    /// # let _ = sources.build();
    /// # Ok::<(), component_model::SourceError>(())
    /// ```
    ///
    /// # Errors
    /// Of the kind [`Misconfigured`](ErrorKind::Misconfigured) if the key is malformed. The error does not contain it.
    #[must_use]
    pub fn from_env() -> Option<Result<Self, SourceError>> {
        from_variables(std::env::var_os(FILE), std::env::var_os(KEY))
    }
}

fn from_variables(file: Option<OsString>, key: Option<OsString>) -> Option<Result<LocalCache, SourceError>> {
    let is_set = |value: &OsString| !value.is_empty();
    let cache = LocalCache::at(file.filter(is_set)?);
    let Some(key) = key.filter(is_set) else { return Some(Ok(cache)) };
    Some(read(&key).map(|key| cache.encrypted_with(key)))
}

/// No text is a key in both notations: 64 digits are 48 bytes in Base64.
fn read(key: &OsStr) -> Result<LocalCacheKey, SourceError> {
    let read = |text: &str| LocalCacheKey::from_hex(text).or_else(|_| LocalCacheKey::from_base64(text)).ok();
    key.to_str().and_then(read).ok_or_else(|| {
        let message = format!("`{KEY}` is neither 64 hexadecimal digits nor 32 bytes in Base64");
        SourceError::new(ErrorKind::Misconfigured, message).with_hint("`openssl rand -hex 32` writes a key")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(file: &str, key: &str) -> Option<Result<LocalCache, SourceError>> {
        from_variables(Some(file.into()), Some(key.into()))
    }

    #[test]
    fn a_file_is_enough_and_an_empty_variable_is_unset() {
        assert!(from_variables(None, Some("0f".repeat(32).into())).is_none());
        assert!(of("", "").is_none());
        let cache = of("a.cache", "").unwrap().unwrap();
        assert_eq!(cache.path(), "a.cache");
        assert!(cache.refusal(true).is_some(), "it has no key");
    }

    #[test]
    fn a_key_is_read_in_both_notations() {
        for key in ["07".repeat(32), "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=".to_owned()] {
            let cache = of("a.cache", &key).unwrap().unwrap();
            assert_eq!(cache.key.unwrap().bytes(), &[7; 32]);
        }
    }

    #[test]
    fn a_malformed_key_is_an_error_that_does_not_show_it() {
        for key in ["hunter2", "c2hvcnQ=", &"0f".repeat(31)] {
            let error = of("a.cache", key).unwrap().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Misconfigured);
            let shown = format!("{error} {error:?} {:?}", error.hint());
            assert!(shown.contains("LOCAL_CACHE_KEY") && !shown.contains(key), "{shown}");
        }
    }
}
