//! URLs whose password is not encoded, so that a part of it would be read as the host.

use component_model_source::{ErrorKind, SourceError};

/// Rejects a URL with an `@` that may end a password with a `/`, a `?` or a `#` in it: `user:password@host`. The error does
/// not repeat the URL.
///
/// With credentials before the host, that is any `@` after it. Without them, an `@` may be in a path (if `in_path`) and in the
/// values of a query, unless what looks like a port is not followed by a path: that is how a password with digits begins.
/// The URL of a database without credentials has no fragment.
pub(super) fn check(url: &str, in_path: bool) -> Result<(), SourceError> {
    let Some((authority, after)) = split(url) else { return Ok(()) };
    let is_followed_by = |other: char| after.starts_with(other) && after.contains('@') && has_port(authority);
    let path = after.split(['?', '#']).next().unwrap_or_default();
    let is_rejected = match authority.contains('@') {
        true => after.contains('@'),
        false if in_path => ['?', '#', '\\'].into_iter().any(is_followed_by),
        false => path.contains('@') || after.contains('#') || is_followed_by('?'),
    };
    if !is_rejected {
        return Ok(());
    }
    Err(SourceError::new(ErrorKind::Misconfigured, "the URL may have a part of a password after its host")
        .with_hint("percent-encode `@`, `/`, `?` and `#` in the password: `%40`, `%2F`, `%3F` and `%23`"))
}

/// Whether an `@` after what looks like the host may end a password, so that the host may be a part of it.
#[cfg(any(feature = "postgres", feature = "mysql"))]
pub(super) fn may_be_in_host(url: &str) -> bool {
    split(url).is_some_and(|(_, after)| after.contains('@'))
}

/// What looks like the authority, and the rest.
fn split(url: &str) -> Option<(&str, &str)> {
    let (_, rest) = url.split_once("://")?;
    Some(rest.split_at(rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len())))
}

fn has_port(authority: &str) -> bool {
    // After the brackets of an IPv6 address.
    authority.rsplit(']').next().is_some_and(|host| host.contains(':'))
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
            "http://app:123?hunter2@h/",
            "http://app:123#hunter2@h/",
            "http://app:123\\hunter2@h/",
        ] {
            let error = check(url, true).unwrap_err();
            let shown = format!("{error} {error:?} {:?}", error.hint());
            assert!(!shown.contains("hunter2"), "{shown}");
        }
        for rest in ["/hunter2@h/app", "#hunter2@h/app", "?hunter2@h/app", "?user=hunter2@h/app", "#hunter2"] {
            assert!(check(&format!("postgres://app:12{rest}"), false).is_err(), "{rest}");
        }
        for url in ["postgres://h/app?user=me@tenant", "postgres://h:5432/app?user=me@tenant", "postgres://u:p@h/app#x"]
        {
            assert!(check(url, false).is_ok(), "{url}");
        }
        for url in ["http://localhost:8080/users/@me", "https://app:pw@h/x", "sqlite:a@b", "a@b", "http://h?mail=a@b"] {
            assert!(check(url, true).is_ok(), "{url}");
        }
        for url in ["http://h:8080/search?mail=a@b", "http://[::1]?mail=a@b", "http://h:8080?mail=a%40b"] {
            assert!(check(url, true).is_ok(), "{url}");
        }
    }
}
