//! The rules of the crate `garde`, with the feature `garde`. Without it, the compiler says that `validate = garde` needs it.

use crate::BoxError;

/// A type with rules of `garde`. Not part of the public API.
#[cfg_attr(
    not(feature = "garde"),
    diagnostic::on_unimplemented(
        message = "`validate = garde` needs the cargo feature `garde` of `component_model`",
        label = "the feature `garde` is off",
        note = "turn it on in `Cargo.toml`: `component_model = {{ .., features = [\"garde\"] }}`"
    )
)]
#[doc(hidden)]
pub trait GardeRules {
    /// The broken rules: the path of each within the value, and what is wrong there.
    fn broken_rules(&self) -> Vec<(String, BoxError)>;
}

#[cfg(feature = "garde")]
impl<T: garde::Validate<Context: Default>> GardeRules for T {
    fn broken_rules(&self) -> Vec<(String, BoxError)> {
        let Err(report) = self.validate() else { return Vec::new() };
        let broken = report.into_inner().into_iter();
        broken.map(|(path, error)| (text_of(&path), error.message().into())).collect()
    }
}

/// The path with the names of fields as the plan has them, without `r#`.
#[cfg(feature = "garde")]
fn text_of(path: &garde::Path) -> String {
    let text = path.to_string();
    text.strip_prefix("r#").unwrap_or(&text).replace(".r#", ".")
}
