//! The variables that etcd's own client reads. No file that they name is read before the first request.

use std::ffi::OsString;

use component_model_source::SourceError;

use super::{Etcd, address, config::Login, misconfigured};
use crate::{trust::Identity, variables::Variables};

/// The source that variables describe.
pub(super) fn source(read: impl Fn(&str) -> Option<OsString>) -> Result<Etcd, SourceError> {
    let variables = Variables::new(read);
    let mut builder = Etcd::builder();
    let config = &mut builder.config;
    let authority = variables.file("ETCDCTL_CACERT");
    let (certificate, key) = (variables.file("ETCDCTL_CERT"), variables.file("ETCDCTL_KEY"));
    let tls = authority.is_some() || certificate.is_some();
    for name in ["ETCDCTL_ENDPOINTS", "ETCD_ENDPOINTS"] {
        if let Some(endpoints) = variables.text(name)? {
            config.endpoints = address::parse_list(&endpoints, tls).map_err(|error| error.at(name))?;
        }
    }
    config.login = login(&variables)?;
    if let Some(path) = authority {
        // As in etcd's own client, which then trusts no other.
        config.trust.forget_the_system();
        config.trust.add_path(path);
    }
    match (certificate, key) {
        (Some(certificate), Some(key)) => config.trust.identify(Identity::Files { certificate, key }),
        (None, None) => {}
        _ => return Err(misconfigured("ETCDCTL_CERT and ETCDCTL_KEY belong together: one is not set")),
    }
    let unverified = "ETCDCTL_INSECURE_SKIP_TLS_VERIFY";
    match variables.text(unverified)?.as_deref() {
        None | Some("false" | "0") => builder.build(),
        Some(_) => Err(misconfigured(format!("{unverified} is set, and certificates are always verified"))
            .with_hint("name the authority of the server's certificate in ETCDCTL_CACERT")),
    }
}

/// The user, with its password in the same variable or in one of its own.
fn login<R: Fn(&str) -> Option<OsString>>(variables: &Variables<R>) -> Result<Option<Login>, SourceError> {
    let (user, password) = (variables.text("ETCDCTL_USER")?, variables.text("ETCDCTL_PASSWORD")?);
    let login =
        match (user, password) {
            (None, None) => return Ok(None),
            (None, Some(_)) => return Err(misconfigured("ETCDCTL_PASSWORD is set, and ETCDCTL_USER is not")),
            (Some(user), Some(password)) => Login::new(&user, &password),
            (Some(both), None) => match both.split_once(':') {
                Some((user, password)) => Login::new(user, password),
                None => Err(misconfigured("the user has no password")
                    .with_hint("write `user:password`, or set ETCDCTL_PASSWORD")),
            },
        };
    login.map(Some).map_err(|error| error.at("ETCDCTL_USER"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn built(set: &[(&str, &str)]) -> Result<Etcd, SourceError> {
        let set: Vec<_> = set.iter().map(|(name, value)| ((*name).to_owned(), OsString::from(value))).collect();
        source(move |name| set.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone()))
    }

    fn debug(set: &[(&str, &str)]) -> String {
        format!("{:?}", built(set).unwrap())
    }

    #[test]
    fn without_variables_it_is_the_server_of_the_machine() {
        for set in [&[][..], &[("ETCD_ENDPOINTS", ""), ("ETCDCTL_USER", "")]] {
            let shown = debug(set);
            assert!(shown.contains("http://127.0.0.1:2379/") && shown.contains("login: false"), "{shown}");
        }
    }

    #[test]
    fn the_variables_of_etcd_s_own_client_are_read() {
        let shown = debug(&[
            ("ETCDCTL_ENDPOINTS", "a:1,http://b:2"),
            ("ETCDCTL_USER", "app:hunter2"),
            ("ETCDCTL_CACERT", "/ca.pem"),
            ("ETCDCTL_CERT", "/client.pem"),
            ("ETCDCTL_KEY", "/client.key"),
        ]);
        for part in ["https://a:1/", "http://b:2/", "login: true", "/ca.pem", "/client.pem", "system: false"] {
            assert!(shown.contains(part), "{part}: {shown}");
        }
        assert!(!shown.contains("hunter2"), "{shown}");
        let shown = debug(&[("ETCDCTL_ENDPOINTS", "a:1"), ("ETCD_ENDPOINTS", "b:2")]);
        assert!(shown.contains("http://b:2/") && !shown.contains("a:1"), "{shown}");
        let login = built(&[("ETCDCTL_USER", "a:b"), ("ETCDCTL_PASSWORD", "c:d")]).unwrap();
        let login = login.client().config.login.clone().unwrap();
        assert_eq!((login.user.as_str(), login.password.as_str()), ("a:b", "c:d"));
    }

    #[test]
    fn a_variable_that_is_not_valid_is_named_and_its_value_is_not() {
        for (name, value) in [
            ("ETCD_ENDPOINTS", "ftp://hunter2"),
            ("ETCDCTL_ENDPOINTS", "a:1,hunter2:x"),
            ("ETCDCTL_USER", "hunter2"),
            ("ETCDCTL_USER", "hunter2:"),
            ("ETCDCTL_PASSWORD", "hunter2"),
            ("ETCDCTL_CERT", "/hunter2"),
            ("ETCDCTL_INSECURE_SKIP_TLS_VERIFY", "true"),
        ] {
            let error = built(&[(name, value)]).unwrap_err();
            let shown = format!("{error} {} {:?}", error.place().unwrap_or_default(), error.hint());
            assert!(shown.contains(name) && !shown.contains("hunter2"), "{shown}");
        }
    }
}
