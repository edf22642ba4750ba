//! The built-in sources: their names, the options that each takes, and the cargo features that enable them.
//!
//! This is the only list of them. The derive, the sources, the binding and the hints of errors read it, and a test compares
//! it with the documentation of the sources. The facade `component_model` does not re-export it.

use crate::options::OptionSpec;

/// A built-in source.
///
/// ```
/// use component_model_types::built_in;
///
/// assert_eq!((built_in::FILE.name, built_in::FILE.features), ("file", &["file"][..]));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BuiltIn {
    /// The name in `fetch_from = "…"`.
    pub name: &'static str,
    /// The options that it takes, besides those of every source.
    pub options: &'static [OptionSpec],
    /// The cargo features that enable it; any one of them is enough.
    pub features: &'static [&'static str],
}

/// HTTP APIs.
pub const API: BuiltIn = BuiltIn {
    name: "api",
    options: &[
        OptionSpec::KEY,
        OptionSpec::text("url").excludes(&["key"]).template(),
        OptionSpec::text("pointer").template(),
    ],
    features: &["api"],
};

/// Consul's key/value store.
pub const CONSUL: BuiltIn = BuiltIn {
    name: "consul",
    options: &[
        OptionSpec::KEY,
        OptionSpec::text("prefix").excludes(&["key"]).template(),
        OptionSpec::text("dc").template(),
        OptionSpec::text("namespace").template(),
        // A secret, so the text is never shown.
        OptionSpec::text("token").to_connect(),
        OptionSpec::text("consistency"),
    ],
    features: &["consul"],
};

/// SQL databases.
pub const DATABASE: BuiltIn = BuiltIn {
    name: "database",
    options: &[
        OptionSpec::KEY,
        // Never a template: values for SQL are bound as parameters.
        OptionSpec::text("query").replaces(&["key"]),
        OptionSpec::list("params").requires(&["query"]).template(),
        // A value may be a password, so the text is never shown.
        OptionSpec::text("url").to_connect(),
    ],
    features: &["sqlite", "postgres", "mysql"],
};

/// Variables of the environment.
pub const ENV: BuiltIn = BuiltIn { name: "env", options: &[OptionSpec::KEY], features: &["env"] };

/// etcd.
pub const ETCD: BuiltIn = BuiltIn {
    name: "etcd",
    options: &[
        OptionSpec::KEY,
        OptionSpec::text("prefix").excludes(&["key"]).template(),
        OptionSpec::text("consistency"),
    ],
    features: &["etcd"],
};

/// Documents and plain text files.
pub const FILE: BuiltIn =
    BuiltIn { name: "file", options: &[OptionSpec::KEY, OptionSpec::text("path").template()], features: &["file"] };

/// Buckets of NATS JetStream.
pub const NATS: BuiltIn =
    BuiltIn { name: "nats", options: &[OptionSpec::KEY, OptionSpec::text("bucket").template()], features: &["nats"] };

/// Redis and Valkey.
pub const REDIS: BuiltIn = BuiltIn {
    name: "redis",
    options: &[OptionSpec::KEY, OptionSpec::text("field").template(), OptionSpec::number("db")],
    features: &["redis"],
};

/// Secrets of Vault or OpenBao.
pub const VAULT: BuiltIn = BuiltIn {
    name: "vault",
    options: &[
        OptionSpec::KEY,
        OptionSpec::text("secret").excludes(&["key"]).template(),
        OptionSpec::text("field").template(),
        OptionSpec::text("mount").template(),
        OptionSpec::number("version"),
        OptionSpec::text("namespace").template(),
    ],
    features: &["vault"],
};

/// All of them, in alphabetical order.
pub const ALL: [BuiltIn; 9] = [API, CONSUL, DATABASE, ENV, ETCD, FILE, NATS, REDIS, VAULT];

/// The built-in source with a name.
///
/// ```
/// use component_model_types::built_in;
///
/// assert!(built_in::find("file").is_some_and(|file| file.options.iter().any(|option| option.name() == "path")));
/// assert!(built_in::find("remote_api").is_none(), "not built in");
/// ```
#[must_use]
pub fn find(name: &str) -> Option<BuiltIn> {
    ALL.into_iter().find(|source| source.name == name)
}

/// The options of all built-in sources, each name once.
///
/// An option has the same kind in every source that takes it.
///
/// ```
/// use component_model_types::built_in;
///
/// let names: Vec<_> = built_in::options().map(|option| option.name()).collect();
/// assert_eq!(names[..6], ["key", "url", "pointer", "prefix", "dc", "namespace"]);
/// ```
pub fn options() -> impl Iterator<Item = &'static OptionSpec> {
    let mut options: Vec<&OptionSpec> = Vec::new();
    for option in ALL.into_iter().flat_map(|source| source.options) {
        if options.iter().all(|known| known.name() != option.name()) {
            options.push(option);
        }
    }
    options.into_iter()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn all() -> impl Iterator<Item = &'static OptionSpec> {
        ALL.into_iter().flat_map(|source| source.options)
    }

    #[test]
    fn an_option_has_the_same_kind_in_every_source() {
        for option in options() {
            let mut same_name = all().filter(|other| other.name() == option.name());
            assert!(same_name.all(|other| other.kind() == option.kind()), "{option:?}");
        }
    }

    #[test]
    fn an_option_names_only_options_of_its_own_source() {
        for source in ALL {
            let takes = |name: &&str| source.options.iter().any(|option| option.name() == *name);
            for option in source.options {
                let mut others = [option.excluded(), option.replaced(), option.prerequisites()].into_iter().flatten();
                assert!(others.all(takes), "{option:?}");
            }
        }
    }

    #[test]
    fn no_name_is_declared_twice_in_a_source() {
        for source in ALL {
            let names: std::collections::BTreeSet<_> = source.options.iter().map(OptionSpec::name).collect();
            assert_eq!(names.len(), source.options.len(), "{}", source.name);
        }
    }

    #[test]
    fn few_options_are_no_templates() {
        let fixed: BTreeSet<_> = all().filter(|option| !option.is_template()).map(OptionSpec::name).collect();
        assert_eq!(fixed, BTreeSet::from(["consistency", "db", "query", "version"]));
    }
}
