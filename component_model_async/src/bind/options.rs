//! Checks the options of a component against what its sources declare, so that no source has to. No I/O.

use component_model_types::{
    built_in,
    options::{self, Mistake},
    plan::Layer,
};
use serde::de::IgnoredAny;

use crate::{ErrorKind, OptionKind, OptionSpec, SourceError, registry::Registered};

/// Rejects options that the source does not read, that exclude each other, that lack a required option, or whose text is not
/// of their kind.
pub(super) fn check(layer: &Layer<'_>, registered: Option<&Registered<'_>>) -> Result<(), SourceError> {
    let options = declared(layer, registered);
    let given: Vec<_> = layer.options.iter().copied().chain(layer.key.map(|key| ("key", key))).collect();
    let names: Vec<_> = given.iter().map(|(name, _)| *name).collect();
    let declaring = options::Layer { source: layer.source, options };
    let mistakes = options::mistakes(&[declaring], &names);
    let mut messages: Vec<_> = mistakes.iter().map(|mistake| shown(mistake, &declaring)).collect();
    messages.extend(of_wrong_kind(options, &given));
    match messages.is_empty() {
        true => Ok(()),
        false => Err(SourceError::new(ErrorKind::Misconfigured, messages.join("; "))),
    }
}

/// What the source takes. One that is not set up takes what the built-in source of its name takes, if there is one; so does one
/// that stands in for it: it takes any options, or none but a key.
pub(super) fn declared(layer: &Layer<'_>, registered: Option<&Registered<'_>>) -> &'static [OptionSpec] {
    const ANY: &[OptionSpec] = &[OptionSpec::ANY];
    let own = registered.map_or(ANY, |registered| registered.source.options());
    match built_in::find(layer.source) {
        Some(known) if own == ANY || own == [OptionSpec::KEY] => known.options,
        _ => own,
    }
}

/// What is wrong; if a source has the name of a built-in one and takes other options, it says that this is another one.
fn shown(mistake: &Mistake<'_>, layer: &options::Layer<'_>) -> String {
    let text = mistake.to_string();
    let is_another = built_in::find(layer.source).is_some_and(|known| known.options != layer.options);
    match is_another && text.starts_with(&format!("`{}` does not take", layer.source)) {
        true => format!("what is registered as {text}"),
        false => text,
    }
}

/// The message never contains the text, which may be a secret.
fn of_wrong_kind(options: &[OptionSpec], given: &[(&str, &str)]) -> Vec<String> {
    let spec = |name: &str| options.iter().find(|spec| spec.name() == name);
    let wrong = |name: &str, text: &str| spec(name).filter(|spec| !accepts(spec.kind(), text));
    let wrong = given.iter().filter_map(|(name, text)| wrong(name, text));
    wrong.map(|spec| format!("`{}` takes {}", spec.name(), spec.kind().expected())).collect()
}

fn accepts(kind: OptionKind, text: &str) -> bool {
    kind.accepts(text) && (kind != OptionKind::List || serde_json::from_str::<Vec<IgnoredAny>>(text).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Answer, Asked, BreakerObserver, KeyQuery, Policies, Reply, Request, RequestSpec, Source, Sources,
        policy::guard::Guard,
        registry::{DynSource, Registered},
    };
    use component_model_types::plan::{Component, Plan};
    use std::sync::Arc;

    /// Fails to bind, so that a mistake that is reported was found before.
    struct Flags;

    impl Source for Flags {
        type Query = KeyQuery;

        const OPTIONS: &'static [OptionSpec] = &[
            OptionSpec::text("project").required(),
            OptionSpec::number("database"),
            OptionSpec::flag("fresh").excludes(&["wait"]),
            OptionSpec::duration("wait").requires(&["database"]),
            OptionSpec::list("tags"),
        ];

        fn bind(&self, _: &RequestSpec<'_>) -> Result<Request<KeyQuery>, SourceError> {
            Err(SourceError::new(ErrorKind::Other, "was asked to bind"))
        }

        async fn fetch(&self, _: Asked<'_, KeyQuery>) -> Answer {
            Ok(Reply::ABSENT)
        }
    }

    fn refused(source: &str, options: &[(&str, &str)]) -> String {
        let flags: Arc<dyn DynSource> = Arc::new(Flags);
        let guard = Arc::new(Guard::new("flags", Policies::new(), None, BreakerObserver::new(|_| {})));
        let registered = Registered { source: &flags, policies: None, guard: &guard };
        let registered = (source == "flags").then_some(registered);
        match check(&Layer { source, options, ..Layer::NEW }, registered.as_ref()) {
            Ok(()) => String::new(),
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::Misconfigured);
                error.to_string()
            }
        }
    }

    #[track_caller]
    fn assert_refused(options: &[(&str, &str)], message: &str) {
        let shown = refused("flags", options);
        assert!(shown.contains(message), "{shown}");
    }

    #[test]
    fn options_that_fit_are_accepted() {
        let options = &[("project", "shop"), ("database", "3"), ("wait", "250ms"), ("tags", r#"["a", 5]"#)];
        assert_eq!(refused("flags", options), "");
    }

    #[test]
    fn options_that_do_not_fit_together_are_refused() {
        assert_refused(&[], "`flags` needs `project`: add `project = …`");
        assert_refused(&[("project", "a"), ("wait", "1")], "`wait` needs `database`: add `database = …`");
        assert_refused(
            &[("project", "a"), ("fresh", "true"), ("wait", "1"), ("database", "3")],
            "`flags` takes `fresh` or `wait`, not both: remove one of them",
        );
        assert_refused(
            &[("project", "a"), ("databse", "3")],
            "`flags` does not take `databse`; did you mean `database`?",
        );
    }

    #[test]
    fn text_of_another_kind_is_refused_and_not_repeated() {
        for (options, message) in [
            (&[("project", "a"), ("database", "hunter2")][..], "`database` takes a number"),
            (&[("project", "a"), ("fresh", "hunter2")], "`fresh` takes `true` or `false`"),
            (
                &[("project", "a"), ("wait", "hunter2"), ("database", "3")],
                "`wait` takes a number of seconds or a duration",
            ),
            (&[("project", "a"), ("tags", "[hunter2]")], "`tags` takes a JSON list"),
        ] {
            assert_refused(options, message);
            assert!(!refused("flags", options).contains("hunter2"));
        }
    }

    #[test]
    fn all_mistakes_of_a_layer_are_in_one_error() {
        assert_refused(
            &[("fresh", "maybe")],
            "`flags` needs `project`: add `project = …`; `fresh` takes `true` or `false`",
        );
    }

    #[test]
    fn a_source_that_is_not_set_up_takes_what_its_name_tells() {
        assert_eq!(refused("other", &[("colour", "red")]), "");
        assert_eq!(refused("env", &[("colour", "red")]), "`env` does not take `colour`; it takes `key`");
    }

    #[test]
    fn options_are_checked_before_the_source_is_asked_to_bind() {
        const FLAGS: Layer<'static> = Layer { source: "flags", ..Layer::NEW };
        const ALONE: Component<'static> = Component { name: "dark_mode", layers: &[FLAGS], ..Component::NEW };
        const PLAN: &Plan<'static> = &Plan { name: "AppConfig", components: &[ALONE], ..Plan::NEW };
        let sources = Sources::builder().source("flags", Flags).build();
        let errors = sources.bind(PLAN).err().map(|errors| errors.to_string()).unwrap_or_default();
        assert!(errors.contains("`flags` needs `project`") && !errors.contains("was asked to bind"), "{errors}");
    }
}
