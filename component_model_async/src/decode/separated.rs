//! The separator form: `a,b,c` for lists, `host=db,port=5432` for maps and structs.
//!
//! A backslash takes the next character literally. White space around items and keys is dropped, unless it is escaped.

use std::{borrow::Cow, collections::HashSet};

use serde::de::{DeserializeSeed, MapAccess, SeqAccess, Visitor, value::StrDeserializer};

use super::{DecodeError, Step, text::Text};

/// Visits the items of a list.
pub(super) fn visit_items<'de, V: Visitor<'de>>(text: &str, visitor: V) -> Result<V::Value, DecodeError> {
    let items = split(text, ',').into_iter().map(|item| unescape(trim(item))).collect();
    let mut access = Items { items, next: 0 };
    let value = visitor.visit_seq(&mut access)?;
    match access.items.len() - access.next {
        0 => Ok(value),
        more => Err(DecodeError::new(format!("{more} items more than the type takes"))),
    }
}

struct Items {
    items: Vec<String>,
    next: usize,
}

impl<'de> SeqAccess<'de> for &mut Items {
    type Error = DecodeError;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, DecodeError> {
        let index = self.next;
        let Some(item) = self.items.get_mut(index).map(std::mem::take) else { return Ok(None) };
        self.next += 1;
        seed.deserialize(Text(Cow::Owned(item))).map(Some).map_err(|error| error.within(Step::Index(index)))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.items.len() - self.next)
    }
}

/// The pairs of a map or a struct.
pub(super) struct Pairs {
    pairs: std::vec::IntoIter<(String, String)>,
    pending: Option<(String, String)>,
}

impl Pairs {
    pub(super) fn new(text: &str) -> Result<Self, DecodeError> {
        let pairs = split(text, ',').into_iter().map(pair).collect::<Result<Vec<_>, _>>()?;
        let names: HashSet<_> = pairs.iter().map(|(key, _)| key).collect();
        if names.len() < pairs.len() {
            return Err(DecodeError::new("a key stands twice in one map"));
        }
        Ok(Self { pairs: pairs.into_iter(), pending: None })
    }
}

impl<'de> MapAccess<'de> for Pairs {
    type Error = DecodeError;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, DecodeError> {
        self.pending = self.pairs.next();
        self.pending.as_ref().map(|(key, _)| seed.deserialize(Text(Cow::Owned(key.clone())))).transpose()
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, DecodeError> {
        match self.pending.take() {
            Some((key, value)) => {
                seed.deserialize(Text(Cow::Owned(value))).map_err(|error| error.within(Step::Key(key)))
            }
            None => seed.deserialize(StrDeserializer::new("")),
        }
    }
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

/// Drops the white space around an item, but not a space whose backslash would be left alone.
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
