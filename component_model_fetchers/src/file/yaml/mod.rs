//! YAML 1.2: its core schema, with merge keys (`<<`) and without custom tags.
//!
//! The text is read event by event and turned into a value while its size is counted; an alias counts each time.
//!
//! What always holds, with all aliases expanded: at most a million values, 16 MiB of text in them, and 128 levels.

mod events;
mod place;
mod scalar;

use std::collections::HashMap;

use component_model_source::{
    Value,
    limit::{self, BYTES_SHOWN, VALUES},
    value::{Names, TOO_MANY},
};
use saphyr_parser::{Event, Marker, ScalarStyle, Tag};

use self::events::{Events, Problem};
pub(super) use self::place::outline;
use super::broken::Broken;

/// The maximum nesting of lists and maps; the JSON parser has the same limit.
const DEPTH: usize = 128;

/// The maximum total size of the text in all values, in bytes: the size of the largest file.
const TEXT: usize = limit::BYTES;

/// The name of a merge key.
const MERGE: &str = "<<";

pub(super) fn parse(text: &str) -> Result<Value, Broken> {
    let mut reader = Reader { events: Events::new(text)?, anchors: HashMap::new(), cost: Cost::default() };
    match reader.document() {
        Ok(value) => Ok(value),
        Err(Problem::TooLarge(message)) => Err(Broken::too_large(message)),
        Err(Problem::Malformed(message, at)) => Err(Broken::malformed(message, Some((at.line(), at.col() + 1)))),
    }
}

/// The size of a value, or of all values of a text.
#[derive(Debug, Clone, Copy, Default)]
struct Cost {
    values: usize,
    text: usize,
    /// The depth of nested lists and maps, including the value itself.
    levels: usize,
}

impl Cost {
    /// A scalar, or a list or map without its contents.
    fn one(text: usize) -> Self {
        Self { values: 1, text, levels: 0 }
    }

    /// The cost of a copy of the value.
    fn of(value: &Value) -> Self {
        match value {
            Value::String(text) | Value::Text(text) => Self::one(text.len()),
            Value::List(items) => Self::around(items.iter().map(Self::of)),
            Value::Map(members) => Self::around(
                members.iter().map(|(name, value)| Self::of(value).and(Self { text: name.len(), ..Self::default() })),
            ),
            _ => Self::one(0),
        }
    }

    /// A list or a map with these contents.
    fn around(inner: impl Iterator<Item = Self>) -> Self {
        let all = inner.fold(Self::one(0), Self::and);
        Self { levels: all.levels + 1, ..all }
    }

    fn and(self, other: Self) -> Self {
        Self {
            values: self.values.saturating_add(other.values),
            text: self.text.saturating_add(other.text),
            levels: self.levels.max(other.levels),
        }
    }
}

struct Reader<'t> {
    events: Events<'t>,
    /// The values with an anchor, and the cost of a copy of each. A value is added when it is complete.
    anchors: HashMap<usize, (Value, Cost)>,
    cost: Cost,
}

impl<'t> Reader<'t> {
    fn document(&mut self) -> Result<Value, Problem> {
        let value = match self.events.next()? {
            (Event::StreamEnd, _) => return Ok(Value::Null),
            (Event::DocumentStart(_), _) => self.next_value(0)?,
            (_, at) => return Err(Problem::malformed("there is no document", at)),
        };
        match (self.events.next()?, self.events.next()?) {
            ((Event::DocumentEnd, _), (Event::StreamEnd, _)) => Ok(value),
            (_, (_, at)) => Err(Problem::malformed("there is more than one document", at)),
        }
    }

    fn next_value(&mut self, depth: usize) -> Result<Value, Problem> {
        let (event, at) = self.events.next()?;
        self.value(event, at, depth)
    }

    fn value(&mut self, event: Event<'t>, at: Marker, depth: usize) -> Result<Value, Problem> {
        check_depth(depth, at)?;
        let (anchor, value) = match event {
            Event::Alias(anchor) => return self.alias(anchor, at, depth),
            Event::Scalar(text, style, anchor, tag) => {
                self.pay(Cost::one(text.len()))?;
                (anchor, scalar::value(text, style, tag.as_deref()))
            }
            Event::SequenceStart(anchor, _) => {
                self.pay(Cost::one(0))?;
                (anchor, self.list(depth)?)
            }
            Event::MappingStart(anchor, _) => {
                self.pay(Cost::one(0))?;
                (anchor, self.map(depth)?)
            }
            _ => return Err(Problem::malformed("a value is missing", at)),
        };
        if anchor > 0 {
            let copy = Cost::of(&value);
            self.pay(copy)?;
            self.anchors.insert(anchor, (value.clone(), copy));
        }
        Ok(value)
    }

    fn alias(&mut self, anchor: usize, at: Marker, depth: usize) -> Result<Value, Problem> {
        let Some((_, cost)) = self.anchors.get(&anchor) else {
            return Err(Problem::malformed("an alias is within the value that it repeats", at));
        };
        let cost = *cost;
        check_depth(depth + cost.levels, at)?;
        self.pay(cost)?;
        Ok(self.anchors.get(&anchor).map_or(Value::Null, |(value, _)| value.clone()))
    }

    /// Counts before anything is created.
    fn pay(&mut self, cost: Cost) -> Result<(), Problem> {
        self.cost = self.cost.and(cost);
        match (self.cost.values > VALUES, self.cost.text > TEXT) {
            (true, _) => Err(Problem::TooLarge(TOO_MANY.into())),
            (_, true) => {
                let message = format!("the document holds more than {BYTES_SHOWN} of text, its aliases included");
                Err(Problem::TooLarge(message.into()))
            }
            _ => Ok(()),
        }
    }

    fn list(&mut self, depth: usize) -> Result<Value, Problem> {
        let mut items = Vec::new();
        loop {
            match self.events.next()? {
                (Event::SequenceEnd, _) => return Ok(Value::List(items)),
                (event, at) => items.push(self.value(event, at, depth + 1)?),
            }
        }
    }

    fn map(&mut self, depth: usize) -> Result<Value, Problem> {
        let (mut members, mut names, mut merged) = (Vec::new(), Names::default(), Vec::new());
        loop {
            let (event, at) = self.events.next()?;
            if matches!(event, Event::MappingEnd) {
                break;
            }
            let name = self.name(event, at, depth + 1)?;
            let value = self.next_value(depth + 1)?;
            match name {
                Name::Merge => add_merged(&mut merged, value, at)?,
                Name::Of(name) if names.insert(&members, &name) => members.push((name, value)),
                Name::Of(_) => return Err(Problem::malformed("a key occurs twice in one map", at)),
            }
        }
        // The map's own members take precedence; among merged ones, the first.
        for (name, value) in merged {
            if names.insert(&members, &name) {
                members.push((name, value));
            }
        }
        Ok(Value::Map(members))
    }

    /// The key of a map: a scalar as written, so that `80` and `"80"` are the same key.
    fn name(&mut self, event: Event<'t>, at: Marker, depth: usize) -> Result<Name, Problem> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                self.pay(Cost { text: text.len(), ..Cost::default() })?;
                if anchor > 0 {
                    let copy = Cost::one(text.len());
                    self.pay(copy)?;
                    self.anchors.insert(anchor, (Value::String(text.clone().into_owned()), copy));
                }
                let merges = is_merge(&text, style, tag.as_deref());
                Ok(if merges { Name::Merge } else { Name::Of(text.into_owned()) })
            }
            Event::Alias(anchor) => match self.alias(anchor, at, depth)? {
                Value::String(text) | Value::Text(text) => Ok(Name::Of(text)),
                _ => Err(Problem::malformed("an alias that is a key does not repeat text", at)),
            },
            _ => Err(Problem::malformed("a key of a map is not a scalar", at)),
        }
    }
}

/// Checks that no value is nested too deeply, since it is cloned, dropped and decoded recursively.
fn check_depth(depth: usize, at: Marker) -> Result<(), Problem> {
    if depth > DEPTH { Err(Problem::malformed("it is nested too deeply", at)) } else { Ok(()) }
}

/// The key of a map.
enum Name {
    Merge,
    Of(String),
}

fn is_merge(name: &str, style: ScalarStyle, tag: Option<&Tag>) -> bool {
    name == MERGE && scalar::is_plain(style, tag)
}

/// Adds the contents of a merge key: a map or a list of maps.
fn add_merged(merged: &mut Vec<(String, Value)>, value: Value, at: Marker) -> Result<(), Problem> {
    match value {
        Value::Map(members) => merged.extend(members),
        Value::List(maps) if maps.iter().all(|map| matches!(map, Value::Map(_))) => {
            maps.into_iter().try_for_each(|map| add_merged(merged, map, at))?;
        }
        _ => return Err(Problem::malformed("the value of a merge key is neither a map nor a list of maps", at)),
    }
    Ok(())
}

#[cfg(test)]
mod tests;
