//! Encryption: XChaCha20-Poly1305 with a random nonce for each entry.

use base64::{Engine, engine::general_purpose::STANDARD};
use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{AeadInOut, Generate},
};
use zeroize::Zeroizing;

use super::LocalCacheKey;
use crate::{ErrorKind, SourceError};

/// The lengths of nonce and tag in bytes.
const NONCE: usize = 24;
const TAG: usize = 16;

/// The plain text is filled with spaces to a multiple of this length, so that the file does not show the length of a
/// password.
const BLOCK: usize = 64;

/// Encrypts a text and binds it to its head, which remains readable. Returns nonce, encrypted text and tag in Base64.
pub(super) fn seal(key: &LocalCacheKey, head: &str, plain: &[u8]) -> Result<String, SourceError> {
    let nonce = XNonce::try_generate().map_err(|error| {
        SourceError::new(ErrorKind::Other, "the system has no random numbers for the local cache").with_cause(error)
    })?;
    let padded = plain.len().next_multiple_of(BLOCK);
    // Allocated once: growing would leave a copy of the plain text behind.
    let mut buffer = Zeroizing::new(Vec::with_capacity(padded + TAG));
    buffer.extend_from_slice(plain);
    buffer.resize(padded, b' ');
    cipher(key)
        .encrypt_in_place(&nonce, head.as_bytes(), &mut *buffer)
        .map_err(|_| SourceError::new(ErrorKind::TooLarge, "the value is too large to be encrypted"))?;
    Ok(STANDARD.encode([nonce.as_slice(), &buffer].concat()))
}

/// Decrypts what [`seal`] returned; none if it was written with another key, or if it or its head was changed.
pub(super) fn open(key: &LocalCacheKey, head: &str, sealed: &str) -> Option<Zeroizing<Vec<u8>>> {
    let sealed = STANDARD.decode(sealed).ok()?;
    let (nonce, rest) = sealed.split_at_checked(NONCE)?;
    let nonce = XNonce::try_from(nonce).ok()?;
    let mut buffer = Zeroizing::new(rest.to_vec());
    cipher(key).decrypt_in_place(&nonce, head.as_bytes(), &mut *buffer).ok()?;
    Some(buffer)
}

fn cipher(key: &LocalCacheKey) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(key.bytes().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> LocalCacheKey {
        LocalCacheKey::from_bytes([byte; 32])
    }

    #[test]
    fn only_the_same_key_and_the_same_head_open_what_was_sealed() {
        let sealed = seal(&key(1), "head", b"hunter2").unwrap();
        assert!(open(&key(1), "head", &sealed).unwrap().starts_with(b"hunter2 "));
        assert!(open(&key(2), "head", &sealed).is_none());
        assert!(open(&key(1), "other", &sealed).is_none());
        for text in ["", "AAAA", "!", &sealed[..sealed.len() - 4]] {
            assert!(open(&key(1), "head", text).is_none(), "{text}");
        }
    }

    #[test]
    fn every_bit_is_protected() {
        let sealed = STANDARD.decode(seal(&key(1), "head", b"hunter2").unwrap()).unwrap();
        for bit in 0..sealed.len() * 8 {
            let mut changed = sealed.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert!(open(&key(1), "head", &STANDARD.encode(changed)).is_none(), "{bit}");
        }
    }

    #[test]
    fn a_text_is_sealed_differently_each_time_and_its_length_is_not_shown() {
        let sealed: Vec<_> = ["a", "a", "hunter2"].map(|text| seal(&key(1), "", text.as_bytes()).unwrap()).into();
        assert_ne!(sealed[0], sealed[1]);
        assert_eq!(sealed[0].len(), sealed[2].len());
    }
}
