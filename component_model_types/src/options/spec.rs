//! One option of a source, as constant data.

use crate::duration;

/// The kind of an option's value.
///
/// The plan has every value as text; the kind decides which text is valid.
///
/// ```
/// use component_model::{OptionKind, OptionSpec};
///
/// assert_eq!(OptionSpec::number("database").kind(), OptionKind::Number);
/// ```
// Exhaustive: a new kind must not be forgotten where literals and texts are checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OptionKind {
    /// Any text.
    Text,
    /// A list of literals, which the plan has as JSON.
    List,
    /// A number, with or without a fraction.
    Number,
    /// `true` or `false`.
    Flag,
    /// A number of seconds, or text that [`duration::parse`] reads.
    Duration,
}

impl OptionKind {
    /// The expected value, in the words of a message.
    ///
    /// ```
    /// use component_model::OptionKind;
    ///
    /// assert_eq!(OptionKind::Flag.expected(), "`true` or `false`");
    /// ```
    #[must_use]
    pub const fn expected(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::List => "a JSON list such as `[\"eu\", 5, true]`",
            Self::Number => "a number",
            Self::Flag => "`true` or `false`",
            Self::Duration => "a number of seconds or a duration such as `250ms`",
        }
    }

    /// Whether a text is a value of this kind.
    ///
    /// For a list only the brackets are checked, because this crate has no JSON parser.
    ///
    /// ```
    /// use component_model::OptionKind;
    ///
    /// assert!(OptionKind::Number.accepts("-1.5") && !OptionKind::Number.accepts("many"));
    /// assert!(OptionKind::Duration.accepts("250ms") && !OptionKind::Duration.accepts("soon"));
    /// ```
    #[must_use]
    pub fn accepts(self, text: &str) -> bool {
        match self {
            Self::Text => true,
            Self::List => text.trim().starts_with('[') && text.trim().ends_with(']'),
            Self::Number => text.parse::<f64>().is_ok_and(f64::is_finite),
            Self::Flag => matches!(text, "true" | "false"),
            Self::Duration => duration::parse(text).is_ok(),
        }
    }
}

/// One option that a source takes: its name, its kind, and how it relates to the source's other options.
///
/// Each method returns the changed option, so that a source declares its options as a constant:
///
/// ```
/// use component_model::OptionSpec;
///
/// const OPTIONS: &[OptionSpec] = &[
///     OptionSpec::KEY,
///     OptionSpec::text("url").excludes(&["key"]).template(),
///     OptionSpec::number("limit").requires(&["url"]),
/// ];
/// assert_eq!(OPTIONS[1].name(), "url");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub struct OptionSpec {
    name: &'static str,
    kind: OptionKind,
    required: bool,
    template: bool,
    to_connect: bool,
    excluded: &'static [&'static str],
    replaced: &'static [&'static str],
    prerequisites: &'static [&'static str],
}

impl OptionSpec {
    /// The option `key`, which names a value within its source and may be a template.
    ///
    /// ```
    /// use component_model::OptionSpec;
    ///
    /// assert_eq!(OptionSpec::KEY, OptionSpec::text("key").template());
    /// ```
    pub const KEY: Self = Self::text("key").template();

    /// Allows any option of any kind: for a source that replaces another one, for example in a test.
    ///
    /// ```
    /// use component_model::OptionSpec;
    ///
    /// assert!(OptionSpec::ANY.is_any() && !OptionSpec::KEY.is_any());
    /// ```
    // No attribute can contain an option of this name.
    pub const ANY: Self = Self::text("*").template();

    /// An option whose value is text.
    ///
    /// ```
    /// use component_model::{OptionKind, OptionSpec};
    ///
    /// assert_eq!(OptionSpec::text("path").kind(), OptionKind::Text);
    /// ```
    pub const fn text(name: &'static str) -> Self {
        Self::new(name, OptionKind::Text)
    }

    /// An option whose value is a list of literals. The source gets it as JSON.
    ///
    /// ```
    /// use component_model::{OptionKind, OptionSpec};
    ///
    /// assert_eq!(OptionSpec::list("params").kind(), OptionKind::List);
    /// ```
    pub const fn list(name: &'static str) -> Self {
        Self::new(name, OptionKind::List)
    }

    /// An option whose value is a number.
    ///
    /// ```
    /// use component_model::{OptionKind, OptionSpec};
    ///
    /// assert_eq!(OptionSpec::number("database").kind(), OptionKind::Number);
    /// ```
    pub const fn number(name: &'static str) -> Self {
        Self::new(name, OptionKind::Number)
    }

    /// An option whose value is `true` or `false`.
    ///
    /// ```
    /// use component_model::{OptionKind, OptionSpec};
    ///
    /// assert_eq!(OptionSpec::flag("consistent").kind(), OptionKind::Flag);
    /// ```
    pub const fn flag(name: &'static str) -> Self {
        Self::new(name, OptionKind::Flag)
    }

    /// An option whose value is a number of seconds or a duration such as `"250ms"`.
    ///
    /// ```
    /// use component_model::{OptionKind, OptionSpec};
    ///
    /// assert_eq!(OptionSpec::duration("wait").kind(), OptionKind::Duration);
    /// ```
    pub const fn duration(name: &'static str) -> Self {
        Self::new(name, OptionKind::Duration)
    }

    const fn new(name: &'static str, kind: OptionKind) -> Self {
        Self {
            name,
            kind,
            required: false,
            template: false,
            to_connect: false,
            excluded: &[],
            replaced: &[],
            prerequisites: &[],
        }
    }

    /// Makes it an error to leave the option out.
    ///
    /// ```
    /// use component_model::OptionSpec;
    ///
    /// assert!(OptionSpec::text("secret").required().is_required());
    /// ```
    pub const fn required(self) -> Self {
        Self { required: true, ..self }
    }

    /// Allows the value to be a template, which inserts other components.
    ///
    /// ```
    /// use component_model::OptionSpec;
    ///
    /// assert!(OptionSpec::text("url").template().is_template());
    /// assert!(!OptionSpec::text("query").is_template());
    /// ```
    pub const fn template(self) -> Self {
        Self { template: true, ..self }
    }

    /// Makes it a template that may insert sensitive values, since it is only used to connect, and never shown.
    ///
    /// ```
    /// use component_model::OptionSpec;
    ///
    /// assert!(OptionSpec::text("url").to_connect().is_to_connect());
    /// ```
    pub const fn to_connect(self) -> Self {
        Self { template: true, to_connect: true, ..self }
    }

    /// Makes it an error to give this option and one of the others to the same source.
    ///
    /// ```
    /// use component_model::OptionSpec;
    ///
    /// assert_eq!(OptionSpec::text("url").excludes(&["key"]).excluded(), ["key"]);
    /// ```
    pub const fn excludes(self, others: &'static [&'static str]) -> Self {
        Self { excluded: others, ..self }
    }

    /// Declares that the source ignores the others if this option is given.
    ///
    /// They can then be given only to another source of the same component: an option that has no effect is an error.
    ///
    /// ```
    /// use component_model::OptionSpec;
    ///
    /// assert_eq!(OptionSpec::text("query").replaces(&["key"]).replaced(), ["key"]);
    /// ```
    pub const fn replaces(self, others: &'static [&'static str]) -> Self {
        Self { replaced: others, ..self }
    }

    /// Makes it an error to give this option without all of the others.
    ///
    /// ```
    /// use component_model::OptionSpec;
    ///
    /// assert_eq!(OptionSpec::list("params").requires(&["query"]).prerequisites(), ["query"]);
    /// ```
    pub const fn requires(self, others: &'static [&'static str]) -> Self {
        Self { prerequisites: others, ..self }
    }

    /// The name, as written in attributes.
    ///
    /// ```
    /// use component_model::OptionSpec;
    ///
    /// assert_eq!(OptionSpec::KEY.name(), "key");
    /// ```
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The kind of the value.
    ///
    /// ```
    /// use component_model::{OptionKind, OptionSpec};
    ///
    /// assert_eq!(OptionSpec::KEY.kind(), OptionKind::Text);
    /// ```
    #[must_use]
    pub const fn kind(&self) -> OptionKind {
        self.kind
    }

    /// Whether the option must be given.
    ///
    /// ```
    /// use component_model::OptionSpec;
    ///
    /// assert!(!OptionSpec::KEY.is_required());
    /// ```
    #[must_use]
    pub const fn is_required(&self) -> bool {
        self.required
    }

    /// Whether the value may be a template.
    ///
    /// ```
    /// use component_model::OptionSpec;
    ///
    /// assert!(OptionSpec::KEY.is_template());
    /// ```
    #[must_use]
    pub const fn is_template(&self) -> bool {
        self.template
    }

    /// Whether the value may contain sensitive components, since it is only used to connect.
    ///
    /// ```
    /// use component_model::OptionSpec;
    ///
    /// assert!(!OptionSpec::KEY.is_to_connect());
    /// ```
    #[must_use]
    pub const fn is_to_connect(&self) -> bool {
        self.to_connect
    }

    /// Whether this is [`OptionSpec::ANY`].
    ///
    /// ```
    /// use component_model::OptionSpec;
    ///
    /// assert!(OptionSpec::ANY.is_any());
    /// ```
    #[must_use]
    pub fn is_any(&self) -> bool {
        self.name == Self::ANY.name
    }

    /// The options that must not be given together with this one, see [`excludes`](Self::excludes).
    ///
    /// ```
    /// use component_model::OptionSpec;
    ///
    /// assert!(OptionSpec::KEY.excluded().is_empty());
    /// ```
    #[must_use]
    pub const fn excluded(&self) -> &'static [&'static str] {
        self.excluded
    }

    /// The options that the source ignores if this one is given, see [`replaces`](Self::replaces).
    ///
    /// ```
    /// use component_model::OptionSpec;
    ///
    /// assert!(OptionSpec::KEY.replaced().is_empty());
    /// ```
    #[must_use]
    pub const fn replaced(&self) -> &'static [&'static str] {
        self.replaced
    }

    /// The options that must be given together with this one, see [`requires`](Self::requires).
    ///
    /// ```
    /// use component_model::OptionSpec;
    ///
    /// assert!(OptionSpec::KEY.prerequisites().is_empty());
    /// ```
    #[must_use]
    pub const fn prerequisites(&self) -> &'static [&'static str] {
        self.prerequisites
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_accepts_its_own_texts_only() {
        let cases = [
            (OptionKind::Text, &["", "any"][..], &[][..]),
            (OptionKind::List, &["[]", r#" ["eu", 5] "#], &["", "eu", "[", "{}"]),
            (OptionKind::Number, &["0", "-5", "1.5", "1e3"], &["", "many", "5s", "inf", "NaN", " 5"]),
            (OptionKind::Flag, &["true", "false"], &["", "yes", "1", "TRUE"]),
            (OptionKind::Duration, &["0", "1.5", "250ms", "1h30m"], &["", "soon", "-1", "5 weeks"]),
        ];
        for (kind, accepted, refused) in cases {
            assert!(accepted.iter().all(|text| kind.accepts(text)), "{kind:?}");
            assert!(refused.iter().all(|text| !kind.accepts(text)), "{kind:?}");
        }
    }
}
