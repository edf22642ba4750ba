//! How messages list names, find the one that was meant, and write counts and durations: shared by the derive, the engine
//! and the built-in sources. The facade `component_model` does not re-export it.

mod count;
mod duration;

pub use self::{count::counted, duration::duration_text};

/// Names for a message: "`a`, `b` and `c`".
///
/// ```
/// use component_model_types::text::list_of;
///
/// assert_eq!(list_of(&["env", "file", "api"]), "`env`, `file` and `api`");
/// assert_eq!(list_of::<&str>(&[]), "nothing");
/// ```
#[must_use]
pub fn list_of<S: AsRef<str>>(names: &[S]) -> String {
    let quoted: Vec<_> = names.iter().map(|name| format!("`{}`", name.as_ref())).collect();
    match &quoted[..] {
        [] => "nothing".to_owned(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// The known name that is most similar to a name; `None` if none is similar.
///
/// Names are similar if at least six of ten characters are unchanged, by the Damerau-Levenshtein distance.
///
/// ```
/// use component_model_types::text::nearest;
///
/// assert_eq!(nearest("databse", ["file", "database"]), Some("database"));
/// assert_eq!(nearest("consul", ["file", "database"]), None);
/// ```
#[cfg(feature = "nearest")]
pub fn nearest<'n>(name: &str, known: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    const ALIKE: f64 = 0.6;
    let scored = known.into_iter().map(|known| (strsim::normalized_damerau_levenshtein(name, known), known));
    scored.filter(|(score, _)| *score >= ALIKE).max_by(|(a, _), (b, _)| a.total_cmp(b)).map(|(_, known)| known)
}

/// The known name that looks like a misspelling of a name: it differs in its case or its separators, or by one letter that is
/// wrong, missing, added or in the wrong place.
///
/// ```
/// use component_model_types::text::misspelling;
///
/// assert_eq!(misspelling("SHOP_PORT", ["SHOP_HOST", "SHOP_PROT"]), Some("SHOP_PROT"));
/// assert_eq!(misspelling("SHOP_PORT", ["shop.port"]), Some("shop.port"));
/// assert_eq!(misspelling("SHOP_PORT", ["SHOP_HOST"]), None);
/// ```
#[cfg(feature = "nearest")]
pub fn misspelling<'n>(name: &str, known: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    let letters =
        |name: &str| name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect::<String>();
    let meant = letters(name);
    let distance = |known: &str| match letters(known) {
        same if same == meant => 0,
        other if other.len().abs_diff(meant.len()) > 4 => usize::MAX,
        other => strsim::osa_distance(&meant, &other),
    };
    let close = known.into_iter().filter(|known| *known != name).map(|known| (distance(known), known));
    close
        .filter(|(distance, _)| *distance <= usize::from(meant.len() > 2))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, known)| known)
}

/// The known name that is most similar; `None` without the feature.
#[cfg(feature = "nearest")]
pub(crate) fn nearest_of<'n>(name: &str, known: &[&'n str]) -> Option<&'n str> {
    nearest(name, known.iter().copied())
}

#[cfg(not(feature = "nearest"))]
pub(crate) fn nearest_of<'n>(_: &str, _: &[&'n str]) -> Option<&'n str> {
    None
}
