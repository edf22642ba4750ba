//! The key that seals the entries.

use std::{fmt, sync::Arc};

use base64::{
    Engine,
    alphabet::{Alphabet, STANDARD, URL_SAFE},
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use zeroize::{Zeroize, Zeroizing};

use crate::{ErrorKind, SourceError};

/// The length of a key in bytes.
const LENGTH: usize = 32;

/// The key that encrypts a [`LocalCache`](super::LocalCache): 32 random bytes. Its `Debug` output does not contain it,
/// and the bytes are wiped when the last clone is dropped.
///
/// It must be random, as `openssl rand -hex 32` writes it: a password is not a key. Keep it where the file is not, such
/// as in a variable of the environment.
///
/// ```
/// use component_model::LocalCacheKey;
///
/// let key = LocalCacheKey::from_hex("8f1d3c2b5a697887a6b5c4d3e2f10f1e2d3c4b5a69788796a5b4c3d2e1f00112")?;
/// assert_eq!(format!("{key:?}"), "LocalCacheKey([REDACTED])");
/// # Ok::<(), component_model::SourceError>(())
/// ```
#[derive(Clone)]
pub struct LocalCacheKey(Arc<Zeroizing<[u8; LENGTH]>>);

impl LocalCacheKey {
    /// A key of 32 random bytes.
    ///
    /// ```
    /// use component_model::LocalCacheKey;
    ///
    /// // Yours is random.
    /// let key = LocalCacheKey::from_bytes([7; 32]);
    /// ```
    #[must_use]
    pub fn from_bytes(mut bytes: [u8; LENGTH]) -> Self {
        let mut key = Arc::new(Zeroizing::new([0; LENGTH]));
        if let Some(place) = Arc::get_mut(&mut key) {
            place.copy_from_slice(&bytes);
        }
        bytes.zeroize();
        Self(key)
    }

    /// A key written as 64 hexadecimal digits (`openssl rand -hex 32`). White space around it is ignored.
    ///
    /// # Errors
    /// Of the kind [`Misconfigured`](ErrorKind::Misconfigured) if the text is anything else. The error does not contain
    /// the text.
    ///
    /// ```
    /// use component_model::LocalCacheKey;
    ///
    /// assert!(LocalCacheKey::from_hex(&"0f".repeat(32)).is_ok());
    /// assert!(LocalCacheKey::from_hex("a password").is_err());
    /// ```
    pub fn from_hex(digits: &str) -> Result<Self, SourceError> {
        let digits = digits.trim().as_bytes();
        let mut key = Zeroizing::new([0; LENGTH]);
        let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        let pairs = digits.chunks(2).map(|pair| match pair {
            [high, low] => Some(digit(*high)? << 4 | digit(*low)?),
            _ => None,
        });
        if digits.len() != 2 * LENGTH {
            return Err(invalid("64 hexadecimal digits"));
        }
        for (byte, pair) in key.iter_mut().zip(pairs) {
            *byte = pair.ok_or_else(|| invalid("64 hexadecimal digits"))?;
        }
        Ok(Self::from_bytes(*key))
    }

    /// A key written in Base64 (`openssl rand -base64 32`), in the standard alphabet or that for URLs, with padding or
    /// without. White space around it is ignored.
    ///
    /// # Errors
    /// Of the kind [`Misconfigured`](ErrorKind::Misconfigured) if the text is anything else. The error does not contain
    /// the text.
    ///
    /// ```
    /// use component_model::LocalCacheKey;
    ///
    /// assert!(LocalCacheKey::from_base64("BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=").is_ok());
    /// assert!(LocalCacheKey::from_base64("c2hvcnQ=").is_err());
    /// ```
    pub fn from_base64(text: &str) -> Result<Self, SourceError> {
        let text = text.trim();
        [STANDARD, URL_SAFE]
            .iter()
            .find_map(|alphabet| decoded(text, alphabet))
            .ok_or_else(|| invalid("32 bytes in Base64"))
    }

    /// The bytes, to encrypt with.
    pub(super) fn bytes(&self) -> &[u8; LENGTH] {
        &self.0
    }
}

fn decoded(text: &str, alphabet: &Alphabet) -> Option<LocalCacheKey> {
    let config = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let bytes = Zeroizing::new(GeneralPurpose::new(alphabet, config).decode(text).ok()?);
    bytes.as_slice().try_into().ok().map(LocalCacheKey::from_bytes)
}

fn invalid(expected: &str) -> SourceError {
    SourceError::new(ErrorKind::Misconfigured, format!("the key of the local cache is not {expected}"))
        .with_hint("`openssl rand -hex 32` writes a key for `LocalCacheKey::from_hex`")
}

impl fmt::Debug for LocalCacheKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LocalCacheKey([REDACTED])")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_the_same_in_each_notation() {
        let bytes: [u8; LENGTH] = std::array::from_fn(|index| (index * 37 + 0xf8) as u8);
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        for text in [hex.clone(), hex.to_uppercase(), format!(" {hex}\n")] {
            assert_eq!(LocalCacheKey::from_hex(&text).unwrap().bytes(), &bytes, "{text}");
        }
        let url_safe = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes);
        assert!(url_safe.contains(['-', '_']), "the test compares the alphabets: {url_safe}");
        let standard = base64::engine::general_purpose::STANDARD.encode(bytes);
        for text in [url_safe, standard.clone(), standard.trim_end_matches('=').to_owned(), format!("{standard}\n")] {
            assert_eq!(LocalCacheKey::from_base64(&text).unwrap().bytes(), &bytes, "{text}");
        }
    }

    #[test]
    fn what_is_not_a_key_is_an_error_that_does_not_repeat_it() {
        let short = "ab".repeat(31);
        let wrong = format!("{}hunter2!", "0".repeat(56));
        for text in ["", "hunter2", &short, &format!("{short}a"), &format!("{short}abc"), &wrong, &"é".repeat(32)] {
            for error in [LocalCacheKey::from_hex(text).unwrap_err(), LocalCacheKey::from_base64(text).unwrap_err()] {
                assert_eq!(error.kind(), ErrorKind::Misconfigured);
                let shown = format!("{error} {error:?} {:?}", error.hint());
                assert!(text.is_empty() || !shown.contains(text) && !shown.contains("hunter2"), "{shown}");
            }
        }
    }
}
