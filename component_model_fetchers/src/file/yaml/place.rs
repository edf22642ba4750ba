//! The positions of the values of a document: used only in errors and reports, so the text is parsed again.

use saphyr_parser::{Event, Marker};

use super::{
    super::places::Outline,
    DEPTH,
    events::{Events, Problem},
    is_merge,
};

/// The positions of all values in a text that has been parsed. Values of an alias are at the alias, and values of a
/// merge key at the value of the merge key.
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
