//! Texts that the table and the page of Markdown share.

use super::{ComponentDescription, Description, LayerDescription, SubstituteDescription, TimeoutOrigin};
use crate::{Problem, text::duration_text, text::place_text};

impl ComponentDescription {
    /// What happens if the value is absent: `default` and `8080`, or what needs no value, such as `required`.
    pub(super) fn if_absent(&self) -> Vec<(&'static str, String)> {
        let default = self.default().map(|default| match default {
            SubstituteDescription::OfType => ("the `Default` of the type", String::new()),
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
        let layers = self.layers().iter();
        own.chain(layers.filter_map(move |layer| Some((path, layer.source(), layer.problem()?))))
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

    /// The timeout, and where it comes from unless that is the default: `5 s (source)`.
    pub(super) fn timeout_text(&self) -> String {
        let text = duration_text(self.timeout());
        match self.timeout_from() {
            TimeoutOrigin::Component => format!("{text} (field)"),
            TimeoutOrigin::Registration => format!("{text} (source)"),
            TimeoutOrigin::BuiltIn => text,
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
