//! The path of a component, from which each source derives a key in its own convention.
//!
//! A path has segments: those of the registration's root, of the struct's prefix, the names of the nested fields and the
//! name of the field. A source joins them: `SHOP_POOL_MAX`, `shop.pool.max`, `shop/pool/max`.

/// How a source writes a path as a key.
///
/// ```
/// use component_model::plan::path::Convention;
///
/// let path = ["shop-api", "pool", "max"];
/// assert_eq!(Convention::DOTS.join(&path), "shop-api.pool.max");
/// assert_eq!(Convention::SLASHES.join(&path), "shop-api/pool/max");
/// assert_eq!(Convention::VARIABLE.join(&path), "SHOP_API_POOL_MAX");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Convention {
    separator: char,
    variable: bool,
}

impl Convention {
    /// `shop.pool.max`
    pub const DOTS: Self = Self::separated_by('.');
    /// `shop/pool/max`
    pub const SLASHES: Self = Self::separated_by('/');
    /// `shop:pool:max`
    pub const COLONS: Self = Self::separated_by(':');
    /// `SHOP_POOL_MAX`: upper case, with `_` for every character that is not valid in the name of a variable.
    pub const VARIABLE: Self = Self { separator: '_', variable: true };

    /// A convention that only puts a separator between the segments.
    ///
    /// ```
    /// use component_model::plan::path::Convention;
    ///
    /// assert_eq!(Convention::separated_by('|').join(&["shop", "port"]), "shop|port");
    /// ```
    #[must_use]
    pub const fn separated_by(separator: char) -> Self {
        Self { separator, variable: false }
    }

    /// The character between two segments.
    ///
    /// ```
    /// use component_model::plan::path::Convention;
    ///
    /// assert_eq!(Convention::SLASHES.separator(), '/');
    /// ```
    #[must_use]
    pub const fn separator(self) -> char {
        self.separator
    }

    /// The characters with which a text would leave its segment: the separator, and between dots what the path into a document
    /// has besides, as in `servers[0]."a.b"`.
    ///
    /// ```
    /// use component_model::plan::path::Convention;
    ///
    /// assert_eq!(Convention::SLASHES.separators(), ['/']);
    /// assert_eq!(Convention::DOTS.separators(), ['.', '[', ']', '"']);
    /// ```
    #[must_use]
    pub fn separators(self) -> Vec<char> {
        match self.separator {
            '.' => vec!['.', '[', ']', '"'],
            separator => vec![separator],
        }
    }

    /// Whether the segments of a key cannot be told apart in it, since it has only characters that are valid in a variable's
    /// name.
    ///
    /// ```
    /// use component_model::plan::path::Convention;
    ///
    /// assert!(Convention::VARIABLE.is_variable() && !Convention::separated_by('_').is_variable());
    /// ```
    #[must_use]
    pub const fn is_variable(self) -> bool {
        self.variable
    }

    /// The segments as a key.
    ///
    /// ```
    /// use component_model::plan::path::Convention;
    ///
    /// assert_eq!(Convention::COLONS.join(&["shop", "pool", "max"]), "shop:pool:max");
    /// ```
    #[must_use]
    pub fn join(self, segments: &[&str]) -> String {
        let mut key = String::with_capacity(segments.iter().map(|segment| segment.len() + 1).sum());
        for (index, segment) in segments.iter().enumerate() {
            if index > 0 {
                key.push(self.separator);
            }
            match self.variable {
                true => key.extend(segment.chars().flat_map(of_a_variable)),
                false => key.push_str(segment),
            }
        }
        key
    }
}

/// The characters of a variable's name for one of a segment.
fn of_a_variable(one: char) -> impl Iterator<Item = char> {
    let valid = if one.is_alphanumeric() || one == '_' { one } else { '_' };
    valid.to_uppercase()
}

/// What precedes derived keys: a path such as `shop` or `teams/shop`, or one for each source.
///
/// ```
/// use component_model::plan::Prefix;
///
/// let prefix = Prefix { every: "shop", of: &[("file", "")] };
/// assert_eq!((prefix.of_source("env"), prefix.of_source("file")), ("shop", ""));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Prefix<'p> {
    /// The prefix for every source that is not listed.
    pub every: &'p str,
    /// The prefixes for single sources, by name.
    pub of: &'p [(&'p str, &'p str)],
}

impl<'p> Prefix<'p> {
    /// No prefix.
    pub const NONE: Self = Self { every: "", of: &[] };

    /// The prefix for a source, as written.
    ///
    /// ```
    /// use component_model::plan::Prefix;
    ///
    /// assert_eq!(Prefix::NONE.of_source("env"), "");
    /// ```
    #[must_use]
    pub fn of_source(&self, source: &str) -> &'p str {
        self.of.iter().find(|(known, _)| *known == source).map_or(self.every, |(_, prefix)| prefix)
    }
}

/// The segments of a prefix, which `.` or `/` separates. A separator within the braces of a template separates nothing.
///
/// ```
/// use component_model::plan::path::segments;
///
/// assert_eq!(segments("teams/shop").collect::<Vec<_>>(), ["teams", "shop"]);
/// assert_eq!(segments("teams.{pool.region}").collect::<Vec<_>>(), ["teams", "{pool.region}"]);
/// assert_eq!(segments("").count(), 0);
/// ```
pub fn segments(prefix: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0_usize;
    let pieces = prefix.split(move |one| match one {
        '{' => {
            depth += 1;
            false
        }
        '}' => {
            depth = depth.saturating_sub(1);
            false
        }
        '.' | '/' => depth == 0,
        _ => false,
    });
    pieces.filter(move |_| !prefix.is_empty())
}

/// Why a text is not a prefix, and what to write instead; `None` if it is one.
///
/// ```
/// use component_model::plan::path::mistake;
///
/// assert_eq!(mistake("teams/shop"), None);
/// assert!(mistake("SHOP_").unwrap().contains("write `shop`"));
/// ```
#[must_use]
pub fn mistake(prefix: &str) -> Option<String> {
    if segments(prefix).all(is_segment) {
        return None;
    }
    let names = prefix.split(|one: char| !(one.is_alphanumeric() || matches!(one, '_' | '-')));
    let names = names.map(|name| name.trim_matches(['_', '-'])).filter(|name| !name.is_empty());
    let meant: Vec<_> = names.map(meant).collect();
    let instead = match &meant[..] {
        [] => "write names separated by `/`, such as `shop` or `teams/shop`".to_owned(),
        names => format!("write `{}`", names.join("/")),
    };
    Some(format!(
        "the prefix is a path, which each source writes in its own convention (`SHOP_PORT`, `shop.port`, `shop/port`): \
         {instead}"
    ))
}

/// A name in capital letters was meant for variables.
fn meant(name: &str) -> String {
    if name.chars().any(char::is_lowercase) { name.to_owned() } else { name.to_lowercase() }
}

fn is_segment(segment: &str) -> bool {
    let plain = segment.chars().all(|one| one.is_alphanumeric() || matches!(one, '_' | '-' | '{' | '}' | '.'));
    let ends = |end: &str| segment.ends_with(end) || segment.starts_with(end);
    !segment.is_empty() && plain && !ends("-") && !segment.ends_with('_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_accepted_and_anything_else_is_answered_with_one() {
        for path in ["", "shop", "teams/shop", "teams.shop", "shop-api", "_private", "v2", "{region}", "a/{b.c}/d"] {
            assert_eq!(mistake(path), None, "{path}");
        }
        for (text, instead) in [
            ("SHOP_", "`shop`"),
            ("shop.", "`shop`"),
            ("/shop", "`shop`"),
            ("teams//shop", "`teams/shop`"),
            ("teams:shop", "`teams/shop`"),
            ("my shop", "`my/shop`"),
            ("/", "`shop` or `teams/shop`"),
        ] {
            let mistake = mistake(text).unwrap_or_default();
            assert!(mistake.ends_with(&format!("write {instead}")) || mistake.ends_with(instead), "{text}: {mistake}");
        }
    }

    #[test]
    fn a_variable_has_only_characters_that_are_valid_in_its_name() {
        assert_eq!(Convention::VARIABLE.join(&["shop-api", "größe"]), "SHOP_API_GRÖSSE");
        assert_eq!(Convention::VARIABLE.join(&[]), "");
    }
}
