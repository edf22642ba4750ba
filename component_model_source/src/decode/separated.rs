//! The separator form: `a,b,c` for lists, `host=db,port=5432` for maps and structs.
//!
//! A backslash takes the next character literally. White space around items and keys is dropped, unless it is escaped.
//!
//! What always holds: the form ends at a depth of [`DEPTH`], since a type that contains itself could descend for ever; a
//! text has at most a million items, those of all depths together; and an error names only keys that the type itself
//! has: any other key is a piece of the value.

use std::collections::HashSet;

use serde::de::{DeserializeSeed, MapAccess, SeqAccess, Visitor, value::StrDeserializer};

use super::{DecodeError, Step, document::Rules, text::Text};
use crate::{Value, limit::VALUES};

/// How deep the form may be nested; each level escapes the ones within it, so that no text needs even half of it.
const DEPTH: u8 = 16;

/// Visits the items of a list.
pub(super) fn visit_items<'de, V: Visitor<'de>>(text: &Text<'_>, visitor: V) -> Result<V::Value, DecodeError> {
    let depth = below(text)?;
    let items = items_in(&text.text)?.into_iter().map(|item| unescape(trim(item))).collect();
    let mut access = Items { items, next: 0, depth, rules: text.rules };
    let value = visitor.visit_seq(&mut access)?;
    match access.items.len() - access.next {
        0 => Ok(value),
        more => Err(DecodeError::new(format!("{more} items more than the type takes"))),
    }
}

struct Items {
    items: Vec<String>,
    next: usize,
    depth: u8,
    rules: Rules,
}

impl<'de> SeqAccess<'de> for &mut Items {
    type Error = DecodeError;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, DecodeError> {
        let index = self.next;
        let Some(item) = self.items.get_mut(index).map(std::mem::take) else { return Ok(None) };
        self.next += 1;
        let item = Text::within(item, self.depth, self.rules);
        seed.deserialize(item).map(Some).map_err(|error| error.within(Step::Index(index)))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.items.len() - self.next)
    }
}

/// The pairs of a map or a struct.
pub(super) struct Pairs {
    pairs: std::iter::Enumerate<std::vec::IntoIter<(String, String)>>,
    pending: Option<(usize, String, String)>,
    fields: &'static [&'static str],
    depth: u8,
    rules: Rules,
}

impl Pairs {
    /// The pairs for a struct of these fields, or for a map, which names none.
    pub(super) fn new(text: &Text<'_>, fields: &'static [&'static str]) -> Result<Self, DecodeError> {
        let depth = below(text)?;
        let pairs = pairs_in(&text.text)?;
        Ok(Self { pairs: pairs.into_iter().enumerate(), pending: None, fields, depth, rules: text.rules })
    }

    fn step(&self, position: usize, key: &str) -> Step {
        if self.fields.contains(&key) { Step::Key(key.to_owned()) } else { Step::Index(position) }
    }
}

impl<'de> MapAccess<'de> for Pairs {
    type Error = DecodeError;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, DecodeError> {
        let Some((position, (key, value))) = self.pairs.next() else { return Ok(None) };
        let (_, key, _) = self.pending.insert((position, key, value));
        seed.deserialize(Text::within(key.as_str(), self.depth, Rules::default())).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, DecodeError> {
        match self.pending.take() {
            Some((position, key, value)) => seed
                .deserialize(Text::within(value, self.depth, self.rules))
                .map_err(|error| error.within(self.step(position, &key))),
            None => seed.deserialize(StrDeserializer::new("")),
        }
    }
}

/// The members that a text such as `host=db,port=5432` names.
pub(super) fn members(text: &str) -> Option<Vec<(String, Value)>> {
    let pairs = pairs_in(text).ok().filter(|pairs| !pairs.is_empty())?;
    Some(pairs.into_iter().map(|(name, text)| (name, Value::Text(text))).collect())
}

/// The pairs of a text, unescaped, each with a key of its own.
fn pairs_in(text: &str) -> Result<Vec<(String, String)>, DecodeError> {
    let pairs = items_in(text)?.into_iter().map(pair).collect::<Result<Vec<_>, _>>()?;
    let mut seen = HashSet::with_capacity(pairs.len());
    if pairs.iter().all(|(key, _)| seen.insert(key.as_str())) { Ok(pairs) } else { Err(DecodeError::key_twice()) }
}

/// The items of a text, as they are written.
fn items_in(text: &str) -> Result<Vec<&str>, DecodeError> {
    // The escaped commas separate items further in, so that one count bounds all depths.
    if text.bytes().filter(|byte| *byte == b',').count() >= VALUES {
        return Err(DecodeError::too_large("the text holds more than a million values"));
    }
    Ok(split(text, ','))
}

/// The depth of what is within this text.
fn below(text: &Text<'_>) -> Result<u8, DecodeError> {
    if text.depth < DEPTH { Ok(text.depth + 1) } else { Err(DecodeError::new("nested too deeply")) }
}

fn pair(item: &str) -> Result<(String, String), DecodeError> {
    match *split(item, '=') {
        [key, ..] if key.len() < item.len() => Ok((unescape(trim(key)), unescape(trim(&item[key.len() + 1..])))),
        _ => Err(DecodeError::new("expected pairs such as `name=value`, found an item without `=`")),
    }
}

/// Splits at separators that no backslash escapes; empty text has no parts.
fn split(text: &str, separator: char) -> Vec<&str> {
    if text.trim().is_empty() {
        return Vec::new();
    }
    let mut escaped = false;
    text.split(|character| {
        let splits = character == separator && !escaped;
        escaped = character == '\\' && !escaped;
        splits
    })
    .collect()
}

/// Drops the white space around an item, but not a space that a backslash escapes.
fn trim(item: &str) -> &str {
    let item = item.trim_start();
    let trimmed = item.trim_end();
    let backslashes = trimmed.chars().rev().take_while(|character| *character == '\\').count();
    match item[trimmed.len()..].chars().next() {
        Some(space) if backslashes % 2 == 1 => &item[..trimmed.len() + space.len_utf8()],
        _ => trimmed,
    }
}

fn unescape(item: &str) -> String {
    let mut characters = item.chars();
    let mut plain = String::with_capacity(item.len());
    while let Some(character) = characters.next() {
        plain.push(if character == '\\' { characters.next().unwrap_or('\\') } else { character });
    }
    plain
}
