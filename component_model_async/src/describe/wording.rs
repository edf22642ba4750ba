//! Texts that the table and the page of Markdown share.

use super::{
    ComponentDescription, Description, LayerDescription, PolicyDescription, PolicyOrigin, PolicyValue,
    SubstituteDescription,
};
use crate::{Problem, text::duration_text, text::place_text};

impl ComponentDescription {
    /// What happens if the value is absent: `default` and `8080`, or what needs no value, such as `required`.
    pub(super) fn if_absent(&self) -> Vec<(&'static str, String)> {
        let default = self.default().map(|default| match default {
            SubstituteDescription::OfType => ("its type's `Default`", String::new()),
            written => ("default", written.to_string()),
        });
        let fallback = self.fallback().map(|fallback| ("fallback", fallback.to_string()));
        let mut substitutes: Vec<_> = default.into_iter().chain(fallback).collect();
        if substitutes.is_empty() {
            substitutes.push((if self.is_optional() { "`None`" } else { "required" }, String::new()));
        }
        substitutes
    }

    /// All problems, each with the path of the component and its source, which is empty for one of the component itself.
    fn all_problems(&self) -> impl Iterator<Item = (&str, &str, &Problem)> {
        let path = self.component();
        let own = self.problems().iter().map(move |problem| (path, "", problem));
        let layers = self.all_layers();
        own.chain(layers.filter_map(move |layer| Some((path, layer.source(), layer.problem()?))))
    }

    /// Its layers, and the one of `fallback_to`.
    fn all_layers(&self) -> impl Iterator<Item = &LayerDescription> {
        self.layers().iter().chain(self.fallback_to())
    }

    /// The policies that differ from the defaults, each once.
    pub(super) fn policy_texts(&self) -> Vec<String> {
        let deadline = self.deadline().map(|deadline| format!("deadline {}", duration_text(deadline)));
        let mut texts: Vec<_> = deadline.into_iter().collect();
        for text in self.all_layers().flat_map(LayerDescription::policy_texts) {
            if !texts.contains(&text) {
                texts.push(text);
            }
        }
        texts
    }

    /// Everything else that there is to know, such as `sensitive` and `after region`.
    pub(super) fn notes(&self) -> Vec<String> {
        let on = self.fallback_on().map(|kinds| format!("fallback on {}", kinds.collect::<Vec<_>>().join(", ")));
        let with = self.optional_struct().map(|path| format!("optional with {path}"));
        let after: Vec<_> = self.depends_on().collect();
        let after = (!after.is_empty()).then(|| format!("after {}", after.join(", ")));
        let flag = |is_set: bool, name: &str| is_set.then(|| name.to_owned());
        let flags = [flag(self.is_sensitive(), "sensitive"), flag(self.is_validated(), "validated")];
        flags.into_iter().chain([with, after, on]).flatten().collect()
    }
}

impl LayerDescription {
    /// `file:shop.toml#shop.port`.
    pub(super) fn place(&self) -> String {
        place_text(self.source(), self.locator())
    }

    /// The policies that differ from the defaults: `timeout 250 ms`, and `timeout 5 s (consul)` if its registration says so.
    fn policy_texts(&self) -> impl Iterator<Item = String> {
        let timeout = format!("timeout {}", duration_text(self.timeout()));
        let timeout = std::iter::once((timeout, self.timeout_from()));
        let others = self.policies().iter().map(|policy| (policy.text(), policy.origin()));
        timeout.chain(others).filter_map(|(text, from)| match from {
            PolicyOrigin::Component => Some(text),
            PolicyOrigin::Registration => Some(format!("{text} ({})", self.source())),
            PolicyOrigin::BuiltIn => None,
        })
    }
}

impl PolicyDescription {
    fn text(&self) -> String {
        let value = match self.value() {
            PolicyValue::Duration(duration) => duration_text(duration),
            PolicyValue::Count(count) => count.to_string(),
            PolicyValue::Flag(true) => "on".to_owned(),
            PolicyValue::Flag(false) => "off".to_owned(),
        };
        match self.name() {
            "retry_attempts" if value == "1" => "1 attempt".to_owned(),
            "retry_attempts" => format!("{value} attempts"),
            "retry_backoff" => format!("backoff {value}"),
            "retry_max_backoff" => format!("backoff to {value}"),
            "circuit_breaker" => format!("breaker {value}"),
            name => format!("{} {value}", name.replace('_', " ")),
        }
    }
}

impl Description {
    /// All problems, each with its component and its source; both are empty for a problem of the whole struct.
    pub(super) fn all_problems(&self) -> impl Iterator<Item = (&str, &str, &Problem)> {
        let whole = self.problems().iter().map(|problem| ("", "", problem));
        self.components().iter().flat_map(ComponentDescription::all_problems).chain(whole)
    }
}
