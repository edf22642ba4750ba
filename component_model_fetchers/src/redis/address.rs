//! URLs: which servers are meant, who signs in, and which database. No error repeats any of it.

use std::{fmt, path::PathBuf};

use component_model_source::SourceError;

use super::misconfigured;
use crate::{
    credentials,
    written::{decoded, host_and_port},
};

const PORT: u16 = 6379;
const SENTINEL_PORT: u16 = 26379;

/// Where a server listens.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Address {
    Tcp { host: String, port: u16 },
    Unix(PathBuf),
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp { host, port } if host.contains(':') => write!(f, "[{host}]:{port}"),
            Self::Tcp { host, port } => write!(f, "{host}:{port}"),
            Self::Unix(path) => write!(f, "{}", path.display()),
        }
    }
}

/// How the servers belong together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Topology {
    Single(Address),
    /// Sentinels, which know where the master with a name is.
    Sentinel {
        sentinels: Vec<Address>,
        master: String,
    },
    /// Some nodes of a cluster, which know the others.
    Cluster(Vec<Address>),
}

/// The servers, in the order in which the URL has them.
impl fmt::Display for Topology {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let joined = |addresses: &[Address]| addresses.iter().map(Address::to_string).collect::<Vec<_>>().join(",");
        match self {
            Self::Single(address) => address.fmt(f),
            Self::Sentinel { sentinels, master } => write!(f, "{}/{master}", joined(sentinels)),
            Self::Cluster(seeds) => f.write_str(&joined(seeds)),
        }
    }
}

/// A user, or the default one, and its password.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Login {
    pub(super) user: Option<String>,
    pub(super) password: String,
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login").field("user", &self.user.is_some()).finish_non_exhaustive()
    }
}

/// What a URL says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Parsed {
    pub(super) topology: Topology,
    pub(super) tls: bool,
    pub(super) login: Option<Login>,
    pub(super) db: u32,
}

/// The parts of a URL as they are written.
struct Written<'u> {
    authority: &'u str,
    path: &'u str,
    query: Option<&'u str>,
}

impl<'u> Written<'u> {
    fn of(rest: &'u str) -> Self {
        let (rest, query) = rest.split_once('?').map_or((rest, None), |(rest, query)| (rest, Some(query)));
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        Self { authority, path, query }
    }
}

pub(super) fn parse(url: &str) -> Result<Parsed, SourceError> {
    let Some((scheme, rest)) = url.split_once("://") else { return Err(no_scheme()) };
    credentials::check(url, false)?;
    if rest.contains(['#', '\\']) || rest.contains(char::is_whitespace) {
        return Err(misconfigured("the URL has a `#`, a `\\` or white space"));
    }
    let written = Written::of(rest);
    let (login, written_hosts) = login_and_hosts(written.authority)?;
    let asked = parameters(written.query)?;
    let (kind, tls) = kind_of(scheme)?;
    let (topology, db) = match kind {
        Kind::Single => match &hosts(written_hosts, PORT)?[..] {
            [only] => (Topology::Single(only.clone()), db_of_path(written.path)?),
            _ => {
                return Err(misconfigured("the URL names several hosts")
                    .with_hint("`redis+cluster://` is for the nodes of a cluster, `redis+sentinel://` for Sentinels"));
            }
        },
        Kind::Cluster => (Topology::Cluster(hosts(written_hosts, PORT)?), db_of_path(written.path)?),
        Kind::Sentinel => {
            let (master, db) = written.path.strip_prefix('/').unwrap_or_default().split_once('/').map_or_else(
                || (written.path.trim_start_matches('/'), Ok(None)),
                |(master, db)| (master, db_of_path(db)),
            );
            if master.is_empty() {
                return Err(misconfigured("the URL does not name the master").with_hint(
                    "write the name that the Sentinels know it by, such as `redis+sentinel://host/mymaster`",
                ));
            }
            let sentinels = hosts(written_hosts, SENTINEL_PORT)?;
            (Topology::Sentinel { sentinels, master: decoded(master)? }, db?)
        }
        Kind::Unix => (Topology::Single(Address::Unix(decoded(written.path)?.into())), None),
    };
    let db = match (db, asked) {
        (Some(_), Some(_)) => return Err(misconfigured("the URL names the database twice")),
        (db, asked) => db.or(asked).unwrap_or_default(),
    };
    if matches!(topology, Topology::Cluster(_)) && db != 0 {
        return Err(misconfigured("a cluster has only the database 0"));
    }
    Ok(Parsed { topology, tls, login, db })
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Single,
    Sentinel,
    Cluster,
    Unix,
}

fn kind_of(scheme: &str) -> Result<(Kind, bool), SourceError> {
    let scheme = scheme.to_ascii_lowercase();
    let (base, kind) = scheme.split_once('+').unwrap_or((&scheme, ""));
    let tls = matches!(base, "rediss" | "valkeys");
    match (base, kind) {
        ("unix", "") | ("redis" | "valkey", "unix" | "socket") => Ok((Kind::Unix, false)),
        ("redis" | "rediss" | "valkey" | "valkeys", "") => Ok((Kind::Single, tls)),
        ("redis" | "rediss" | "valkey" | "valkeys", "sentinel") => Ok((Kind::Sentinel, tls)),
        ("redis" | "rediss" | "valkey" | "valkeys", "cluster") => Ok((Kind::Cluster, tls)),
        _ => Err(no_scheme()),
    }
}

fn no_scheme() -> SourceError {
    misconfigured("the URL is not one of Redis").with_hint(
        "write `redis://host:6379/0`, with TLS `rediss://`; `redis+sentinel://host,host/mymaster` and `redis+cluster://host,host`",
    )
}

fn login_and_hosts(authority: &str) -> Result<(Option<Login>, &str), SourceError> {
    let Some((login, hosts)) = authority.rsplit_once('@') else { return Ok((None, authority)) };
    let Some((user, password)) = login.split_once(':') else {
        return Err(misconfigured("the URL has a user and no password")
            .with_hint("a password without a user is written `redis://:password@host`"));
    };
    let user = Some(decoded(user)?).filter(|user| !user.is_empty());
    Ok((Some(Login { user, password: decoded(password)? }), hosts))
}

fn hosts(hosts: &str, port: u16) -> Result<Vec<Address>, SourceError> {
    let address = |text| host_and_port(text, port).map(|(host, port)| Address::Tcp { host, port });
    hosts.split(',').map(address).collect()
}

fn db_of_path(path: &str) -> Result<Option<u32>, SourceError> {
    let path = path.strip_prefix('/').unwrap_or(path);
    if path.is_empty() { Ok(None) } else { db(path).map(Some) }
}

/// The number of a database.
pub(super) fn db(text: &str) -> Result<u32, SourceError> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let number = text.parse().ok().filter(|_| digits);
    number.ok_or_else(|| misconfigured("the database is not a number").with_hint("databases are numbered from 0"))
}

/// The database in the query of a URL. The version of the protocol is what other clients need, and is ignored.
fn parameters(query: Option<&str>) -> Result<Option<u32>, SourceError> {
    let mut asked = None;
    for pair in query.unwrap_or_default().split('&').filter(|pair| !pair.is_empty()) {
        match pair.split_once('=') {
            Some(("db", number)) => asked = Some(db(number)?),
            Some(("protocol", _)) => {}
            _ => {
                return Err(misconfigured("the URL has a parameter that is not known")
                    .with_hint("`db` and `protocol` are; everything else has a method of the builder"));
            }
        }
    }
    Ok(asked)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tcp(host: &str, port: u16) -> Address {
        Address::Tcp { host: host.to_owned(), port }
    }

    fn login(user: Option<&str>, password: &str) -> Option<Login> {
        Some(Login { user: user.map(str::to_owned), password: password.to_owned() })
    }

    #[test]
    fn one_server() {
        let parsed = parse("redis://localhost").unwrap();
        let expected = Parsed { topology: Topology::Single(tcp("localhost", 6379)), tls: false, login: None, db: 0 };
        assert_eq!(parsed, expected);
        let parsed = parse("rediss://app:p%40ss%2F@[::1]:7000/2?protocol=resp3").unwrap();
        let topology = Topology::Single(tcp("::1", 7000));
        assert_eq!(parsed, Parsed { topology, tls: true, login: login(Some("app"), "p@ss/"), db: 2 });
        assert_eq!(parse("valkey://:pw@h?db=3").unwrap().db, 3);
        assert_eq!(parse("redis://:pw@h/").unwrap().login, login(None, "pw"));
        assert_eq!(
            parse("unix:///run/redis.sock?db=1").unwrap().topology,
            Topology::Single(Address::Unix("/run/redis.sock".into()))
        );
    }

    #[test]
    fn sentinels_and_clusters() {
        let parsed = parse("redis+sentinel://:pw@a,b:1/my%20master/4").unwrap();
        let sentinels = vec![tcp("a", 26379), tcp("b", 1)];
        assert_eq!(parsed.topology, Topology::Sentinel { sentinels, master: "my master".to_owned() });
        assert_eq!((parsed.db, parsed.login), (4, login(None, "pw")));
        let parsed = parse("rediss+cluster://a,[::1]:7001").unwrap();
        assert_eq!(parsed.topology, Topology::Cluster(vec![tcp("a", 6379), tcp("::1", 7001)]));
        assert!(parsed.tls);
    }

    #[test]
    fn what_is_not_valid_is_refused_without_repeating_it() {
        for url in [
            "hunter2",
            "http://hunter2",
            "redis://hunter2@h",
            "redis://u:hunter2@",
            "redis://u:hunter2@h:x",
            "redis://u:hun/ter2@h",
            "redis://u:hunter2#@h",
            "redis://u:hunter2%zz@h",
            "redis://h/hunter2",
            "redis://h/-1",
            "redis://h/1?db=2",
            "redis://h?password=hunter2",
            "redis://hunter2,b",
            "redis+sentinel://hunter2",
            "redis+cluster://hunter2/1",
            "redis:// h",
        ] {
            let error = parse(url).unwrap_err();
            let shown = format!("{error:?} {error} {:?}", error.hint());
            assert!(!shown.contains("hunter2"), "{url}: {shown}");
        }
    }
}
