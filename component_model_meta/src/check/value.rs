//! Reads the values of settings by their kind; an error says what was expected.

use std::time::Duration;

use component_model_types::{duration, options::OptionKind};
use proc_macro2::Span;
use syn::{Expr, ExprLit, ExprUnary, Lit, Path, UnOp, spanned::Spanned};

use crate::{input::Setting, mistakes::Mistakes};

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
            Lit::Int(integer) => Some(Self::Integer(integer.base10_digits().to_owned())),
            Lit::Float(float) => Some(Self::Float(float.base10_digits().to_owned())),
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

/// The text of a string literal.
pub(super) fn text(setting: &Setting) -> Option<String> {
    match Literal::read(&setting.value) {
        Some(Literal::Text(text)) => Some(text),
        _ => None,
    }
}

pub(super) fn string(setting: &Setting, mistakes: &mut Mistakes) -> Option<String> {
    text(setting).or_else(|| wrong(setting, "a string literal", mistakes))
}

/// The value of an option, as text for the plan.
pub(super) fn option(setting: &Setting, kind: OptionKind, mistakes: &mut Mistakes) -> Option<String> {
    let wanted = match kind {
        OptionKind::Text => return string(setting, mistakes),
        OptionKind::List => return list(setting, mistakes),
        OptionKind::Number => "a number",
        OptionKind::Flag => "`true` or `false`",
        OptionKind::Duration => "a number of seconds or a duration such as `\"250ms\"`",
    };
    let text = Literal::read(&setting.value).map(Literal::into_text);
    text.filter(|text| kind.accepts(text)).or_else(|| wrong(setting, wanted, mistakes))
}

/// Text of a string, a number or a boolean.
pub(super) fn scalar(setting: &Setting, mistakes: &mut Mistakes) -> Option<String> {
    match Literal::read(&setting.value) {
        Some(literal) => Some(literal.into_text()),
        None => wrong(setting, "a literal: a string, a number or a boolean", mistakes),
    }
}

/// A string or a list of strings, each with its span.
pub(super) fn strings(setting: &Setting, mistakes: &mut Mistakes) -> Vec<(String, Span)> {
    let one = std::slice::from_ref(&setting.value);
    let values: Vec<&Expr> = match &setting.value {
        Expr::Array(list) => list.elems.iter().collect(),
        _ => one.iter().collect(),
    };
    if values.is_empty() {
        mistakes.push(setting.value.span(), format!("`{}` names no source", setting.key));
    }
    let mut strings = Vec::new();
    for value in values {
        match Literal::read(value) {
            Some(Literal::Text(text)) => strings.push((text, value.span())),
            _ => mistakes.push(value.span(), not_a_string(setting, value)),
        }
    }
    strings
}

/// A single word is a string without its quotes.
fn not_a_string(setting: &Setting, value: &Expr) -> String {
    let word = match value {
        Expr::Path(path) => path.path.get_ident(),
        _ => None,
    };
    match word {
        Some(word) => format!("`{}` takes a string literal: write `\"{word}\"`", setting.key),
        None => format!("`{}` takes a string literal or a list of them", setting.key),
    }
}

/// A list of literals, as JSON.
pub(super) fn list(setting: &Setting, mistakes: &mut Mistakes) -> Option<String> {
    let Expr::Array(list) = &setting.value else {
        return wrong(setting, "a list of literals, such as `[\"eu\", 5, true]`", mistakes);
    };
    let mut items = Vec::new();
    for value in &list.elems {
        match Literal::read(value).and_then(Literal::into_json) {
            Some(item) => items.push(item),
            None => {
                mistakes.push(value.span(), format!("`{}` takes literals: strings, numbers, booleans", setting.key));
            }
        }
    }
    Some(format!("[{}]", items.join(",")))
}

pub(super) fn duration(setting: &Setting, mistakes: &mut Mistakes) -> Option<Duration> {
    let text = match Literal::read(&setting.value) {
        Some(Literal::Text(text) | Literal::Integer(text) | Literal::Float(text)) => text,
        _ => return wrong(setting, "a number of seconds or a duration such as `\"250ms\"`", mistakes),
    };
    match duration::parse(&text) {
        Ok(Duration::ZERO) => mistakes.push(setting.value.span(), format!("`{}` cannot be zero", setting.key)),
        Ok(duration) => return Some(duration),
        Err(problem) => mistakes.push(setting.value.span(), problem),
    }
    None
}

/// A path in a string, as in serde's attributes.
pub(super) fn path(setting: &Setting, mistakes: &mut Mistakes) -> Option<Path> {
    quoted_path(&setting.value)
        .or_else(|| wrong(setting, "a path in a string, such as `\"my_crate::component_model\"`", mistakes))
}

/// The path that is meant, even if its quotes are missing.
pub(super) fn likely_path(setting: &Setting) -> Option<Path> {
    match &setting.value {
        Expr::Path(path) => Some(path.path.clone()),
        value => quoted_path(value),
    }
}

fn quoted_path(value: &Expr) -> Option<Path> {
    match value {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => text.parse_with(Path::parse_mod_style).ok(),
        _ => None,
    }
}

fn wrong<T>(setting: &Setting, wanted: &str, mistakes: &mut Mistakes) -> Option<T> {
    mistakes.push(setting.value.span(), format!("`{}` takes {wanted}", setting.key));
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
            let setting = Setting { key: "option".to_owned(), span: Span::call_site(), value };
            let mut mistakes = Mistakes::default();
            let text = option(&setting, kind, &mut mistakes);
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
            (syn::parse_quote!(5), OptionKind::Text, "`option` takes a string literal"),
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
