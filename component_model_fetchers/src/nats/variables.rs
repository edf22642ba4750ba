//! The variables that NATS' own client reads, and `NATS_BUCKET`. No file that they name is read before the first request.

use std::ffi::OsString;

use component_model_source::{ErrorKind, SourceError};

use super::{Nats, config::NatsBuilder, login::Login, misconfigured};
use crate::{trust::Identity, variables::Variables};

/// The source that variables describe.
pub(super) fn source(read: impl Fn(&str) -> Option<OsString>) -> Result<Nats, SourceError> {
    let variables = Variables::new(read);
    let Some(urls) = variables.text("NATS_URL")? else {
        let error = SourceError::new(ErrorKind::NotSetUp, "the server is not known");
        return Err(error.with_hint("set NATS_URL, such as `nats://localhost:4222`"));
    };
    let mut builder = NatsBuilder::new(&urls);
    if let Some(bucket) = variables.text("NATS_BUCKET")? {
        builder.clone().build().map_err(|error| error.at("NATS_URL"))?;
        builder = builder.bucket(bucket);
        builder.clone().build().map_err(|error| error.at("NATS_BUCKET"))?;
    }
    let (login, identity) = (login(&variables)?, identity(&variables)?);
    let authority = variables.file("NATS_CA");
    let builder = builder.set(|config| {
        if let Some(login) = login {
            config.login = login;
        }
        if let Some(path) = authority {
            // As in NATS' own client, which then trusts no other.
            config.trust().forget_the_system();
            config.trust().add_path(path);
        }
        if let Some(identity) = identity {
            config.trust().identify(identity);
        }
        Ok(())
    });
    builder.build().map_err(|error| error.at("NATS_URL"))
}

/// Who signs in; one of them, since they exclude each other.
fn login<R: Fn(&str) -> Option<OsString>>(variables: &Variables<R>) -> Result<Option<Login>, SourceError> {
    let (user, password) = (variables.text("NATS_USER")?, variables.text("NATS_PASSWORD")?);
    let user = match (user, password) {
        (Some(user), Some(password)) => Some(Login::user(&user, &password)?),
        // NATS' own client takes it for a token.
        (Some(token), None) => Some(Login::token(&token)?),
        (None, Some(_)) => return Err(misconfigured("NATS_PASSWORD is set, and NATS_USER is not")),
        (None, None) => None,
    };
    let token = variables.text("NATS_TOKEN")?.map(|token| Login::token(&token)).transpose()?;
    let seed = variables.file("NATS_NKEY").map(Login::SeedFile);
    let credentials = variables.file("NATS_CREDS").map(Login::CredentialsFile);
    let mut set = [("NATS_USER", user), ("NATS_TOKEN", token), ("NATS_NKEY", seed), ("NATS_CREDS", credentials)]
        .into_iter()
        .filter_map(|(name, login)| Some((name, login?)));
    match (set.next(), set.next()) {
        (Some((one, _)), Some((other, _))) => {
            Err(misconfigured(format!("{one} and {other} are set, and a user signs in in one way")))
        }
        (first, _) => Ok(first.map(|(_, login)| login)),
    }
}

fn identity<R: Fn(&str) -> Option<OsString>>(variables: &Variables<R>) -> Result<Option<Identity>, SourceError> {
    match (variables.file("NATS_CERT"), variables.file("NATS_KEY")) {
        (Some(certificate), Some(key)) => Ok(Some(Identity::Files { certificate, key })),
        (None, None) => Ok(None),
        _ => Err(misconfigured("NATS_CERT and NATS_KEY belong together: one is not set")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn built(set: &[(&str, &str)]) -> Result<Nats, SourceError> {
        let set: Vec<_> = set.iter().map(|(name, value)| ((*name).to_owned(), OsString::from(value))).collect();
        source(move |name| set.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone()))
    }

    fn login(set: &[(&str, &str)]) -> Login {
        built(&[&[("NATS_URL", "nats://u:p@h")], set].concat()).unwrap().client().config().login.clone()
    }

    #[test]
    fn without_a_url_the_error_names_the_variable() {
        for set in [&[][..], &[("NATS_URL", "")], &[("NATS_BUCKET", "app")]] {
            let error = built(set).unwrap_err();
            assert!(error.kind() == ErrorKind::NotSetUp && error.hint().unwrap().contains("NATS_URL"));
        }
    }

    #[test]
    fn the_variables_of_nats_own_client_are_read() {
        let nats = built(&[
            ("NATS_URL", "nats://a,b:1"),
            ("NATS_BUCKET", "app"),
            ("NATS_CA", "/ca.pem"),
            ("NATS_CERT", "/client.pem"),
            ("NATS_KEY", "/client.key"),
        ]);
        let shown = format!("{:?}", nats.unwrap());
        for part in ["\"a\"", "port: 1", "tls: true", "/ca.pem", "/client.pem", "system: false", "Some(\"app\")"] {
            assert!(shown.contains(part), "{part}: {shown}");
        }
        assert_eq!(login(&[]), Login::user("u", "p").unwrap(), "that of the URL");
        assert_eq!(login(&[("NATS_USER", "a"), ("NATS_PASSWORD", "b")]), Login::user("a", "b").unwrap());
        assert_eq!(login(&[("NATS_USER", "a")]), Login::token("a").unwrap());
        assert_eq!(login(&[("NATS_TOKEN", "a")]), Login::token("a").unwrap());
        assert_eq!(login(&[("NATS_NKEY", "/a.nk")]), Login::SeedFile("/a.nk".into()));
        assert_eq!(login(&[("NATS_CREDS", "/a.creds")]), Login::CredentialsFile("/a.creds".into()));
    }

    #[test]
    fn a_variable_that_is_not_valid_is_named_and_its_value_is_not() {
        for (name, value) in [
            ("NATS_URL", "ftp://hunter2"),
            ("NATS_URL", "nats://hunter2:hunter2@h/x"),
            ("NATS_BUCKET", "hunter2."),
            ("NATS_PASSWORD", "hunter2"),
            ("NATS_CERT", "/hunter2"),
        ] {
            let url = [("NATS_URL", "h")];
            let set = if name == "NATS_URL" { &[(name, value)][..] } else { &[url[0], (name, value)] };
            let error = built(set).unwrap_err();
            let shown = format!("{error} {} {:?}", error.place().unwrap_or_default(), error.hint());
            assert!(shown.contains(name) && !shown.contains("hunter2"), "{shown}");
        }
        let error = built(&[("NATS_URL", "h"), ("NATS_TOKEN", "hunter2"), ("NATS_CREDS", "/c")]).unwrap_err();
        assert!(error.to_string().contains("NATS_TOKEN and NATS_CREDS"), "{error}");
    }
}
