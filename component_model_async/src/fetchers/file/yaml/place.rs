//! Where a part of a document is: used only in errors, so the text is parsed again.

use saphyr_parser::{Event, Marker};

use super::{
    super::document::Position,
    events::{Events, Problem},
};
use crate::decode::Step;

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
