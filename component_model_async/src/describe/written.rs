//! What a layer asks, as written, if its source cannot tell its locator: the source is not set up, or only a value that is
//! not known yet makes a locator.

use component_model_types::plan::{
    Layer,
    template::{self, Part},
};

use crate::{OptionSpec, bind::Leaf};

/// The key, or else the options; for a derived key the path. Never a text that may contain a credential.
pub(super) fn written(layer: &Layer<'_>, leaf: &Leaf<'_>, declared: &[OptionSpec]) -> String {
    if let Some(key) = layer.key {
        return key.to_owned();
    }
    let connects = |name: &str| declared.iter().any(|spec| spec.name() == name && spec.is_to_connect());
    let option = |(name, text): &(&str, &str)| match is_safe(text, connects(name)) {
        true => format!("{name} = {text}"),
        false => format!("{name} = …"),
    };
    let options: Vec<_> = layer.options.iter().map(option).collect();
    if options.is_empty() { leaf.path_text() } else { options.join(", ") }
}

/// A text that is used to connect is shown only if it consists of templates.
fn is_safe(text: &str, connects: bool) -> bool {
    let only_templates = || template::parts(text).all(|part| matches!(part, Ok(Part::Component(_))));
    if connects { only_templates() } else { !text.contains('@') }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_may_contain_a_credential_is_not_shown() {
        assert!(is_safe("/prices/{region}", false) && is_safe("{database_url}", true));
        for (text, connects) in [("http://u:hunter2@h/{region}", false), ("redis://{host}?password=hunter2", true)] {
            assert!(!is_safe(text, connects), "{text}");
        }
    }
}
