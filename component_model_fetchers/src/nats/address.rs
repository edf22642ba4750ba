//! URLs: which servers are meant, whether they speak TLS, and who signs in. No error repeats any of it.

use std::fmt;

use component_model_source::SourceError;

use super::{login::Login, misconfigured};
use crate::{
    credentials,
    written::{decoded, host_and_port},
};

const PORT: u16 = 4222;

/// Where a server listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Address {
    pub(super) host: String,
    pub(super) port: u16,
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port } = self;
        if host.contains(':') { write!(f, "[{host}]:{port}") } else { write!(f, "{host}:{port}") }
    }
}

/// What a list of URLs says.
#[derive(Debug)]
pub(super) struct Parsed {
    /// Not empty.
    pub(super) servers: Vec<Address>,
    pub(super) tls: bool,
    pub(super) login: Option<Login>,
}

/// Parses URLs of the servers of one cluster, with commas between them.
pub(super) fn parse(urls: &str) -> Result<Parsed, SourceError> {
    let mut parsed = Parsed { servers: Vec::new(), tls: false, login: None };
    for url in urls.split(',').map(str::trim) {
        let (address, tls, login) = parse_one(url)?;
        parsed.servers.push(address);
        parsed.tls |= tls;
        match (&parsed.login, login) {
            (None, login) => parsed.login = login,
            (Some(known), Some(login)) if *known != login => {
                return Err(misconfigured("the URLs name several users, and a cluster is one to all of its servers"));
            }
            (Some(_), _) => {}
        }
    }
    Ok(parsed)
}

fn parse_one(url: &str) -> Result<(Address, bool, Option<Login>), SourceError> {
    let (scheme, rest) = url.split_once("://").unwrap_or(("nats", url));
    let tls = match scheme.to_ascii_lowercase().as_str() {
        "nats" => false,
        "tls" => true,
        _ => return Err(misconfigured("the URL is not one of NATS").with_hint(HINT)),
    };
    credentials::check(&format!("nats://{rest}"), false)?;
    let authority = rest.strip_suffix('/').unwrap_or(rest);
    if authority.is_empty() || authority.contains(['/', '?', '#', '\\']) || authority.contains(char::is_whitespace) {
        return Err(misconfigured("the URL has more than a user and a host, or has none").with_hint(HINT));
    }
    let (login, host) = match authority.rsplit_once('@') {
        None => (None, authority),
        Some((login, host)) => (Some(self::login(login)?), host),
    };
    let (host, port) = host_and_port(host, PORT)?;
    Ok((Address { host, port }, tls, login))
}

const HINT: &str = "write `nats://user:password@host:4222`, or `tls://host`; several servers with commas between them";

/// A user with a password, or a token.
fn login(text: &str) -> Result<Login, SourceError> {
    match text.split_once(':') {
        Some((user, password)) => Login::user(&decoded(user)?, &decoded(password)?),
        None => Login::token(&decoded(text)?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(host: &str, port: u16) -> Address {
        Address { host: host.to_owned(), port }
    }

    #[test]
    fn servers_with_and_without_scheme_port_and_user() {
        let parsed = parse("nats://localhost").unwrap();
        assert_eq!((parsed.servers, parsed.tls, parsed.login), (vec![address("localhost", 4222)], false, None));
        let parsed = parse("tls://app:p%40ss%2F@a:7000/, b,nats://[::1]:1").unwrap();
        assert_eq!(parsed.servers, [address("a", 7000), address("b", 4222), address("::1", 1)]);
        assert_eq!((parsed.tls, parsed.login), (true, Some(Login::user("app", "p@ss/").unwrap())));
        assert_eq!(parse("nats://a%20token@h").unwrap().login, Some(Login::token("a token").unwrap()));
        assert!(parse("u:p@a,u:p@b").is_ok());
    }

    #[test]
    fn what_is_not_valid_is_refused_without_repeating_it() {
        for url in [
            "",
            "http://hunter2",
            "ws://hunter2",
            "nats://u:hunter2@",
            "nats://u:hunter2@h:x",
            "nats://u:hun/ter2@h",
            "nats://u:hunter2#@h",
            "nats://u:hunter2%zz@h",
            "nats://:hunter2@h",
            "nats://h/hunter2",
            "nats://h?password=hunter2",
            "nats:// h",
            "nats://a,",
            "u:hunter2@a,u:hunter3@b",
        ] {
            let error = parse(url).unwrap_err();
            let shown = format!("{error:?} {error} {:?}", error.hint());
            assert!(!shown.contains("hunter2"), "{url}: {shown}");
        }
    }
}
