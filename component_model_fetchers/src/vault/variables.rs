//! The variables that Vault's own client reads, and those of AppRole. No file that they name is read before the first request.

use std::ffi::OsString;

use component_model_source::SourceError;

use super::{Vault, address, misconfigured, query::checked};
use crate::{trust::Identity, variables::Variables};

/// The source that variables describe.
pub(super) fn source(read: impl Fn(&str) -> Option<OsString>) -> Result<Vault, SourceError> {
    let variables = Variables::new(read);
    let mut builder = Vault::builder();
    // An agent, which may add the token.
    for name in ["VAULT_ADDR", "VAULT_AGENT_ADDR"] {
        if let Some(text) = variables.text(name)? {
            builder.config.address = address::parse(&text).map_err(|error| error.at(name))?;
        }
    }
    if let Some(namespace) = variables.text("VAULT_NAMESPACE")? {
        let namespace = checked("namespace", &namespace).map_err(|error| error.at("VAULT_NAMESPACE"))?;
        builder.config.namespace = Some(namespace);
    }
    unsupported(&variables)?;
    if let Some(pem) = variables.text("VAULT_CACERT_BYTES")? {
        builder = builder.ca_pem(pem).without_system_roots();
    } else if let Some(path) = variables.file("VAULT_CACERT").or_else(|| variables.file("VAULT_CAPATH")) {
        // As in Vault's own client, which then trusts no other.
        builder.config.trust.forget_the_system();
        builder.config.trust.add_path(path);
    }
    match (variables.file("VAULT_CLIENT_CERT"), variables.file("VAULT_CLIENT_KEY")) {
        (Some(certificate), Some(key)) => builder.config.trust.identify(Identity::Files { certificate, key }),
        (None, None) => {}
        _ => return Err(misconfigured("VAULT_CLIENT_CERT and VAULT_CLIENT_KEY belong together: one is not set")),
    }
    let (role, secret) = (variables.text("VAULT_ROLE_ID")?, variables.text("VAULT_SECRET_ID")?);
    match (variables.text("VAULT_TOKEN")?, role) {
        (Some(token), _) => builder.token(&token).build().map_err(|error| error.at("VAULT_TOKEN")),
        (None, Some(role)) => builder.app_role(&role, secret.as_deref()).build(),
        (None, None) => builder.build(),
    }
}

/// Refuses what would be ignored in silence.
fn unsupported<R: Fn(&str) -> Option<OsString>>(variables: &Variables<R>) -> Result<(), SourceError> {
    if variables.flag("VAULT_SKIP_VERIFY", false)? {
        return Err(misconfigured("VAULT_SKIP_VERIFY is on, and certificates are always verified")
            .with_hint("name the authority of the server's certificate in VAULT_CACERT"));
    }
    match variables.text("VAULT_TLS_SERVER_NAME")? {
        Some(_) => Err(misconfigured("VAULT_TLS_SERVER_NAME is set, which is not supported")
            .with_hint("use an address with the name that the server's certificate has")),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn built(set: &[(&str, &str)]) -> Result<Vault, SourceError> {
        let set: Vec<_> = set.iter().map(|(name, value)| ((*name).to_owned(), OsString::from(value))).collect();
        source(move |name| set.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone()))
    }

    fn debug(set: &[(&str, &str)]) -> String {
        format!("{:?}", built(set).unwrap())
    }

    #[test]
    fn without_variables_it_is_the_server_of_the_machine() {
        for set in [&[][..], &[("VAULT_ADDR", ""), ("VAULT_TOKEN", "")]] {
            let shown = debug(set);
            assert!(shown.contains("https://127.0.0.1:8200/") && shown.contains("Given(None)"), "{shown}");
        }
    }

    #[test]
    fn the_variables_of_vault_s_own_client_are_read() {
        let shown = debug(&[
            ("VAULT_ADDR", "https://vault.service:8200"),
            ("VAULT_TOKEN", "hunter2"),
            ("VAULT_ROLE_ID", "hunter2"),
            ("VAULT_SECRET_ID", "hunter2"),
            ("VAULT_NAMESPACE", "team/shop/"),
            ("VAULT_CACERT", "/ca.pem"),
            ("VAULT_CLIENT_CERT", "/client.pem"),
            ("VAULT_CLIENT_KEY", "/client.key"),
        ]);
        for part in ["https://vault.service:8200/", "Given", "team/shop", "/ca.pem", "/client.pem", "system: false"] {
            assert!(shown.contains(part), "{part}: {shown}");
        }
        assert!(!shown.contains("hunter2"), "{shown}");
        let shown = debug(&[("VAULT_ROLE_ID", "hunter2"), ("VAULT_SECRET_ID", "hunter2")]);
        assert!(shown.contains("approle") && !shown.contains("hunter2"), "{shown}");
        assert!(debug(&[("VAULT_AGENT_ADDR", "http://127.0.0.1:8100")]).contains("8100"));
    }

    #[test]
    fn a_variable_that_is_not_valid_is_named_and_its_value_is_not() {
        for (name, value) in [
            ("VAULT_ADDR", "ftp://hunter2"),
            ("VAULT_TOKEN", "hunter2 "),
            ("VAULT_NAMESPACE", "hunter2//x"),
            ("VAULT_SKIP_VERIFY", "true"),
            ("VAULT_SKIP_VERIFY", "hunter2"),
            ("VAULT_TLS_SERVER_NAME", "hunter2"),
            ("VAULT_CLIENT_CERT", "/hunter2"),
        ] {
            let error = built(&[(name, value)]).unwrap_err();
            let shown = format!("{error} {} {:?}", error.place().unwrap_or_default(), error.hint());
            assert!(shown.contains(name) && !shown.contains("hunter2"), "{shown}");
        }
    }
}
