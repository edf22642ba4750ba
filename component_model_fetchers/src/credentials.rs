//! URLs whose password is not encoded, so that a part of it would be read as the host.

use component_model_source::{ErrorKind, SourceError};

/// Rejects a URL with an `@` after an authority that has credentials: it is `user:password@host` with a `/`, a `?` or a `#`
/// in the password. If the path cannot have an `@` either, this is so whatever the authority has. The error does not
/// repeat the URL.
pub(super) fn check(url: &str, in_path: bool) -> Result<(), SourceError> {
    let Some((_, rest)) = url.split_once("://") else { return Ok(()) };
    let end = rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len());
    let (authority, after) = rest.split_at(end);
    let path = after.split(['?', '#']).next().unwrap_or_default();
    if !(authority.contains('@') && after.contains('@') || !in_path && path.contains('@')) {
        return Ok(());
    }
    Err(SourceError::new(ErrorKind::Misconfigured, "the URL contains an `@` after its host")
        .with_hint("percent-encode `@`, `/`, `?` and `#` in the password: `%40`, `%2F`, `%3F` and `%23`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_that_is_not_encoded_is_found_and_an_at_sign_in_a_path_is_none() {
        for url in [
            "postgres://app:ab@hunter2#x@h:5/app",
            "postgres://app:ab@hunter2/x@h/app",
            "mysql://app:hunter2@h?x@h/app",
            "http://app:ab@hunter2\\x@h/",
        ] {
            let error = check(url, true).unwrap_err();
            let shown = format!("{error} {error:?} {:?}", error.hint());
            assert!(!shown.contains("hunter2"), "{shown}");
        }
        assert!(check("postgres://app:12/hunter2@h/app", false).is_err());
        assert!(check("postgres://h/app?user=me@tenant", false).is_ok());
        for url in ["http://localhost:8080/users/@me", "https://app:pw@h/x", "sqlite:a@b", "a@b", "http://h?mail=a@b"] {
            assert!(check(url, true).is_ok(), "{url}");
        }
    }
}
