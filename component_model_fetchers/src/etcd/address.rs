//! Where the members of a cluster listen. No error repeats an address, which may hold a password.

use component_model_source::SourceError;
use url::Url;

use super::misconfigured;

/// Where a member listens unless something else is set.
pub(super) const DEFAULT: &str = "127.0.0.1:2379";

/// Addresses separated by commas, each as etcd's own client takes it: with a scheme, or only a host and a port.
pub(super) fn parse_list(text: &str, tls: bool) -> Result<Vec<Url>, SourceError> {
    let endpoints: Vec<_> = text.split(',').map(|one| parse(one.trim(), tls)).collect::<Result<_, _>>()?;
    // Twice the same member would be asked twice.
    let mut known = Vec::with_capacity(endpoints.len());
    for endpoint in endpoints {
        if !known.contains(&endpoint) {
            known.push(endpoint);
        }
    }
    Ok(known)
}

fn parse(text: &str, tls: bool) -> Result<Url, SourceError> {
    let written = match text.split_once("://") {
        Some(("unix" | "unixs", _)) => {
            return Err(misconfigured("the endpoint is a Unix socket, which is not supported")
                .with_hint("let the server listen on TCP too, such as `127.0.0.1:2379`"));
        }
        Some(_) => text.to_owned(),
        None => format!("{}://{text}", if tls { "https" } else { "http" }),
    };
    let url = Url::parse(&written).map_err(|error| misconfigured("the endpoint is not valid").with_cause(error))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(misconfigured("the endpoint is neither http nor https")
            .with_hint("write it as `https://etcd.service:2379`, or as `127.0.0.1:2379`"));
    }
    if !url.username().is_empty() || url.password().is_some() || text.contains('@') {
        return Err(misconfigured("the endpoint has a user or a password")
            .with_hint("set ETCDCTL_USER, or use `login` of the builder"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(misconfigured("the endpoint has a query or a fragment"));
    }
    if url.path().split('/').any(|segment| segment == "v3") {
        return Err(misconfigured("the endpoint has `/v3`, which the source adds")
            .with_hint("write it as `https://etcd.service:2379`"));
    }
    Ok(url)
}

/// The URL of a method of the gateway, such as `kv/range`.
pub(super) fn of_method(endpoint: &Url, method: &str) -> Url {
    let mut url = endpoint.clone();
    // An http URL always has a path.
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().push("v3").extend(method.split('/'));
    }
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_has_a_scheme_or_none_and_there_may_be_several() {
        for (text, tls, expected) in [
            ("127.0.0.1:2379", false, &["http://127.0.0.1:2379/"][..]),
            ("127.0.0.1:2379", true, &["https://127.0.0.1:2379/"]),
            ("[::1]:2379", false, &["http://[::1]:2379/"]),
            ("http://a:1", true, &["http://a:1/"]),
            ("a:1, b:2,https://c:3", false, &["http://a:1/", "http://b:2/", "https://c:3/"]),
            ("a:1,a:1,http://a:1/", false, &["http://a:1/"]),
        ] {
            let endpoints: Vec<_> = parse_list(text, tls).unwrap().into_iter().map(String::from).collect();
            assert_eq!(endpoints, expected, "{text}");
        }
    }

    #[test]
    fn what_is_not_an_endpoint_is_refused_without_repeating_it() {
        for text in [
            "unix://hunter2.sock",
            "ftp://hunter2",
            "http://me:hunter2@h",
            "me:hunter2@h:2379",
            "h:2379?hunter2",
            "h:2379#hunter2",
            "h:hunter2",
            "http://hunter2/v3",
            "a:1,,hunter2:1",
            "",
        ] {
            let error = parse_list(text, false).unwrap_err();
            assert!(!format!("{error:?} {error} {:?}", error.hint()).contains("hunter2"), "{text}: {error:?}");
        }
    }

    #[test]
    fn methods_are_below_the_endpoint() {
        let url = |endpoint: &str| of_method(&parse(endpoint, false).unwrap(), "kv/range").to_string();
        assert_eq!(url("h:2379"), "http://h:2379/v3/kv/range");
        assert_eq!(url("https://gateway/etcd/"), "https://gateway/etcd/v3/kv/range");
    }
}
