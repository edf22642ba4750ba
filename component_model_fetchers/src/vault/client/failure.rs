//! Why Vault refuses. Its texts are compared with known ones, and never repeated.

use component_model_source::{ErrorKind, SourceError};
use reqwest::StatusCode;

const POLICY: &str = "with version 2 of the KV engine a policy names `data` within the path, such as \
                      `path \"secret/data/app/*\" { capabilities = [\"read\"] }`";

/// The failure of a status, once more is known from the text.
pub(super) fn refined(failure: SourceError, status: StatusCode, text: &[u8], has_token: bool) -> SourceError {
    let text = String::from_utf8_lossy(text);
    let says = |part: &str| text.contains(part);
    let new = SourceError::new;
    let status = status.as_u16();
    match status {
        // Most paths answer that the permission is missing.
        400 | 403 if says("missing client token") || (!has_token && status == 403) => {
            new(ErrorKind::Denied, "there is no token").with_hint(
                "set VAULT_TOKEN, or VAULT_ROLE_ID and VAULT_SECRET_ID, or a token or a login of the builder",
            )
        }
        403 if says(INVALID_TOKEN) => {
            new(ErrorKind::Denied, "Vault does not know the token").with_hint("has it expired, or was it revoked?")
        }
        403 => new(ErrorKind::Denied, "the token may not read the secret, or there is no such mount").with_hint(POLICY),
        // A mount that was just made, or upgraded.
        400 if says("Upgrading from non-versioned") => new(ErrorKind::Unavailable, "the mount is being upgraded"),
        400 if says("HTTPS server") => {
            new(ErrorKind::Misconfigured, "the server expects TLS").with_hint("write the address as `https://…`")
        }
        400 if says("unknown role") => new(ErrorKind::Misconfigured, "Vault refuses the path: there is no such role")
            .with_hint("`vault list <mount>/roles` lists the roles"),
        // An answer of Vault itself, and not of a server in its place.
        400 if says("\"errors\"") => new(ErrorKind::Misconfigured, "Vault refuses the path")
            .with_hint("is there such a role, and does the engine have such a path?"),
        404 if says("no handler for route") => {
            new(ErrorKind::Misconfigured, "there is no such mount").with_hint("`vault secrets list` lists the mounts")
        }
        405 => new(ErrorKind::Misconfigured, "the path cannot be read").with_hint("is it one that is only written?"),
        // The server has not yet what another one has written.
        412 => new(ErrorKind::Unavailable, "the server is behind the others"),
        307 => new(ErrorKind::Unavailable, "the server is a standby that forwards nothing")
            .with_hint("use the address of the active server, or of the cluster"),
        472 | 473 => new(ErrorKind::Unavailable, "the server is a standby"),
        503 if says("Vault is sealed") => new(ErrorKind::Unavailable, "Vault is sealed"),
        500 | 503 if says("standby") => new(ErrorKind::Unavailable, "the server is a standby without an active one"),
        _ if matches!(failure.kind(), ErrorKind::Malformed | ErrorKind::Misconfigured) => {
            failure.with_hint("is the address that of Vault's HTTP API?")
        }
        _ => failure,
    }
}

/// What Vault says of a token that it does not know, as opposed to one that may not read.
const INVALID_TOKEN: &str = "invalid token";

/// The failure of a login. Vault answers a wrong password with 400.
pub(super) fn of_login(error: SourceError) -> SourceError {
    if !matches!(error.kind(), ErrorKind::Denied | ErrorKind::Misconfigured) {
        return error;
    }
    SourceError::new(ErrorKind::Denied, "Vault refuses the login")
        .with_hint("are role, user and password right, is the method enabled there, and does the role allow this host?")
}

/// What is not an answer of Vault's API.
pub(in super::super) fn not_vault() -> SourceError {
    SourceError::new(ErrorKind::Malformed, "the answer is not one of Vault's HTTP API")
        .with_hint("is the address that of Vault's HTTP API?")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_vault_are_classified_and_not_repeated() {
        for (status, text, kind) in [
            (400, "missing client token", ErrorKind::Denied),
            (403, "permission denied: hunter2", ErrorKind::Denied),
            (403, "2 errors occurred: permission denied, invalid token", ErrorKind::Denied),
            (400, "Client sent an HTTP request to an HTTPS server.", ErrorKind::Misconfigured),
            (400, "Upgrading from non-versioned to versioned data", ErrorKind::Unavailable),
            (404, "no handler for route 'hunter2'", ErrorKind::Misconfigured),
            (400, r#"{"errors":["unknown role: hunter2"]}"#, ErrorKind::Misconfigured),
            (400, r#"{"errors":["hunter2"]}"#, ErrorKind::Misconfigured),
            (405, "unsupported operation", ErrorKind::Misconfigured),
            (412, "required index state not present", ErrorKind::Unavailable),
            (307, "", ErrorKind::Unavailable),
            (473, "", ErrorKind::Unavailable),
            (503, "Vault is sealed", ErrorKind::Unavailable),
            (500, "hunter2", ErrorKind::Unavailable),
        ] {
            let failure = SourceError::new(ErrorKind::Unavailable, "the server answers");
            let error = refined(failure, StatusCode::from_u16(status).unwrap(), text.as_bytes(), true);
            assert_eq!(error.kind(), kind, "{text}");
            assert!(!format!("{error} {error:?} {:?}", error.hint()).contains("hunter2"));
        }
    }

    #[test]
    fn a_path_that_vault_refuses_is_not_blamed_on_the_address() {
        let hint = |text: &str| {
            let failure = SourceError::new(ErrorKind::Misconfigured, "400 Bad Request");
            let error = refined(failure, StatusCode::BAD_REQUEST, text.as_bytes(), true);
            error.hint().unwrap().to_owned()
        };
        assert!(hint(r#"{"errors":["unknown role: shopp"]}"#).contains("/roles"));
        assert!(hint(r#"{"errors":["other"]}"#).contains("such a role"));
        assert!(hint("<html>").contains("the address"));
    }

    #[test]
    fn a_login_that_is_refused_is_denied_and_one_that_fails_is_not() {
        let of = |kind| of_login(SourceError::new(kind, "the server answers")).kind();
        assert_eq!(of(ErrorKind::Misconfigured), ErrorKind::Denied);
        assert_eq!(of(ErrorKind::Unavailable), ErrorKind::Unavailable);
    }
}
