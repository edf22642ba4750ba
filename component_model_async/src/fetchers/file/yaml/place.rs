//! Where the values of a document are: used only in errors, so the text is parsed again.

use saphyr_parser::{Event, Marker};

use super::{
    super::{document::Position, places::Outline},
    DEPTH,
    events::{Events, Problem},
    is_merge,
};
use crate::decode::Step;

/// Where all values are, in a text that has been parsed. What an alias repeats is at the alias, and what a merge key adds is
/// at the value of the merge key.
pub(in super::super) fn outline(text: &str) -> Outline {
    let mut walk = Walk { events: Events::unbounded(text), outline: Outline::default() };
    match walk.document() {
        Ok(()) => walk.outline,
        Err(_) => Outline::default(),
    }
}

struct Walk<'t> {
    events: Events<'t>,
    outline: Outline,
}

impl<'t> Walk<'t> {
    fn document(&mut self) -> Result<(), Problem> {
        match self.events.next()? {
            (Event::DocumentStart(_), _) => {
                let (event, at) = self.events.next()?;
                self.value(&event, at, 0)
            }
            // An empty text is null.
            (_, at) => {
                self.outline.leaf(at.index());
                Ok(())
            }
        }
    }

    fn value(&mut self, event: &Event<'t>, at: Marker, depth: usize) -> Result<(), Problem> {
        if depth > DEPTH || *event == Event::StreamEnd {
            return Err(Problem::malformed("there is no value", at));
        }
        self.outline.begin(at.index());
        match event {
            Event::SequenceStart(..) => self.items(depth + 1)?,
            Event::MappingStart(..) => self.members(depth + 1)?,
            _ => {}
        }
        self.outline.end();
        Ok(())
    }

    fn items(&mut self, depth: usize) -> Result<(), Problem> {
        loop {
            match self.events.next()? {
                (Event::SequenceEnd, _) => return Ok(()),
                (event, at) => self.value(&event, at, depth)?,
            }
        }
    }

    fn members(&mut self, depth: usize) -> Result<(), Problem> {
        let mut merged = None;
        loop {
            let name = match self.events.next()? {
                (Event::MappingEnd, _) => break,
                (name, _) => name,
            };
            let merges =
                matches!(name, Event::Scalar(ref text, style, _, ref tag) if is_merge(text, style, tag.as_deref()));
            let ((event, at), before) = (self.events.next()?, self.outline.len());
            self.value(&event, at, depth)?;
            if merges {
                self.outline.truncate(before);
                merged = merged.or(Some(at.index()));
            }
        }
        // The parsed value has the merged members after the map's own.
        merged.into_iter().for_each(|at| self.outline.rest(at));
        Ok(())
    }
}

/// Where the steps lead, or the last of them that is in the text: the values of an alias are at the alias.
pub(in super::super) fn position(text: &str, steps: &[Step]) -> Option<Position> {
    let mut events = Events::unbounded(text);
    loop {
        match events.next().ok()? {
            (Event::DocumentStart(_), _) => {}
            (event, at) => {
                let at = seek(&mut events, event, at, steps).ok()?;
                return Some((at.line(), at.col() + 1));
            }
        }
    }
}

fn seek<'t>(events: &mut Events<'t>, event: Event<'t>, at: Marker, steps: &[Step]) -> Result<Marker, Problem> {
    match (event, steps.split_first()) {
        (Event::SequenceStart(..), Some((Step::Index(index), rest))) => {
            for _ in 0..*index {
                if skip(events)? == 0 {
                    return Ok(at);
                }
            }
            descend(events, at, rest)
        }
        (Event::MappingStart(..), Some((Step::Key(sought), rest))) => loop {
            match events.next()? {
                (Event::MappingEnd | Event::StreamEnd, _) => return Ok(at),
                (Event::Scalar(name, ..), _) if name == sought.as_str() => return descend(events, at, rest),
                (event, _) => {
                    finish(events, &event)?;
                    skip(events)?;
                }
            }
        },
        _ => Ok(at),
    }
}

fn descend(events: &mut Events<'_>, around: Marker, steps: &[Step]) -> Result<Marker, Problem> {
    match events.next()? {
        (Event::SequenceEnd | Event::MappingEnd | Event::StreamEnd, _) => Ok(around),
        (event, at) => seek(events, event, at, steps),
    }
}

/// Skips the next value; the number of its events is zero at the end of a list or map.
fn skip(events: &mut Events<'_>) -> Result<usize, Problem> {
    match events.next()? {
        (Event::SequenceEnd | Event::MappingEnd | Event::StreamEnd, _) => Ok(0),
        (event, _) => finish(events, &event),
    }
}

/// Skips what is left of a value that began with an event.
fn finish(events: &mut Events<'_>, first: &Event<'_>) -> Result<usize, Problem> {
    let begins = |event: &Event<'_>| matches!(event, Event::SequenceStart(..) | Event::MappingStart(..));
    let (mut open, mut count) = (usize::from(begins(first)), 1);
    while open > 0 {
        match events.next()? {
            (Event::SequenceEnd | Event::MappingEnd, _) => open -= 1,
            (Event::StreamEnd, _) => return Ok(count),
            (event, _) => open += usize::from(begins(&event)),
        }
        count += 1;
    }
    Ok(count)
}
