//! Reads the values of settings by their kind; an error says what was expected.

use std::time::Duration;

use component_model_types::{duration, options::OptionKind};
use proc_macro2::Span;
use syn::{Expr, ExprArray, ExprLit, ExprUnary, Lit, Path, UnOp, ext::IdentExt, spanned::Spanned};

use super::Validator;
use crate::{
    input::{Setting, Value},
    mistakes::Mistakes,
};

/// A literal with its sign, which is a separate token.
enum Literal {
    Text(String),
    Integer(String),
    Float(String),
    Bool(bool),
}

impl Literal {
    fn read(value: &Expr) -> Option<Self> {
        match value {
            Expr::Lit(ExprLit { lit, .. }) => Self::plain(lit),
            Expr::Unary(ExprUnary { op: UnOp::Neg(_), expr, .. }) => match Self::read(expr)? {
                Self::Integer(digits) => Some(Self::Integer(format!("-{digits}"))),
                Self::Float(digits) => Some(Self::Float(format!("-{digits}"))),
                Self::Text(_) | Self::Bool(_) => None,
            },
            // Inside of a list or behind a sign, a literal from `macro_rules!` is in an invisible group.
            Expr::Group(group) => Self::read(&group.expr),
            _ => None,
        }
    }

    fn plain(literal: &Lit) -> Option<Self> {
        match literal {
            Lit::Str(text) => Some(Self::Text(text.value())),
            Lit::Char(one) => Some(Self::Text(one.value().to_string())),
            Lit::Int(integer) if is_number(integer.suffix()) => Some(Self::Integer(integer.base10_digits().to_owned())),
            Lit::Float(float) if is_number(float.suffix()) => Some(Self::Float(float.base10_digits().to_owned())),
            Lit::Bool(flag) => Some(Self::Bool(flag.value)),
            _ => None,
        }
    }

    fn into_text(self) -> String {
        match self {
            Self::Text(text) | Self::Integer(text) | Self::Float(text) => text,
            Self::Bool(flag) => flag.to_string(),
        }
    }

    /// The literal as JSON, which cannot represent a float that is not finite.
    fn into_json(self) -> Option<String> {
        match self {
            Self::Text(text) => Some(json_string(&text)),
            Self::Float(digits) => {
                digits.parse::<f64>().ok().filter(|float| float.is_finite()).map(|float| format!("{float:?}"))
            }
            Self::Integer(_) | Self::Bool(_) => Some(self.into_text()),
        }
    }
}

/// Whether the suffix of a number is a type of Rust, such as `u16`; `250ms` has another one.
fn is_number(suffix: &str) -> bool {
    const WIDTHS: [&str; 6] = ["8", "16", "32", "64", "128", "size"];
    let integer = |sign: char| suffix.strip_prefix(sign).is_some_and(|width| WIDTHS.contains(&width));
    suffix.is_empty() || integer('u') || integer('i') || matches!(suffix, "f32" | "f64")
}

/// What is wrong with a number such as `250ms`, which is no number without its quotes.
fn unquoted(value: &Expr) -> Option<String> {
    let (digits, suffix) = match ungrouped(value) {
        Expr::Lit(ExprLit { lit: Lit::Int(integer), .. }) => (integer.to_string(), integer.suffix().to_owned()),
        Expr::Lit(ExprLit { lit: Lit::Float(float), .. }) => (float.to_string(), float.suffix().to_owned()),
        _ => return None,
    };
    (!is_number(&suffix)).then(|| format!("`{digits}` is text: write `\"{digits}\"`"))
}

/// The value without the invisible group that `macro_rules!` puts around it.
pub(super) fn ungrouped(value: &Expr) -> &Expr {
    match value {
        Expr::Group(group) => ungrouped(&group.expr),
        _ => value,
    }
}

/// The text of a string literal.
pub(super) fn text_of(value: &Expr) -> Option<String> {
    match Literal::read(value) {
        Some(Literal::Text(text)) => Some(text),
        _ => None,
    }
}

/// A boolean literal.
pub(super) fn boolean(value: &Expr) -> Option<bool> {
    match Literal::read(value) {
        Some(Literal::Bool(flag)) => Some(flag),
        _ => None,
    }
}

/// A name: a word, or a string.
pub(super) fn name(value: &Expr) -> Option<String> {
    match ungrouped(value) {
        Expr::Path(path) => path.path.get_ident().map(|ident| ident.unraw().to_string()),
        value => text_of(value),
    }
}

/// Text that a type reads: a literal as it is written, a list as JSON. `None` for any other expression.
pub(super) fn literal_text(value: &Expr) -> Option<String> {
    match ungrouped(value) {
        Expr::Array(list) => json_list(list).ok(),
        value => Literal::read(value).map(Literal::into_text),
    }
}

/// The text of a literal or a list.
pub(super) fn literal(setting: &Setting, mistakes: &mut Mistakes) -> Option<String> {
    let text = match &setting.value {
        Value::Is(value) => literal_text(value),
        Value::Nothing | Value::Parts(..) => None,
    };
    text.or_else(|| match &setting.value {
        Value::Is(value) if setting.key == "fallback" && !matches!(ungrouped(value), Expr::Lit(_) | Expr::Array(_)) => {
            mistakes.push(setting.value_span(), fallback_of_an_expression(value));
            None
        }
        _ => wrong(setting, "a literal: a string, a number, a boolean, or a list of them", mistakes),
    })
}

fn fallback_of_an_expression(value: &Expr) -> String {
    if word(value).is_some_and(|word| word == "None") {
        return "`fallback` takes a literal, and `None` is not one: it means that no source has the value, which is unknown \
                while a source cannot answer. Write a value, or handle the error of the fetch"
            .to_owned();
    }
    let example = word(value).map_or_else(|| "…".to_owned(), ToString::to_string);
    format!(
        "`fallback` takes a literal: a string, a number, a boolean, or a list of them; an expression is for `default`, \
         which is used if no source has the value: `default = {example}`"
    )
}

/// The value of an option, as text for the plan; any literal if its kind is not known.
pub(super) fn option(name: &str, value: &Expr, kind: Option<OptionKind>, mistakes: &mut Mistakes) -> Option<String> {
    let read = match kind {
        Some(OptionKind::Text) => return text(name, value, mistakes),
        Some(OptionKind::List) => return list(name, value, mistakes),
        Some(kind) => {
            let text = Literal::read(value).map(Literal::into_text).filter(|text| kind.accepts(text));
            text.ok_or(match kind {
                OptionKind::Number => "a number",
                OptionKind::Flag => "`true` or `false`",
                _ => "a number of seconds or a duration such as `\"250ms\"`",
            })
        }
        None => literal_text(value).ok_or("a literal: a string, a number, a boolean, or a list of them"),
    };
    match read {
        Ok(text) => Some(text),
        Err(wanted) => {
            mistakes.push(value.span(), unquoted(value).unwrap_or_else(|| format!("`{name}` takes {wanted}")));
            None
        }
    }
}

fn text(name: &str, value: &Expr, mistakes: &mut Mistakes) -> Option<String> {
    let instead = match Literal::read(value) {
        Some(Literal::Text(text)) => return Some(text),
        Some(other) => format!(": write `\"{}\"`", other.into_text()),
        None if word(value).is_some() => "; the derive cannot read a constant".to_owned(),
        None => String::new(),
    };
    mistakes.push(value.span(), format!("`{name}` takes a string literal{instead}"));
    None
}

/// A string or a list of strings, each with its span.
pub(super) fn strings(setting: &Setting, mistakes: &mut Mistakes) -> Vec<(String, Span)> {
    let Value::Is(value) = &setting.value else {
        mistakes.push(setting.value_span(), format!("`{}` takes a string literal or a list of them", setting.key));
        return Vec::new();
    };
    let mut strings = Vec::new();
    for value in one_or_more(value) {
        match text_of(value) {
            Some(text) => strings.push((text, value.span())),
            None => mistakes.push(value.span(), not_a_string(&setting.key, value)),
        }
    }
    strings
}

/// The items of a list; a value that is no list is one.
fn one_or_more(value: &Expr) -> Vec<&Expr> {
    match ungrouped(value) {
        Expr::Array(list) => list.elems.iter().collect(),
        one => vec![one],
    }
}

/// Whether the value is a list without items.
pub(super) fn is_empty_list(setting: &Setting) -> bool {
    match &setting.value {
        Value::Is(value) => matches!(ungrouped(value), Expr::Array(list) if list.elems.is_empty()),
        Value::Nothing | Value::Parts(..) => false,
    }
}

/// A single word: a string without its quotes, or the name of a constant.
pub(super) fn word(value: &Expr) -> Option<&syn::Ident> {
    match ungrouped(value) {
        Expr::Path(path) => path.path.get_ident(),
        _ => None,
    }
}

fn not_a_string(key: &str, value: &Expr) -> String {
    match word(value) {
        Some(word) => format!("`{key}` takes a string literal: write `\"{word}\"`"),
        None => format!("`{key}` takes a string literal or a list of them"),
    }
}

/// The functions of `validate`, or `garde`.
pub(super) fn validators(setting: &Setting, mistakes: &mut Mistakes) -> Vec<Validator> {
    let Value::Is(value) = &setting.value else {
        mistakes.push(
            setting.value_span(),
            "`validate` takes a function, a list of functions, or `garde`: `validate = positive`",
        );
        return Vec::new();
    };
    let mut validators = Vec::new();
    for value in one_or_more(value) {
        match ungrouped(value) {
            Expr::Path(path) if path.path.is_ident("garde") => validators.push(Validator::Garde(value.span())),
            function @ (Expr::Path(_) | Expr::Closure(_)) => {
                validators.push(Validator::Function(Box::new(function.clone())));
            }
            other => {
                mistakes.push(other.span(), not_a_function(other));
            }
        }
    }
    validators
}

fn not_a_function(value: &Expr) -> String {
    if let Expr::Call(call) = value
        && !call.args.is_empty()
    {
        return "`validate` takes a function, which is called with the value: for further arguments write a closure, as \
                `validate = |limit: &u32| in_range(limit, 1, 5)`"
            .to_owned();
    }
    let function = match value {
        Expr::Call(call) => word(&call.func).map(ToString::to_string),
        value => text_of(value).filter(|text| syn::parse_str::<Path>(text).is_ok()),
    };
    match function {
        Some(function) => format!("`validate` takes a function: write `{function}`, without quotes and parentheses"),
        None => "`validate` takes the path of a function, such as `positive`".to_owned(),
    }
}

/// A list of literals, as JSON.
fn list(name: &str, value: &Expr, mistakes: &mut Mistakes) -> Option<String> {
    let Expr::Array(list) = ungrouped(value) else {
        mistakes.push(value.span(), format!("`{name}` takes a list of literals, such as `[\"eu\", 5, true]`"));
        return None;
    };
    match json_list(list) {
        Ok(json) => Some(json),
        Err(spans) => {
            for span in spans {
                mistakes.push(span, format!(
                    "`{name}` takes literals: strings, numbers, booleans; for a value that is known at run time, name a field \
                     that has it: `{name} = [\"{{region}}\"]`"
                ));
            }
            None
        }
    }
}

/// A list of literals as JSON, or the positions of what is not one.
fn json_list(list: &ExprArray) -> Result<String, Vec<Span>> {
    let (mut items, mut wrong) = (Vec::new(), Vec::new());
    for value in &list.elems {
        match Literal::read(value).and_then(Literal::into_json) {
            Some(item) => items.push(item),
            None => wrong.push(value.span()),
        }
    }
    if wrong.is_empty() { Ok(format!("[{}]", items.join(","))) } else { Err(wrong) }
}

pub(super) fn duration(setting: &Setting, mistakes: &mut Mistakes) -> Option<Duration> {
    let literal = match &setting.value {
        Value::Is(value) => Literal::read(value),
        Value::Nothing | Value::Parts(..) => None,
    };
    let text = match literal {
        Some(Literal::Text(text) | Literal::Integer(text) | Literal::Float(text)) => text,
        _ => return wrong(setting, "a number of seconds or a duration such as `\"250ms\"`", mistakes),
    };
    match duration::parse(&text) {
        Ok(duration) => return Some(duration),
        Err(problem) => mistakes.push(setting.value_span(), problem),
    }
    None
}

/// A whole number, as a literal or in a string.
pub(super) fn number(setting: &Setting, mistakes: &mut Mistakes) -> Option<u32> {
    let text = match &setting.value {
        Value::Is(value) => Literal::read(value).map(Literal::into_text),
        Value::Nothing | Value::Parts(..) => None,
    };
    match text.and_then(|text| text.parse().ok()) {
        Some(number) => Some(number),
        None => wrong(setting, "a whole number", mistakes),
    }
}

/// `true` or `false`, as a literal or in a string; `true` if it stands alone.
pub(super) fn switch(setting: &Setting, mistakes: &mut Mistakes) -> Option<bool> {
    let text = match &setting.value {
        Value::Nothing => return Some(true),
        Value::Is(value) => Literal::read(value).map(Literal::into_text),
        Value::Parts(..) => None,
    };
    match text.and_then(|text| text.parse().ok()) {
        Some(flag) => Some(flag),
        None => wrong(setting, "`true` or `false`", mistakes),
    }
}

/// A path in a string, as in serde's attributes.
pub(super) fn path(setting: &Setting, mistakes: &mut Mistakes) -> Option<Path> {
    let read = match &setting.value {
        Value::Is(value) => quoted_path(value),
        Value::Nothing | Value::Parts(..) => None,
    };
    read.or_else(|| wrong(setting, "a path in a string, such as `\"my_crate::component_model\"`", mistakes))
}

/// The path that is meant, even if its quotes are missing.
pub(super) fn likely_path(setting: &Setting) -> Option<Path> {
    match &setting.value {
        Value::Is(Expr::Path(path)) => Some(path.path.clone()),
        Value::Is(value) => quoted_path(value),
        Value::Nothing | Value::Parts(..) => None,
    }
}

fn quoted_path(value: &Expr) -> Option<Path> {
    match value {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => text.parse_with(Path::parse_mod_style).ok(),
        _ => None,
    }
}

fn wrong<T>(setting: &Setting, wanted: &str, mistakes: &mut Mistakes) -> Option<T> {
    let key = &setting.key;
    let message = match &setting.value {
        Value::Is(value) if let Some(message) = unquoted(value) => message,
        Value::Nothing => format!("`{key}` needs a value: `{key} = …`"),
        Value::Is(_) | Value::Parts(..) => format!("`{key}` takes {wanted}"),
    };
    mistakes.push(setting.value_span(), message);
    None
}

fn json_string(text: &str) -> String {
    let mut json = String::from("\"");
    for one in text.chars() {
        match one {
            '"' | '\\' => json.extend(['\\', one]),
            '\u{0}'..='\u{1f}' => json.push_str(&format!("\\u{:04x}", u32::from(one))),
            _ => json.push(one),
        }
    }
    json.push('"');
    json
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(value: &Expr) -> Option<String> {
        Literal::read(value).and_then(Literal::into_json)
    }

    #[test]
    fn literals_become_json() {
        assert_eq!(json(&syn::parse_quote!("a\"b\\c\n")).as_deref(), Some(r#""a\"b\\c\u000a""#));
        assert_eq!(json(&syn::parse_quote!(-5)).as_deref(), Some("-5"));
        assert_eq!(json(&syn::parse_quote!(1.)).as_deref(), Some("1.0"));
        assert_eq!(json(&syn::parse_quote!(0x1F_u8)).as_deref(), Some("31"));
        assert_eq!(json(&syn::parse_quote!(true)).as_deref(), Some("true"));
        assert_eq!(json(&syn::parse_quote!(1e999)), None);
        assert_eq!(json(&syn::parse_quote!(x + 1)), None);
    }

    #[test]
    fn an_option_is_read_as_its_kind() {
        let read = |value: Expr, kind| {
            let mut mistakes = Mistakes::default();
            let text = option("option", &value, Some(kind), &mut mistakes);
            mistakes.finish().map(|()| text.unwrap()).map_err(|mistake| mistake.to_string())
        };
        for (value, kind, text) in [
            (syn::parse_quote!("a"), OptionKind::Text, "a"),
            (syn::parse_quote!([1, "b"]), OptionKind::List, r#"[1,"b"]"#),
            (syn::parse_quote!(-1.50), OptionKind::Number, "-1.50"),
            (syn::parse_quote!("3"), OptionKind::Number, "3"),
            (syn::parse_quote!(true), OptionKind::Flag, "true"),
            (syn::parse_quote!("false"), OptionKind::Flag, "false"),
            (syn::parse_quote!("250ms"), OptionKind::Duration, "250ms"),
            (syn::parse_quote!(5), OptionKind::Duration, "5"),
        ] {
            assert_eq!(read(value, kind).as_deref(), Ok(text), "{kind:?}");
        }
        for (value, kind, message) in [
            (syn::parse_quote!(5), OptionKind::Text, "`option` takes a string literal: write `\"5\"`"),
            (
                syn::parse_quote!(A),
                OptionKind::Text,
                "`option` takes a string literal; the derive cannot read a constant",
            ),
            (syn::parse_quote!(5), OptionKind::List, "`option` takes a list of literals, such as `[\"eu\", 5, true]`"),
            (syn::parse_quote!("many"), OptionKind::Number, "`option` takes a number"),
            (syn::parse_quote!(1), OptionKind::Flag, "`option` takes `true` or `false`"),
            (
                syn::parse_quote!(true),
                OptionKind::Duration,
                "`option` takes a number of seconds or a duration such as `\"250ms\"`",
            ),
        ] {
            assert_eq!(read(value, kind), Err(message.to_owned()), "{kind:?}");
        }
    }

    #[test]
    fn a_float_for_a_field_stays_as_written() {
        assert_eq!(Literal::read(&syn::parse_quote!(0.10)).map(Literal::into_text).as_deref(), Some("0.10"));
        assert_eq!(Literal::read(&syn::parse_quote!(8_080u16)).map(Literal::into_text).as_deref(), Some("8080"));
    }
}
