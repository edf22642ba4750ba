//! TOML.

mod size;

use ::toml::{
    Spanned,
    de::{DeInteger, DeTable, DeValue},
};
use component_model_source::{Value, value::line_and_column};

use super::{broken::Broken, places::Outline};

pub(super) fn parse(text: &str) -> Result<Value, Broken> {
    size::check(text)?;
    let table = DeTable::parse(text).map_err(|error| {
        let position = error.span().map(|span| line_and_column(text, span.start));
        Broken::malformed(format!("not TOML: {}", error.message()), position)
    })?;
    Ok(map(table.get_ref()))
}

fn map(table: &DeTable<'_>) -> Value {
    Value::Map(table.iter().map(|(name, member)| (name.get_ref().to_string(), value(member.get_ref()))).collect())
}

fn value(value: &DeValue<'_>) -> Value {
    match value {
        DeValue::String(text) => Value::String(text.to_string()),
        DeValue::Integer(number) => integer(number),
        DeValue::Float(number) => float(number.as_str()),
        DeValue::Boolean(value) => Value::Bool(*value),
        DeValue::Datetime(moment) => Value::String(moment.to_string()),
        DeValue::Array(items) => Value::List(items.iter().map(|item| self::value(item.get_ref())).collect()),
        DeValue::Table(members) => map(members),
    }
}

/// A number that is out of range for [`Value`] stays text: it affects only the component that reads it.
fn integer(number: &DeInteger<'_>) -> Value {
    let (digits, radix) = (number.as_str(), number.radix());
    match (i64::from_str_radix(digits, radix), i128::from_str_radix(digits, radix)) {
        (Ok(number), _) => Value::Signed(number),
        (Err(_), Ok(number)) => u64::try_from(number).map_or_else(|_| Value::text(number.to_string()), Value::Unsigned),
        (Err(_), Err(_)) => Value::text(number.to_string()),
    }
}

fn float(text: &str) -> Value {
    match text.parse::<f64>() {
        Ok(number) if number.is_finite() || !text.bytes().any(|byte| byte.is_ascii_digit()) => Value::Float(number),
        _ => Value::text(text),
    }
}

/// The positions of all values in a text that has been parsed, in the order of their names, like the parser's values.
pub(super) fn outline(text: &str) -> Outline {
    let mut outline = Outline::default();
    if let Ok(document) = DeTable::parse(text) {
        let characters = Characters::of(text);
        outline.begin(0);
        document.get_ref().values().for_each(|member| add(&mut outline, &characters, member));
        outline.end();
    }
    outline
}

fn add(outline: &mut Outline, characters: &Characters<'_>, value: &Spanned<DeValue<'_>>) {
    outline.begin(characters.before(value.span().start));
    match value.get_ref() {
        DeValue::Array(items) => items.iter().for_each(|item| add(outline, characters, item)),
        DeValue::Table(members) => members.values().for_each(|member| add(outline, characters, member)),
        _ => {}
    }
    outline.end();
}

/// Counts the characters before a byte, without counting from the start each time.
struct Characters<'t> {
    text: &'t [u8],
    /// How many characters begin before each piece of the text, and in the whole text.
    before: Vec<usize>,
}

impl<'t> Characters<'t> {
    /// The size of a piece in bytes.
    const PIECE: usize = 256;

    fn of(text: &'t str) -> Self {
        let text = text.as_bytes();
        let counts = text.chunks(Self::PIECE).scan(0, |before, piece| {
            *before += count(piece);
            Some(*before)
        });
        Self { text, before: std::iter::once(0).chain(counts).collect() }
    }

    fn before(&self, byte: usize) -> usize {
        let byte = byte.min(self.text.len());
        let piece = byte / Self::PIECE;
        self.before[piece] + count(&self.text[piece * Self::PIECE..byte])
    }
}

/// How many characters begin in these bytes.
fn count(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| **byte & 0b1100_0000 != 0b1000_0000).count()
}
