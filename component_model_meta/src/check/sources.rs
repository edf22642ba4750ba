//! Which option suits which source. A name that is not built in is the user's own and may take everything.

use component_model_types::{built_in, options::OptionSpec};

use super::keys::quoted;

/// Pairs of which one source uses only the first.
pub(crate) const EXCLUDING: [(&str, &str); 2] = [("query", "key"), ("url", "key")];

/// Why none of the sources takes the option, if so.
pub(crate) fn refuse(sources: &[String], option: &str) -> Option<String> {
    if sources.iter().any(|source| takes(source, option)) {
        return None;
    }
    match sources {
        [source] => Some(format!("`{source}` does not take `{option}`; it takes {}", quoted(&names(options(source)?)))),
        _ => Some(format!("none of {} takes `{option}`", quoted(sources))),
    }
}

/// Whether `second` is of no use beside `first`: no source that takes it would look at it.
///
/// In `fetch_from = ["env", "database"]` the one takes the key and the other the query, so both are welcome.
pub(crate) fn exclude(sources: &[String], first: &str, second: &str) -> bool {
    !sources.iter().any(|source| takes(source, second) && !takes(source, first))
}

fn takes(source: &str, option: &str) -> bool {
    options(source).is_none_or(|options| options.iter().any(|known| known.name() == option))
}

fn names(options: &[OptionSpec]) -> Vec<&'static str> {
    options.iter().map(OptionSpec::name).collect()
}

fn options(source: &str) -> Option<&'static [OptionSpec]> {
    built_in::find(source).map(|source| source.options)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(sources: &[&str]) -> Vec<String> {
        sources.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_layer_takes_what_one_of_its_sources_takes() {
        assert_eq!(refuse(&named(&["env", "database"]), "query"), None);
        assert_eq!(refuse(&named(&["env", "my_own"]), "url"), None);
        assert_eq!(refuse(&named(&["env", "file"]), "query").as_deref(), Some("none of `env`, `file` takes `query`"));
    }

    #[test]
    fn keys_exclude_each_other_only_where_no_source_wants_the_second() {
        assert!(exclude(&named(&["database"]), "query", "key"));
        assert!(exclude(&named(&["my_own"]), "query", "key"));
        assert!(!exclude(&named(&["env", "database"]), "query", "key"));
    }
}
