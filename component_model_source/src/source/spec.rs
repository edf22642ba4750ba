//! The attribute of a component, as a source sees it.

use std::{
    borrow::Cow,
    cell::Cell,
    fmt::{self, Write as _},
};

use component_model_types::plan::{
    Layer,
    path::Convention,
    template::{self, Part},
};

use super::Inserted;
use crate::{ErrorKind, OptionSpec, SourceError, Value};

/// What inserts the values of other components into templates: their values by path.
pub type Known<'a> = dyn Fn(&str) -> Result<Inserted, SourceError> + 'a;

/// The attribute of a component, from which a source makes a [`Request`](crate::Request).
///
/// A key and options may be templates, such as `app/{region}/port`. Every method that returns text inserts the values, and
/// returns an error if an inserted value could leave its place: a source decides by the method that it calls how a value is
/// encoded.
///
/// ```
/// use component_model::{RequestSpec, plan::Layer};
///
/// let layer = Layer { options: &[("path", "app.toml")], ..Layer::NEW };
/// let spec = RequestSpec::new(&layer, &["app", "port"]);
/// assert_eq!((&*spec.key()?, spec.option("path")?.as_deref()), ("app.port", Some("app.toml")));
/// # Ok::<(), component_model::SourceError>(())
/// ```
pub struct RequestSpec<'a> {
    layer: &'a Layer<'a>,
    path: &'a [&'a str],
    known: Option<&'a Known<'a>>,
    declared: &'a [OptionSpec],
    /// The components that are inserted into segments of the path.
    inserted: &'a [Option<&'a str>],
    derived: Cell<bool>,
}

impl<'a> RequestSpec<'a> {
    /// What a component asks of a source, and the path from which its key is derived if none is written.
    ///
    /// ```
    /// use component_model::{RequestSpec, plan::Layer};
    ///
    /// let layer = Layer { key: Some("app/port"), ..Layer::NEW };
    /// assert_eq!(RequestSpec::new(&layer, &["port"]).key()?, "app/port");
    /// # Ok::<(), component_model::SourceError>(())
    /// ```
    #[must_use]
    pub fn new(layer: &'a Layer<'a>, path: &'a [&'a str]) -> Self {
        Self { layer, path, known: None, declared: &[OptionSpec::ANY], inserted: &[], derived: Cell::new(false) }
    }

    /// The same with the values of other components, which templates insert.
    ///
    /// ```
    /// use component_model::{Inserted, RequestSpec, Value, plan::Layer};
    ///
    /// let layer = Layer { key: Some("app.{region}.port"), ..Layer::NEW };
    /// let known = |_: &str| Inserted::new(&Value::text("eu"), false);
    /// assert_eq!(RequestSpec::new(&layer, &[]).with_known(&known).key()?, "app.eu.port");
    /// # Ok::<(), component_model::SourceError>(())
    /// ```
    #[must_use]
    pub fn with_known(self, known: &'a Known<'a>) -> Self {
        Self { known: Some(known), ..self }
    }

    /// The same for a source that declares these options: one that cannot be a template is taken as it is written.
    ///
    /// ```
    /// use component_model::{OptionSpec, RequestSpec, plan::Layer};
    ///
    /// const OPTIONS: &[OptionSpec] = &[OptionSpec::text("query")];
    ///
    /// let layer = Layer { options: &[("query", "SELECT '{1,2}'::int[]")], ..Layer::NEW };
    /// let spec = RequestSpec::new(&layer, &[]).declaring(OPTIONS);
    /// assert_eq!(spec.option("query")?.as_deref(), Some("SELECT '{1,2}'::int[]"));
    /// # Ok::<(), component_model::SourceError>(())
    /// ```
    #[must_use]
    pub fn declaring(self, options: &'a [OptionSpec]) -> Self {
        Self { declared: options, ..self }
    }

    /// The same with the component that is inserted into each segment of the path, if any: a derived key checks that the value
    /// stays within its segment.
    #[doc(hidden)]
    #[must_use]
    pub fn with_inserted(self, inserted: &'a [Option<&'a str>]) -> Self {
        Self { inserted, ..self }
    }

    /// The key as written, or derived as `shop.pool.max`.
    ///
    /// An inserted value may contain dots within quotes: `hosts."{host}".port`.
    ///
    /// ```
    /// use component_model::{RequestSpec, plan::Layer};
    ///
    /// assert_eq!(RequestSpec::new(&Layer::NEW, &["shop", "port"]).key()?, "shop.port");
    /// # Ok::<(), component_model::SourceError>(())
    /// ```
    ///
    /// # Errors
    /// As for [`key_as`](Self::key_as).
    pub fn key(&self) -> Result<Cow<'a, str>, SourceError> {
        self.key_as(Convention::DOTS)
    }

    /// The key as written, or derived in the source's own convention.
    ///
    /// ```
    /// use component_model::{RequestSpec, plan::{Layer, path::Convention}};
    ///
    /// let spec = RequestSpec::new(&Layer::NEW, &["shop", "pool", "max"]);
    /// assert_eq!(spec.key_as(Convention::VARIABLE)?, "SHOP_POOL_MAX");
    /// # Ok::<(), component_model::SourceError>(())
    /// ```
    ///
    /// # Errors
    /// If an inserted value is empty, is sensitive, contains one of the convention's [separators](Convention::separators) or a
    /// control character, or makes a segment `.` or `..`.
    pub fn key_as(&self, convention: Convention) -> Result<Cow<'a, str>, SourceError> {
        let separators = convention.separators();
        if let Some(key) = self.layer.key {
            return self.segments("key", key, &separators);
        }
        self.derived.set(true);
        let inserted = self.path.iter().zip(self.inserted).filter_map(|(text, component)| Some((text, (*component)?)));
        for (segment, component) in inserted {
            if !convention.is_variable() && segment.contains(&separators[..]) {
                return Err(rejected("prefix", component));
            }
        }
        Ok(Cow::Owned(convention.join(self.path)))
    }

    /// Whether the attribute has a key, or none that is derived.
    ///
    /// ```
    /// use component_model::{RequestSpec, plan::Layer};
    ///
    /// assert!(!RequestSpec::new(&Layer::NEW, &["port"]).has_key());
    /// ```
    #[must_use]
    pub fn has_key(&self) -> bool {
        self.layer.key.is_some()
    }

    /// The path from which a key is derived: the segments, from the registration's root to the name of the field.
    ///
    /// ```
    /// use component_model::{RequestSpec, plan::Layer};
    ///
    /// assert_eq!(RequestSpec::new(&Layer::NEW, &["shop", "port"]).path(), ["shop", "port"]);
    /// ```
    #[must_use]
    pub fn path(&self) -> &'a [&'a str] {
        self.path
    }

    /// Whether the source used a derived key. Two components must not derive the same.
    #[doc(hidden)]
    #[must_use]
    pub fn has_derived(&self) -> bool {
        self.derived.get()
    }

    /// One of the source's own options.
    ///
    /// ```
    /// use component_model::{RequestSpec, plan::Layer};
    ///
    /// let prices = Layer { options: &[("url", "/prices")], ..Layer::NEW };
    /// assert_eq!(RequestSpec::new(&prices, &[]).option("url")?.as_deref(), Some("/prices"));
    /// # Ok::<(), component_model::SourceError>(())
    /// ```
    ///
    /// # Errors
    /// If an inserted value is empty, is sensitive, is `.` or `..`, or contains anything but letters, digits, `-`, `_`, `.`
    /// and `~`: what is safe everywhere.
    pub fn option(&self, name: &str) -> Result<Option<Cow<'a, str>>, SourceError> {
        self.option_with(name, |value| is_unreserved(value).then(|| value.to_owned()))
    }

    /// One of the source's own options, with inserted values encoded by the source. `None` rejects a value.
    ///
    /// ```
    /// use component_model::{Inserted, RequestSpec, Value, plan::Layer};
    ///
    /// let layer = Layer { options: &[("filter", "region='{region}'")], ..Layer::NEW };
    /// let known = |_: &str| Inserted::new(&Value::text("it's"), false);
    /// let spec = RequestSpec::new(&layer, &[]).with_known(&known);
    /// let filter = spec.option_with("filter", |value| Some(value.replace('\'', "''")))?;
    /// assert_eq!(filter.as_deref(), Some("region='it''s'"));
    /// # Ok::<(), component_model::SourceError>(())
    /// ```
    ///
    /// # Errors
    /// If a value is rejected or is sensitive.
    pub fn option_with(
        &self,
        name: &str,
        encode: impl Fn(&str) -> Option<String>,
    ) -> Result<Option<Cow<'a, str>>, SourceError> {
        let Some(text) = self.layer.option(name) else { return Ok(None) };
        let insert = |component: &str, _: &str| {
            let inserted = self.shown(name, component)?;
            encode(&inserted.text()).ok_or_else(|| rejected(name, component))
        };
        self.filled(name, text, insert).map(Some)
    }

    /// An option that is a path of segments, such as that of a file.
    ///
    /// ```
    /// use component_model::{Inserted, RequestSpec, Value, plan::Layer};
    ///
    /// let layer = Layer { options: &[("path", "config/{region}.toml")], ..Layer::NEW };
    /// let path = |region: &str| {
    ///     let known = |_: &str| Inserted::new(&Value::text(region), false);
    ///     RequestSpec::new(&layer, &[]).with_known(&known).option_in_segments("path", &['/']).map(|path| path.unwrap().into_owned())
    /// };
    /// assert_eq!(path("eu")?, "config/eu.toml");
    /// assert!(path("../eu").is_err());
    /// # Ok::<(), component_model::SourceError>(())
    /// ```
    ///
    /// # Errors
    /// If an inserted value is empty, is sensitive, contains a separator or a control character, or makes a segment `.` or
    /// `..`.
    pub fn option_in_segments(&self, name: &str, separators: &[char]) -> Result<Option<Cow<'a, str>>, SourceError> {
        self.layer.option(name).map(|text| self.segments(name, text, separators)).transpose()
    }

    /// An option that is used to connect, such as the URL of a database: sensitive values may be inserted, and nothing is
    /// encoded. The text must never be shown.
    ///
    /// ```
    /// use component_model::{Inserted, RequestSpec, Value, plan::Layer};
    ///
    /// let layer = Layer { options: &[("url", "{database_url}")], ..Layer::NEW };
    /// let known = |_: &str| Inserted::new(&Value::text("postgres://app:hunter2@db/app"), true);
    /// let url = RequestSpec::new(&layer, &[]).with_known(&known).option_to_connect("url")?;
    /// assert!(url.is_some_and(|url| url.starts_with("postgres:")));
    /// # Ok::<(), component_model::SourceError>(())
    /// ```
    ///
    /// # Errors
    /// If a component that the template names has no value.
    pub fn option_to_connect(&self, name: &str) -> Result<Option<Cow<'a, str>>, SourceError> {
        let Some(text) = self.layer.option(name) else { return Ok(None) };
        self.filled(name, text, |component, _| Ok(self.value_of(component)?.text().into_owned())).map(Some)
    }

    /// An option that is a URL to connect to: as [`option_to_connect`](Self::option_to_connect), but a value beside other text
    /// stays within its place. A value that is all of the URL is inserted as it is.
    ///
    /// Beside other text, everything but letters, digits, `-`, `_`, `.` and `~` is percent-encoded.
    ///
    /// ```
    /// use component_model::{Inserted, RequestSpec, Value, plan::Layer};
    ///
    /// let url = |template: &str, value: &str| {
    ///     let options = [("url", template)];
    ///     let layer = Layer { options: &options, ..Layer::NEW };
    ///     let known = |_: &str| Inserted::new(&Value::text(value), true);
    ///     RequestSpec::new(&layer, &[]).with_known(&known).url_to_connect("url").map(|url| url.unwrap().into_owned())
    /// };
    /// assert_eq!(url("postgres://app:{password}@db/app", "a@b/c")?, "postgres://app:a%40b%2Fc@db/app");
    /// assert_eq!(url("{database_url}", "postgres://app:a%40b@db/app")?, "postgres://app:a%40b@db/app");
    /// assert!(url("sqlite:{tenant}/settings.db", "..").is_err());
    /// assert!(url("postgres://app@{host}/app", "db:5432").unwrap_err().hint().unwrap().contains(":{port}"));
    /// # Ok::<(), component_model::SourceError>(())
    /// ```
    ///
    /// # Errors
    /// If a component that the template names has no value, or if a value beside other text is empty, `.` or `..`, or is in the
    /// place of the host and has more than its name.
    pub fn url_to_connect(&self, name: &str) -> Result<Option<Cow<'a, str>>, SourceError> {
        let Some(text) = self.layer.option(name) else { return Ok(None) };
        if matches!(template::parts(text).collect::<Vec<_>>()[..], [Ok(Part::Component(_))]) {
            return self.option_to_connect(name);
        }
        let insert = |component: &str, before: &str| {
            let inserted = self.value_of(component)?;
            match &*inserted.text() {
                "" | "." | ".." => Err(rejected(name, component)),
                text if is_before_host(before) && text.contains([':', '@', '/']) => Err(no_host(name, component)),
                text => Ok(percent_encoded(text)),
            }
        };
        self.filled(name, text, insert).map(Some)
    }

    /// Whether components are inserted into an option: what it says is then not written in the program.
    ///
    /// ```
    /// use component_model::{RequestSpec, plan::Layer};
    ///
    /// let layer = Layer { options: &[("url", "{database_url}"), ("pointer", "/port")], ..Layer::NEW };
    /// let spec = RequestSpec::new(&layer, &[]);
    /// assert!(spec.is_inserted("url") && !spec.is_inserted("pointer"));
    /// ```
    #[must_use]
    pub fn is_inserted(&self, name: &str) -> bool {
        let text = self.layer.option(name).filter(|_| self.may_be_a_template(name));
        text.is_some_and(|text| template::names(text).next().is_some())
    }

    /// An option that is a list. An item that is nothing but the name of a component in braces keeps that value's type, and
    /// may be sensitive: it must be bound as a parameter, and never be shown.
    ///
    /// ```
    /// use component_model::{Inserted, RequestSpec, Value, plan::Layer};
    ///
    /// let layer = Layer { options: &[("params", r#"["{limit}", "eu"]"#)], ..Layer::NEW };
    /// let known = |_: &str| Inserted::new(&Value::Signed(5), false);
    /// let params = RequestSpec::new(&layer, &[]).with_known(&known).list("params")?;
    /// assert_eq!(params, Some(vec![Value::Signed(5), Value::text("eu")]));
    /// # Ok::<(), component_model::SourceError>(())
    /// ```
    ///
    /// # Errors
    /// If the option is not a JSON list, or if a component that it names has no value.
    pub fn list(&self, name: &str) -> Result<Option<Vec<Value>>, SourceError> {
        let Some(text) = self.layer.option(name) else { return Ok(None) };
        let Ok(Value::List(items)) = Value::from_json(text) else {
            let message = format!("`{name}` is not a JSON list");
            let hint = format!("write it as `{name} = [\"eu\", 5, true]`");
            return Err(SourceError::new(ErrorKind::Misconfigured, message).with_hint(hint));
        };
        items.into_iter().map(|item| self.item(name, item)).collect::<Result<_, _>>().map(Some)
    }

    fn item(&self, name: &str, item: Value) -> Result<Value, SourceError> {
        let (Value::Text(text) | Value::String(text)) = &item else { return Ok(item) };
        let parts: Vec<_> = template::parts(text).collect();
        match parts[..] {
            [Ok(Part::Component(component))] if self.may_be_a_template(name) => {
                Ok(self.value_of(component)?.value().clone())
            }
            _ => {
                let insert = |component: &str, _: &str| Ok(self.value_of(component)?.text().into_owned());
                self.filled(name, text, insert).map(|text| Value::text(text.into_owned()))
            }
        }
    }

    /// All of the source's own options, in the order in which they are written.
    ///
    /// ```
    /// use component_model::{RequestSpec, plan::Layer};
    ///
    /// let prices = Layer { options: &[("url", "/prices")], ..Layer::NEW };
    /// assert_eq!(RequestSpec::new(&prices, &[]).options().collect::<Vec<_>>(), ["url"]);
    /// ```
    pub fn options(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.layer.options.iter().map(|(name, _)| *name)
    }

    /// Text whose inserted values stay within one segment each.
    fn segments<'t>(&self, name: &str, text: &'t str, separators: &[char]) -> Result<Cow<'t, str>, SourceError> {
        let insert = |component: &str, before: &str| {
            let inserted = self.shown(name, component)?;
            let text = inserted.text();
            let separators = if separators.contains(&'"') && is_quoted(before) { &['"'] } else { separators };
            let leaves = text.is_empty() || text.contains(separators) || text.contains(char::is_control);
            if leaves { Err(rejected(name, component)) } else { Ok(text.into_owned()) }
        };
        let filled = self.filled(name, text, insert)?;
        // Without a dot, or if dots separate, no segment is `.` or `..`.
        if separators.contains(&'.') || !filled.contains('.') {
            return Ok(filled);
        }
        let dotted = |text: &str| text.split(separators).filter(|segment| matches!(*segment, "." | "..")).count();
        match template::names(text).next() {
            Some(component) if dotted(&filled) != dotted(text) => Err(rejected(name, component)),
            _ => Ok(filled),
        }
    }

    /// A template with its values, each given its component and the text before it; text without braces is returned as it is.
    fn filled<'t>(
        &self,
        name: &str,
        text: &'t str,
        insert: impl Fn(&str, &str) -> Result<String, SourceError>,
    ) -> Result<Cow<'t, str>, SourceError> {
        if template::is_plain(text) || !self.may_be_a_template(name) {
            return Ok(Cow::Borrowed(text));
        }
        let mut filled = String::with_capacity(text.len() + 16);
        for part in template::parts(text) {
            match part {
                Ok(Part::Text(text)) => filled.push_str(text),
                Ok(Part::Component(component)) => filled.push_str(&insert(component, &filled)?),
                Err(mistake) => return Err(misconfigured(format!("`{name}`: {mistake}"))),
            }
        }
        Ok(Cow::Owned(filled))
    }

    fn may_be_a_template(&self, name: &str) -> bool {
        let spec = self.declared.iter().find(|spec| spec.name() == name);
        spec.is_none_or(OptionSpec::is_template)
    }

    fn value_of(&self, component: &str) -> Result<Inserted, SourceError> {
        match self.known {
            Some(known) => known(component),
            None => Err(misconfigured(format!("`{{{component}}}` has no value here"))),
        }
    }

    /// A value that becomes part of a locator.
    fn shown(&self, name: &str, component: &str) -> Result<Inserted, SourceError> {
        let inserted = self.value_of(component)?;
        if inserted.is_sensitive() {
            let message = format!("`{component}` is sensitive and cannot be inserted into `{name}`");
            let hint = "a sensitive value can only be bound as a parameter or used to connect";
            return Err(misconfigured(message).with_hint(hint));
        }
        Ok(inserted)
    }
}

/// Whether a URL goes on with the host.
fn is_before_host(before: &str) -> bool {
    let authority = before.split_once("://").map(|(_, authority)| authority);
    authority.is_some_and(|authority| authority.is_empty() || (authority.ends_with('@') && !authority.contains('/')))
}

fn no_host(name: &str, component: &str) -> SourceError {
    let message =
        format!("`{name}`: the value of `{component}` is in the place of a host, and is more than the name of one");
    SourceError::new(ErrorKind::Invalid, message)
        .with_hint(format!("give the port a component of its own: `{{{component}}}:{{port}}`"))
}

/// Whether the beginning of a dotted key ends within the quotes of a segment. A quote opens only at the start of one.
fn is_quoted(key: &str) -> bool {
    let (mut quoted, mut at_start) = (false, true);
    for one in key.chars() {
        match one {
            '"' if quoted => quoted = false,
            '"' if at_start => quoted = true,
            _ => {}
        }
        at_start = one == '.' && !quoted;
    }
    quoted
}

/// The characters that have no meaning in a path, a URL or a key.
fn is_unreserved(value: &str) -> bool {
    let unreserved = |one: char| one.is_alphanumeric() || matches!(one, '-' | '_' | '.' | '~');
    !matches!(value, "" | "." | "..") && value.chars().all(unreserved)
}

/// Every byte but those of ASCII letters, digits, `-`, `_`, `.` and `~`.
fn percent_encoded(value: &str) -> String {
    let mut encoded = String::with_capacity(value.len());
    for byte in value.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => encoded.push(char::from(byte)),
            _ => {
                let _ = write!(encoded, "%{byte:02X}");
            }
        }
    }
    encoded
}

fn rejected(name: &str, component: &str) -> SourceError {
    let message =
        format!("the value of `{component}` cannot be inserted into `{name}`: it would change more than its place");
    SourceError::new(ErrorKind::Invalid, message)
        .with_hint("the value is empty, or contains a separator or another character that has a meaning there")
}

fn misconfigured(message: String) -> SourceError {
    SourceError::new(ErrorKind::Misconfigured, message)
}

/// Shows what was written, without the values of options.
impl fmt::Debug for RequestSpec<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let options: Vec<_> = self.options().collect();
        f.debug_struct("RequestSpec")
            .field("key", &self.layer.key)
            .field("path", &self.path)
            .field("options", &options)
            .finish()
    }
}
