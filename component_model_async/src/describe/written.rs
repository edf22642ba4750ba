//! What a layer asks, as written, if its source cannot tell its locator: the source is not set up, or only a value that is
//! not known yet makes a locator.

use component_model_types::plan::{
    Layer,
    template::{self, Part},
};

use crate::bind::Leaf;

/// The key, or else the options; for a derived key the path. Of an option it shows only the components that are inserted:
/// other text may be a literal of SQL, a parameter or a credential, which only its source recognizes.
pub(super) fn written(layer: &Layer<'_>, leaf: &Leaf<'_>) -> String {
    if let Some(key) = layer.key {
        return key.to_owned();
    }
    let options: Vec<_> = layer.options.iter().map(|(name, text)| format!("{name} = {}", without_text(text))).collect();
    if options.is_empty() { leaf.path_text() } else { options.join(", ") }
}

/// The components that are inserted, with `…` in place of other text.
fn without_text(text: &str) -> String {
    let shown = template::parts(text).map(|part| match part {
        Ok(Part::Component(name)) => format!("{{{name}}}"),
        Ok(Part::Text(_)) | Err(_) => "…".to_owned(),
    });
    shown.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_that_may_contain_a_credential_is_not_shown() {
        for (text, shown) in [
            ("{database_url}", "{database_url}"),
            ("/prices/{region}?token=hunter2", "…{region}…"),
            ("select 'hunter2'", "…"),
            (r#"["hunter2", "{region}"]"#, "…{region}…"),
            ("redis://{host}?password=hunter2", "…{host}…"),
            ("", ""),
        ] {
            assert_eq!(without_text(text), shown, "{text}");
        }
    }
}
