//! What is wrong with a component whatever its sources are.
//!
//! The derive reports these mistakes at the attributes, and binding reports them for every plan: one that was created at run
//! time may contain what the derive rejects. No message contains the text of an option, a default or a fallback.

use std::{fmt, time::Duration};

use super::{Component, FallbackOn, Layer, Plan, Policy, Prefix};
use crate::{
    built_in,
    text::{self, list_of},
};

/// One mistake; its `Display` says what to do.
///
/// ```
/// use component_model::plan::{Policy, mistakes};
/// use std::time::Duration;
///
/// let found = mistakes::of_policy(&Policy { timeout: Some(Duration::ZERO), ..Policy::NEW });
/// assert_eq!((found[0].setting(), found[0].position()), ("timeout", None));
/// assert_eq!(found[0].to_string(), "`timeout` cannot be zero: write a longer time, or leave it out");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    setting: &'static str,
    position: Option<usize>,
    message: String,
}

impl Mistake {
    fn new(setting: &'static str, message: impl Into<String>) -> Self {
        Self { setting, position: None, message: message.into() }
    }

    fn at(self, position: usize) -> Self {
        Self { position: Some(position), ..self }
    }

    /// The setting of the attribute that is wrong, such as `timeout`; `fetch_from` for a layer.
    ///
    /// ```
    /// use component_model::plan::{FallbackOn, Policy, mistakes};
    ///
    /// let found = mistakes::of_policy(&Policy { fallback_on: FallbackOn::Any, ..Policy::NEW });
    /// assert_eq!(found[0].setting(), "fallback_on");
    /// ```
    #[must_use]
    pub fn setting(&self) -> &'static str {
        self.setting
    }

    /// The position of the layer, the kind or the name that is wrong, if the setting is a list.
    ///
    /// ```
    /// use component_model::plan::{Layer, mistakes};
    ///
    /// let env = Layer { source: "env", ..Layer::NEW };
    /// assert_eq!(mistakes::of_layers(&[env, env])[0].position(), Some(1));
    /// ```
    #[must_use]
    pub fn position(&self) -> Option<usize> {
        self.position
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// The mistakes in a component: in its layers, in its policies, and in settings that have no effect on it.
///
/// ```
/// use component_model::plan::{Component, Nested, mistakes};
///
/// let nested = Component { name: "pool", nested: Some(Nested::NEW), depends_on: &["region"], ..Component::NEW };
/// let found = mistakes::of_component(&nested);
/// assert_eq!(found[0].to_string(), "`depends_on` has no effect on a nested component: write it on those of its plan");
/// ```
#[must_use]
pub fn of_component(component: &Component<'_>) -> Vec<Mistake> {
    let mut mistakes = Vec::new();
    if component.nested.is_some() {
        if !component.layers.is_empty() {
            let message = "a nested component has no source of its own: write the layers in its plan";
            mistakes.push(Mistake::new("fetch_from", message));
        }
        mistakes.extend(without_effect(component, "on a nested component: write it on those of its plan"));
    } else if component.layers.is_empty() {
        mistakes.extend(without_effect(component, "without a source: add a layer"));
    } else {
        mistakes.extend(of_layers(component.layers));
        mistakes.extend(of_policy(&component.policy));
        let fallback_to = component.policy.fallback_to.as_ref();
        mistakes.extend(fallback_to.and_then(|fallback_to| of_fallback_to(component.layers, fallback_to)));
        mistakes.extend(of_depends_on(component.depends_on));
    }
    if (component.nested.is_some() || !component.layers.is_empty()) && !is_name(component.name) {
        let message = "the name of a component is not empty, and has no `.`, `{`, `}`, space or control character";
        mistakes.push(Mistake::new("name", message));
    }
    mistakes
}

/// The mistakes in the layers of a component: one that is there twice, and options that are.
///
/// ```
/// use component_model::plan::{Layer, mistakes};
///
/// let layer = Layer { source: "consul", options: &[("key", "app/port")], ..Layer::NEW };
/// assert_eq!(mistakes::of_layers(&[layer])[0].to_string(), "`key` is not an option of `consul`: write it as the layer's key");
/// ```
#[must_use]
pub fn of_layers(layers: &[Layer<'_>]) -> Vec<Mistake> {
    let mut mistakes = Vec::new();
    for (position, layer) in layers.iter().enumerate() {
        let source = layer.source;
        if layers[..position].contains(layer) {
            let message = format!(
                "the source `{source}` is named twice: remove one of them, or give each its own key, as \
                 `{source}(key = \"…\")`"
            );
            mistakes.push(Mistake::new("fetch_from", message).at(position));
        }
        for (index, (name, _)) in layer.options.iter().enumerate() {
            let message = match *name {
                "key" => format!("`key` is not an option of `{source}`: write it as the layer's key"),
                name if layer.options[..index].iter().any(|(known, _)| *known == name) => {
                    format!("`{name}` is given twice to `{source}`: remove one of them")
                }
                _ => continue,
            };
            mistakes.push(Mistake::new("fetch_from", message).at(position));
        }
    }
    mistakes
}

/// The mistake in a `fallback_to` that names a source of the component itself: if that cannot answer, it cannot answer a
/// second time either. A built-in source with another `path` or `url` is another place, with another key it is not. Any
/// other source may be another place with another key.
///
/// ```
/// use component_model::plan::{Layer, mistakes};
///
/// let file = Layer { source: "file", key: Some("port"), options: &[("path", "shop.toml")] };
/// let same = Layer { key: Some("old_port"), ..file };
/// let found = mistakes::of_fallback_to(&[file], &same).unwrap();
/// assert_eq!(found.setting(), "fallback_to");
/// let other = Layer { options: &[("path", "backup.toml")], ..file };
/// assert!(mistakes::of_fallback_to(&[file], &other).is_none());
/// ```
#[must_use]
pub fn of_fallback_to(layers: &[Layer<'_>], fallback_to: &Layer<'_>) -> Option<Mistake> {
    let source = fallback_to.source;
    let place = |layer: &Layer<'_>| {
        let option = |name| layer.options.iter().find(|(known, _)| *known == name).map(|(_, text)| (*text).to_owned());
        (option("path"), option("url"))
    };
    let is_same = |layer: &&Layer<'_>| match built_in::find(source) {
        Some(_) => layer.source == source && place(layer) == place(fallback_to),
        None => *layer == fallback_to,
    };
    layers.iter().find(is_same)?;
    let message = format!(
        "`fallback_to` names `{source}`, which the component is fetched from: it is used if that cannot answer, so name \
         another source, or write the value of last resort as `fallback = …`"
    );
    Some(Mistake::new("fallback_to", message))
}

/// The mistakes in the policies of a component that is fetched.
///
/// ```
/// use component_model::plan::{FallbackOn, Policy, mistakes};
///
/// let on = FallbackOn::Kinds(&["unreachabel"]);
/// let found = mistakes::of_policy(&Policy { fallback: Some("eu"), fallback_on: on, ..Policy::NEW });
/// assert_eq!((found[0].setting(), found[0].position()), ("fallback_on", Some(0)));
/// ```
#[must_use]
pub fn of_policy(policy: &Policy<'_>) -> Vec<Mistake> {
    let mut mistakes = Vec::new();
    for (name, _) in policy.durations().into_iter().filter(|(_, duration)| *duration == Some(Duration::ZERO)) {
        let message = format!("`{name}` cannot be zero: write a longer time, or leave it out");
        mistakes.push(Mistake::new(name, message));
    }
    if policy.retry_attempts == Some(0) {
        let message = "`retry_attempts` counts the first attempt too, so it is at least 1, which retries nothing";
        mistakes.push(Mistake::new("retry_attempts", message));
    }
    let ordered = [
        ("retry_backoff", policy.retry_backoff, "retry_max_backoff", policy.retry_max_backoff),
        ("refresh_ahead", policy.refresh_ahead, "ttl", policy.ttl),
        ("timeout", policy.timeout, "deadline", policy.deadline),
    ];
    for (short, first, long, second) in ordered {
        if let (Some(first), Some(second)) = (first, second)
            && first > second
            && !second.is_zero()
        {
            mistakes.push(Mistake::new(short, format!("`{short}` is longer than `{long}`")));
        }
    }
    if policy.fallback_on != FallbackOn::CannotAnswer && policy.fallback.is_none() {
        let message = "`fallback_on` has no effect without a `fallback`: add `fallback = …`";
        mistakes.push(Mistake::new("fallback_on", message));
    }
    if let FallbackOn::Kinds(kinds) = policy.fallback_on {
        mistakes.extend(of_kinds(kinds, policy.default.is_some()));
    }
    mistakes
}

fn of_kinds(kinds: &[&str], has_default: bool) -> Vec<Mistake> {
    if kinds.is_empty() {
        let message = "`fallback_on` names no failure, so the fallback is never used: name kinds such as `\"absent\"`";
        return vec![Mistake::new("fallback_on", message)];
    }
    let mut mistakes = Vec::new();
    for (position, kind) in kinds.iter().enumerate() {
        let message = match *kind {
            "any" => "`any` stands for all kinds: write `fallback_on = \"any\"`, without a list".to_owned(),
            kind if !FallbackOn::KINDS.contains(&kind) => unknown_kind(kind),
            kind if kinds[..position].contains(&kind) => format!("`{kind}` is named twice: remove one of them"),
            "absent" if has_default => {
                "`absent` has no effect beside a `default`, which is used for absence: remove one of them".to_owned()
            }
            _ => continue,
        };
        mistakes.push(Mistake::new("fallback_on", message).at(position));
    }
    mistakes
}

fn unknown_kind(kind: &str) -> String {
    let known: Vec<_> = FallbackOn::KINDS.into_iter().chain(["any"]).collect();
    match text::nearest_of(kind, &known) {
        Some(near) => format!("`{kind}` is not a kind of failure; did you mean `{near}`?"),
        None => format!("`{kind}` is not a kind of failure; the kinds are `any`, {}", list_of(&FallbackOn::KINDS)),
    }
}

/// The names that are twice in a `depends_on`.
///
/// ```
/// use component_model::plan::mistakes;
///
/// assert_eq!(mistakes::of_depends_on(&["pool", "region", "pool"])[0].position(), Some(2));
/// ```
#[must_use]
pub fn of_depends_on(names: &[&str]) -> Vec<Mistake> {
    let twice = |(position, name): (usize, &&str)| {
        let message = format!("`depends_on` names `{name}` twice: remove one of them");
        names[..position].contains(name).then(|| Mistake::new("depends_on", message).at(position))
    };
    names.iter().enumerate().filter_map(twice).collect()
}

/// The sources to which a prefix gives more than one text. The texts are not looked at: [`path::mistake`](super::path::mistake)
/// does.
///
/// ```
/// use component_model::plan::{Prefix, mistakes};
///
/// let found = mistakes::of_prefix(&Prefix { every: "", of: &[("env", "shop"), ("env", "SHOP")] });
/// assert_eq!((found[0].setting(), found[0].position()), ("prefix", Some(1)));
/// ```
#[must_use]
pub fn of_prefix(prefix: &Prefix<'_>) -> Vec<Mistake> {
    let sources: Vec<_> = prefix.of.iter().map(|(source, _)| *source).collect();
    let twice = |(position, source): (usize, &&str)| {
        let message = format!("`prefix` gives the prefix of `{source}` twice: remove one of them");
        sources[..position].contains(source).then(|| Mistake::new("prefix", message).at(position))
    };
    sources.iter().enumerate().filter_map(twice).collect()
}

/// The settings of a component that is not fetched itself.
fn without_effect(component: &Component<'_>, why: &str) -> Vec<Mistake> {
    let policy = &component.policy;
    let durations = policy.durations().map(|(name, duration)| (name, duration.is_some()));
    let settings = [
        ("retry_attempts", policy.retry_attempts.is_some()),
        ("circuit_breaker", policy.circuit_breaker.is_some()),
        ("fallback_to", policy.fallback_to.is_some()),
        ("default", policy.default.is_some()),
        ("fallback", policy.fallback.is_some()),
        ("fallback_on", policy.fallback_on != FallbackOn::CannotAnswer),
        ("depends_on", !component.depends_on.is_empty()),
        ("validate", component.validated),
    ];
    let given = durations.into_iter().chain(settings).filter(|(_, is_given)| *is_given);
    given.map(|(setting, _)| Mistake::new(setting, format!("`{setting}` has no effect {why}"))).collect()
}

/// The names that more than one component of a plan has, of those that are fetched or nested. Those of nested plans are not
/// looked at.
///
/// ```
/// use component_model::plan::{Component, Layer, Plan, mistakes};
///
/// let port = Component { name: "port", layers: &[Layer { source: "env", ..Layer::NEW }], ..Component::NEW };
/// let plan = Plan { components: &[port, port], ..Plan::NEW };
/// assert_eq!(mistakes::names_given_twice(&plan), ["port"]);
/// ```
#[must_use]
pub fn names_given_twice<'p>(plan: &Plan<'p>) -> Vec<&'p str> {
    let read = plan.components.iter().filter(|component| component.nested.is_some() || !component.layers.is_empty());
    let mut names: Vec<_> = read.map(|component| component.name).collect();
    names.sort_unstable();
    let mut twice: Vec<_> = names.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| pair[0]).collect();
    twice.dedup();
    twice
}

/// Names are joined by dots, and are written in the braces of templates.
fn is_name(name: &str) -> bool {
    let is_part = |one: char| !(one.is_control() || one.is_whitespace() || matches!(one, '.' | '{' | '}'));
    !name.is_empty() && name.chars().all(is_part)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{DefaultValue, Nested};

    const ENV: Layer<'static> = Layer { source: "env", ..Layer::NEW };

    fn messages(component: &Component<'_>) -> Vec<String> {
        of_component(component).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_component_that_the_derive_accepts_has_none() {
        let layers = &[Layer { key: Some("A"), ..ENV }, Layer { options: &[("a", "1"), ("b", "1")], ..ENV }, ENV];
        let policy = Policy {
            timeout: Some(Duration::from_nanos(1)),
            default: Some(DefaultValue::Literal("1")),
            fallback: Some("2"),
            fallback_on: FallbackOn::Kinds(&["timeout", "denied"]),
            ..Policy::NEW
        };
        let fetched =
            Component { name: "db-url", layers, policy, depends_on: &["a"], validated: true, ..Component::NEW };
        let nested = Component { name: "pool", nested: Some(Nested::NEW), ..Component::NEW };
        for component in [fetched, nested, Component::NEW] {
            assert_eq!(messages(&component), [""; 0]);
        }
    }

    #[test]
    fn settings_without_effect_are_all_found() {
        let policy = Policy { timeout: Some(Duration::ZERO), fallback: Some("1"), ..Policy::NEW };
        let alone = Component { name: "a", policy, depends_on: &["b"], validated: true, ..Component::NEW };
        let settings = |component| of_component(component).iter().map(Mistake::setting).collect::<Vec<_>>();
        assert_eq!(settings(&alone), ["timeout", "fallback", "depends_on", "validate"]);
        let nested = Component { nested: Some(Nested::NEW), layers: &[ENV], ..alone };
        assert_eq!(settings(&nested), ["fetch_from", "timeout", "fallback", "depends_on", "validate"]);
    }

    #[test]
    fn durations_that_contradict_each_other_are_found() {
        let second = Some(Duration::from_secs(1));
        let longer = Some(Duration::from_secs(2));
        let found = |policy| of_policy(&policy).iter().map(Mistake::setting).collect::<Vec<_>>();
        assert_eq!(
            found(Policy { retry_backoff: longer, retry_max_backoff: second, ..Policy::NEW }),
            ["retry_backoff"]
        );
        assert_eq!(found(Policy { refresh_ahead: longer, ttl: second, ..Policy::NEW }), ["refresh_ahead"]);
        assert_eq!(found(Policy { timeout: longer, deadline: second, ..Policy::NEW }), ["timeout"]);
        assert_eq!(found(Policy { timeout: second, deadline: second, ..Policy::NEW }), [""; 0]);
        let zero = Some(Duration::ZERO);
        let zeros = Policy { retry_attempts: Some(0), ttl: zero, stale_for: zero, ..Policy::NEW };
        assert_eq!(found(zeros), ["ttl", "stale_for", "retry_attempts"]);
    }

    #[test]
    fn what_is_there_twice_is_found_at_its_position() {
        let twice = Layer { options: &[("a", "1"), ("b", "1"), ("a", "2"), ("key", "c4nary")], ..ENV };
        let found = of_layers(&[ENV, twice, ENV]);
        let shown: Vec<_> = found.iter().map(|mistake| (mistake.position(), mistake.to_string())).collect();
        let expected = [
            (Some(1), "`a` is given twice to `env`: remove one of them"),
            (Some(1), "`key` is not an option of `env`: write it as the layer's key"),
            (
                Some(2),
                "the source `env` is named twice: remove one of them, or give each its own key, as `env(key = \"…\")`",
            ),
        ];
        assert_eq!(shown, expected.map(|(position, text)| (position, text.to_owned())));
    }

    #[test]
    fn a_fallback_that_can_never_be_used_is_a_mistake() {
        let found =
            |policy: Policy<'_>| of_policy(&policy).iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
        let on = |kinds| Policy { fallback: Some("1"), fallback_on: FallbackOn::Kinds(kinds), ..Policy::NEW };
        assert!(found(on(&[])).contains("names no failure"));
        assert!(found(on(&["odd"])).contains("`odd` is not a kind of failure"));
        assert!(found(on(&["timeout", "any"])).contains("`any` stands for all kinds"));
        assert!(found(on(&["timeout", "timeout"])).contains("`timeout` is named twice"));
        assert!(found(Policy { fallback: None, ..on(&["timeout"]) }).contains("no effect without a `fallback`"));
        let default = Some(DefaultValue::OfType);
        assert!(found(Policy { default, ..on(&["timeout", "absent"]) }).contains("`absent` has no effect beside"));
        assert_eq!(found(Policy { default, ..on(&["timeout"]) }), "");
        assert_eq!(found(on(&["absent"])), "");
    }

    #[test]
    fn a_source_does_not_stand_in_for_itself() {
        const OWN: Layer<'static> = Layer { source: "consul", ..Layer::NEW };
        const FILE: Layer<'static> = Layer { source: "file", ..Layer::NEW };
        let found = |fallback_to: Layer<'static>| {
            let policy = Policy { fallback_to: Some(fallback_to), ..Policy::NEW };
            messages(&Component { name: "a", layers: &[OWN, FILE], policy, ..Component::NEW }).len()
        };
        assert_eq!((found(OWN), found(FILE), found(Layer { key: Some("b"), ..FILE })), (1, 1, 1));
        // Another place: of a source of the user's own, the key may name it.
        assert_eq!((found(ENV), found(Layer { key: Some("b"), ..OWN })), (0, 0));
        assert_eq!(found(Layer { options: &[("path", "b.toml")], ..FILE }), 0);
    }

    #[test]
    fn a_name_leads_to_one_component() {
        for name in ["", "a.b", "{a}", "a b", "a\n"] {
            let found = messages(&Component { name, layers: &[ENV], ..Component::NEW });
            assert!(found.len() == 1 && found[0].starts_with("the name of a component"), "{name:?}: {found:?}");
        }
    }
}
