//! The rules between the options of a component and the sources that it names.
//!
//! The derive and the engine apply them; the facade `component_model` does not re-export them.
//!
//! What always holds: an option that no source reads is a mistake, so that no option is ignored. Exclusions and
//! requirements hold within one source. No message contains the value of an option.

use std::fmt;

use super::OptionSpec;
use crate::text::{list_of, nearest_of};

/// One of a component's sources, and the options that it takes.
///
/// An unknown source takes [`OptionSpec::ANY`].
///
/// ```
/// use component_model_types::{built_in, options::Layer};
///
/// let env = Layer { source: "env", options: built_in::ENV.options };
/// assert!(env.takes("key") && !env.takes("url"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layer<'a> {
    /// The name of the source, as `fetch_from` writes it.
    pub source: &'a str,
    /// The options that it takes.
    pub options: &'a [OptionSpec],
}

impl<'a> Layer<'a> {
    /// Whether the source takes an option.
    ///
    /// ```
    /// use component_model_types::options::{Layer, OptionSpec};
    ///
    /// assert!(Layer { source: "stub", options: &[OptionSpec::ANY] }.takes("url"));
    /// ```
    #[must_use]
    pub fn takes(&self, option: &str) -> bool {
        self.options.iter().any(|spec| spec.is_any() || spec.name() == option)
    }

    /// The given options that the source declares.
    fn given(&self, given: &[&str]) -> impl Iterator<Item = &'a OptionSpec> {
        self.options.iter().filter(|spec| given.contains(&spec.name()))
    }

    /// The given option because of which the source ignores another one.
    fn replaces(&self, option: &str, given: &[&str]) -> Option<&'static str> {
        self.given(given).find(|spec| spec.replaced().contains(&option)).map(OptionSpec::name)
    }
}

/// What is wrong with one option of a component; its `Display` states what to do.
///
/// ```
/// use component_model_types::{built_in, options::{Layer, mistakes}};
///
/// let env = Layer { source: "env", options: built_in::ENV.options };
/// let mistakes = mistakes(&[env], &["url"]);
/// assert_eq!(mistakes[0].option(), "url");
/// assert_eq!(mistakes[0].to_string(), "`env` does not take `url`; it takes `key`");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake<'a> {
    option: &'a str,
    message: String,
}

impl<'a> Mistake<'a> {
    fn new(option: &'a str, message: String) -> Self {
        Self { option, message }
    }

    /// The option that is wrong or missing.
    ///
    /// ```
    /// use component_model_types::options::{Layer, OptionSpec, mistakes};
    ///
    /// let vault = Layer { source: "vault", options: &[OptionSpec::text("secret").required()] };
    /// assert_eq!(mistakes(&[vault], &[])[0].option(), "secret");
    /// ```
    #[must_use]
    pub fn option(&self) -> &'a str {
        self.option
    }
}

impl fmt::Display for Mistake<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// All mistakes in the options of a component with these sources.
///
/// An option is valid if one of the sources reads it. Exclusions and requirements of a source apply only to that
/// source.
///
/// ```
/// use component_model_types::{built_in, options::{Layer, mistakes}};
///
/// let [api, env] = [built_in::API, built_in::ENV].map(|source| Layer { source: source.name, options: source.options });
/// assert!(mistakes(&[env, api], &["key", "pointer"]).is_empty());
/// assert_eq!(mistakes(&[api], &["url", "key"])[0].to_string(), "`api` takes `url` or `key`, not both: remove one of them");
/// ```
#[must_use]
pub fn mistakes<'a>(layers: &[Layer<'a>], given: &[&'a str]) -> Vec<Mistake<'a>> {
    let mut mistakes: Vec<_> = given.iter().filter_map(|option| unread(layers, option, given)).collect();
    for mistake in layers.iter().flat_map(|layer| within(layer, given)) {
        // Two layers may have the same mistake.
        if !mistakes.contains(&mistake) {
            mistakes.push(mistake);
        }
    }
    mistakes
}

/// An option that no source reads.
fn unread<'a>(layers: &[Layer<'a>], option: &'a str, given: &[&str]) -> Option<Mistake<'a>> {
    let mut replacing = None;
    for layer in layers.iter().filter(|layer| layer.takes(option)) {
        replacing = Some(layer.replaces(option, given)?);
    }
    let message = match replacing {
        Some(other) => format!("`{option}` has no effect together with `{other}`: remove one of them"),
        None => not_taken(layers, option),
    };
    Some(Mistake::new(option, message))
}

fn not_taken(layers: &[Layer<'_>], option: &str) -> String {
    let sources: Vec<_> = layers.iter().map(|layer| layer.source).collect();
    let mut known: Vec<&str> = Vec::new();
    for name in layers.iter().flat_map(|layer| layer.options).map(OptionSpec::name) {
        if !known.contains(&name) {
            known.push(name);
        }
    }
    let (verb, pronoun) = if sources.len() == 1 { ("does", "it takes") } else { ("do", "they take") };
    let refused = format!("{} {verb} not take `{option}`", list_of(&sources));
    match nearest_of(option, &known) {
        Some(name) => format!("{refused}; did you mean `{name}`?"),
        None => format!("{refused}; {pronoun} {}", list_of(&known)),
    }
}

/// The mistakes for one source.
fn within<'a>(layer: &Layer<'a>, given: &[&str]) -> Vec<Mistake<'a>> {
    let (source, options) = (layer.source, layer.options);
    let mut mistakes = Vec::new();
    for spec in options.iter().filter(|spec| spec.is_required() && !given.contains(&spec.name())) {
        mistakes.push(Mistake::new(spec.name(), format!("`{source}` needs `{0}`: add `{0} = …`", spec.name())));
    }
    for spec in layer.given(given) {
        let name = spec.name();
        for other in spec.excluded().iter().filter(|other| given.contains(other) && layer.takes(other)) {
            let message = format!("`{source}` takes `{name}` or `{other}`, not both: remove one of them");
            mistakes.push(Mistake::new(other, message));
        }
        for other in spec.prerequisites().iter().filter(|other| !given.contains(other)) {
            mistakes.push(Mistake::new(name, format!("`{name}` needs `{other}`: add `{other} = …`")));
        }
    }
    mistakes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::built_in::{API, BuiltIn, DATABASE, ENV, FILE};

    const OWN: Layer<'_> = Layer { source: "my_own", options: &[OptionSpec::ANY] };

    fn layer(source: BuiltIn) -> Layer<'static> {
        Layer { source: source.name, options: source.options }
    }

    fn messages(layers: &[Layer<'_>], given: &[&str]) -> Vec<String> {
        mistakes(layers, given).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn an_option_is_valid_if_one_layer_takes_it() {
        assert!(messages(&[layer(ENV), layer(DATABASE)], &["query"]).is_empty());
        assert!(messages(&[layer(ENV), OWN], &["url", "key", "anything"]).is_empty());
        let neither = messages(&[layer(ENV), layer(FILE)], &["query"]);
        assert_eq!(neither, ["`env` and `file` do not take `query`; they take `key` and `path`"]);
    }

    #[test]
    fn a_source_without_options_says_that_it_takes_nothing() {
        let clock = Layer { source: "clock", options: &[] };
        assert_eq!(messages(&[clock], &["key"]), ["`clock` does not take `key`; it takes nothing"]);
    }

    #[cfg(feature = "nearest")]
    #[test]
    fn a_misspelt_option_is_answered_with_the_nearest() {
        let flags = Layer { source: "flags", options: &[OptionSpec::KEY, OptionSpec::number("database")] };
        assert_eq!(messages(&[flags], &["databse"]), ["`flags` does not take `databse`; did you mean `database`?"]);
    }

    #[test]
    fn a_replaced_option_must_be_read_by_another_layer() {
        assert!(messages(&[layer(ENV), layer(DATABASE)], &["query", "key"]).is_empty());
        assert!(messages(&[layer(DATABASE), OWN], &["query", "key"]).is_empty());
        let alone = mistakes(&[layer(DATABASE)], &["query", "key"]);
        assert_eq!(alone.iter().map(Mistake::option).collect::<Vec<_>>(), ["key"]);
        assert_eq!(alone[0].to_string(), "`key` has no effect together with `query`: remove one of them");
    }

    #[test]
    fn an_exclusion_holds_within_its_source() {
        let both = ["`api` takes `url` or `key`, not both: remove one of them"];
        assert_eq!(messages(&[layer(API)], &["key", "url"]), both);
        assert_eq!(messages(&[layer(ENV), layer(API)], &["key", "url"]), both);
        let without_key = Layer { source: "web", options: &[OptionSpec::text("url").excludes(&["key"])] };
        assert!(messages(&[layer(ENV), without_key], &["key", "url"]).is_empty());
    }

    #[test]
    fn a_requirement_holds_where_the_option_is_taken_and_is_reported_once() {
        assert_eq!(
            messages(&[layer(DATABASE), layer(DATABASE)], &["params"]),
            ["`params` needs `query`: add `query = …`"]
        );
        assert!(messages(&[layer(DATABASE)], &["params", "query"]).is_empty());
        assert!(messages(&[OWN], &["params"]).is_empty());
    }

    #[test]
    fn a_required_option_is_missed_in_each_source_that_requires_it() {
        let vault = Layer { source: "vault", options: &[OptionSpec::KEY, OptionSpec::text("secret").required()] };
        assert_eq!(messages(&[layer(ENV), vault], &["key"]), ["`vault` needs `secret`: add `secret = …`"]);
        assert!(messages(&[layer(ENV), vault], &["key", "secret"]).is_empty());
        assert!(messages(&[OWN], &[]).is_empty());
    }

    #[test]
    fn all_mistakes_are_found_together() {
        let found = messages(&[layer(DATABASE)], &["params", "path"]);
        let expected = [
            "`database` does not take `path`; it takes `key`, `query`, `params` and `url`",
            "`params` needs `query`: add `query = …`",
        ];
        assert_eq!(found, expected);
    }
}
