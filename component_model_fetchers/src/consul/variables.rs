//! The variables that Consul's own client reads. No file that they name is read before the first request.

use std::ffi::OsString;

use component_model_source::SourceError;

use super::{Consul, address, misconfigured, query::checked_name};
use crate::{
    token::{Credential, Token},
    trust::Identity,
    variables::Variables,
};

/// The source that variables describe.
pub(super) fn source(read: impl Fn(&str) -> Option<OsString>) -> Result<Consul, SourceError> {
    let variables = Variables::new(read);
    let mut builder = Consul::builder();
    let config = &mut builder.config;
    let tls = variables.flag("CONSUL_HTTP_SSL", false)?;
    let address = variables.text("CONSUL_HTTP_ADDR")?;
    let address = address.as_deref().unwrap_or(address::DEFAULT);
    config.address = address::parse(address, tls).map_err(|error| error.at("CONSUL_HTTP_ADDR"))?;
    let token = variables.text("CONSUL_HTTP_TOKEN")?;
    let token = token.map(|token| Token::new(&token)).transpose().map_err(|error| error.at("CONSUL_HTTP_TOKEN"))?;
    config.credential = match (variables.file("CONSUL_HTTP_TOKEN_FILE"), token) {
        (Some(file), token) => Credential::File(file, token),
        (None, Some(token)) => Credential::Token(token),
        (None, None) => Credential::None,
    };
    let name = |variable: &'static str, what| {
        let name = variables.text(variable)?.map(|name| checked_name(what, &name).map_err(|error| error.at(variable)));
        name.transpose()
    };
    config.scope.namespace = name("CONSUL_NAMESPACE", "namespace")?;
    config.partition = name("CONSUL_PARTITION", "partition")?;
    unsupported(&variables)?;
    let authority = variables.file("CONSUL_CACERT").or_else(|| variables.file("CONSUL_CAPATH"));
    if let Some(path) = authority {
        // As in Consul's own client, which then trusts no other.
        config.trust.forget_the_system();
        config.trust.add_path(path);
    }
    match (variables.file("CONSUL_CLIENT_CERT"), variables.file("CONSUL_CLIENT_KEY")) {
        (Some(certificate), Some(key)) => config.trust.identify(Identity::Files { certificate, key }),
        (None, None) => {}
        _ => return Err(misconfigured("CONSUL_CLIENT_CERT and CONSUL_CLIENT_KEY belong together: one is not set")),
    }
    if let Some(auth) = variables.text("CONSUL_HTTP_AUTH")? {
        let (user, password) = auth.split_once(':').unwrap_or((&auth, ""));
        return builder.basic(user, password).build().map_err(|error| error.at("CONSUL_HTTP_AUTH"));
    }
    builder.build()
}

/// Refuses what would be ignored in silence.
fn unsupported<R: Fn(&str) -> Option<OsString>>(variables: &Variables<R>) -> Result<(), SourceError> {
    if !variables.flag("CONSUL_HTTP_SSL_VERIFY", true)? {
        return Err(misconfigured("CONSUL_HTTP_SSL_VERIFY is off, and certificates are always verified")
            .with_hint("name the authority of the server's certificate in CONSUL_CACERT"));
    }
    match variables.text("CONSUL_TLS_SERVER_NAME")? {
        Some(_) => Err(misconfigured("CONSUL_TLS_SERVER_NAME is set, which is not supported")
            .with_hint("use an address with the name that the server's certificate has")),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn built(set: &[(&str, &str)]) -> Result<Consul, SourceError> {
        let set: Vec<_> = set.iter().map(|(name, value)| ((*name).to_owned(), OsString::from(value))).collect();
        source(move |name| set.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone()))
    }

    fn debug(set: &[(&str, &str)]) -> String {
        format!("{:?}", built(set).unwrap())
    }

    #[test]
    fn without_variables_it_is_the_agent_of_the_machine() {
        for set in [&[][..], &[("CONSUL_HTTP_ADDR", ""), ("CONSUL_HTTP_TOKEN", "")]] {
            let shown = debug(set);
            assert!(shown.contains("http://127.0.0.1:8500/") && shown.contains("credential: None"), "{shown}");
        }
    }

    #[test]
    fn the_variables_of_consul_s_own_client_are_read() {
        let shown = debug(&[
            ("CONSUL_HTTP_ADDR", "consul.service:8501"),
            ("CONSUL_HTTP_SSL", "true"),
            ("CONSUL_HTTP_TOKEN", "hunter2"),
            ("CONSUL_HTTP_AUTH", "me:hunter2"),
            ("CONSUL_NAMESPACE", "team"),
            ("CONSUL_PARTITION", "part"),
            ("CONSUL_CACERT", "/ca.pem"),
            ("CONSUL_CLIENT_CERT", "/client.pem"),
            ("CONSUL_CLIENT_KEY", "/client.key"),
        ]);
        for part in
            ["https://consul.service:8501/", "team", "part", "basic: true", "/ca.pem", "/client.pem", "system: false"]
        {
            assert!(shown.contains(part), "{part}: {shown}");
        }
        assert!(!shown.contains("hunter2"), "{shown}");
        let shown = debug(&[("CONSUL_HTTP_TOKEN", "hunter2"), ("CONSUL_HTTP_TOKEN_FILE", "/token")]);
        assert!(shown.contains("/token") && !shown.contains("hunter2"), "{shown}");
    }

    #[test]
    fn a_variable_that_is_not_valid_is_named_and_its_value_is_not() {
        for (name, value) in [
            ("CONSUL_HTTP_ADDR", "ftp://hunter2"),
            ("CONSUL_HTTP_TOKEN", "hunter2 "),
            ("CONSUL_HTTP_AUTH", "hunter2\n"),
            ("CONSUL_NAMESPACE", "hunter2/"),
            ("CONSUL_PARTITION", "hunter2/"),
            ("CONSUL_HTTP_SSL", "hunter2"),
            ("CONSUL_HTTP_SSL_VERIFY", "false"),
            ("CONSUL_TLS_SERVER_NAME", "hunter2"),
            ("CONSUL_CLIENT_CERT", "/hunter2"),
        ] {
            let error = built(&[(name, value)]).unwrap_err();
            let shown = format!("{error} {} {:?}", error.place().unwrap_or_default(), error.hint());
            assert!(shown.contains(name) && !shown.contains("hunter2"), "{shown}");
        }
    }
}
