//! What components depend on: the names in templates and in `depends_on`, and cycles among them.

use std::{cell::Cell, collections::BTreeMap};

use component_model_types::text::{list_of, nearest};

use super::tree::Leaf;
use crate::{ErrorKind, SourceError};

/// The positions of all components, by path.
pub(super) struct Names<'p> {
    by_path: BTreeMap<String, usize>,
    leaves: &'p [Leaf<'p>],
    /// How many unknown names were answered with the known ones.
    answered: Cell<usize>,
}

/// How many unknown names are answered with the nearest known one. To find it, all are compared.
const ANSWERED: usize = 16;

/// The longest list of known names in an answer.
const LISTED: usize = 24;

impl<'p> Names<'p> {
    pub(super) fn new(leaves: &'p [Leaf<'p>]) -> Self {
        Self {
            by_path: leaves.iter().enumerate().map(|(position, leaf)| (leaf.path_text(), position)).collect(),
            leaves,
            answered: Cell::new(0),
        }
    }

    /// The component with a name that is written in the struct of another component, to which `scope` names lead.
    pub(super) fn component(&self, of: &Leaf<'_>, scope: usize, name: &str) -> Result<usize, SourceError> {
        let path = in_scope(of, scope, name);
        let found = self.by_path.get(&path).copied();
        found.ok_or_else(|| self.unknown(of, scope, name))
    }

    /// The components of a name in `depends_on`: a component, or all those of a nested struct.
    pub(super) fn components(&self, of: &Leaf<'_>, name: &str) -> Result<Vec<usize>, SourceError> {
        let path = in_scope(of, of.scope(), name);
        let below = format!("{path}.");
        let nested = self.by_path.range(below.clone()..).take_while(|(known, _)| known.starts_with(&below));
        let mut found: Vec<_> = nested.map(|(_, position)| *position).chain(self.by_path.get(&path).copied()).collect();
        found.sort_unstable();
        if found.is_empty() { Err(self.unknown(of, of.scope(), name)) } else { Ok(found) }
    }

    /// Whether the type of a component says that its value must never be shown.
    pub(super) fn is_sensitive(&self, position: usize) -> bool {
        self.leaves[position].component.sensitive
    }

    fn unknown(&self, of: &Leaf<'_>, scope: usize, name: &str) -> SourceError {
        let error = SourceError::new(ErrorKind::Misconfigured, format!("`{name}` is not a component that is fetched"));
        if self.answered.replace(self.answered.get() + 1) >= ANSWERED {
            return error;
        }
        let within = |leaf: &&Leaf<'_>| leaf.path.starts_with(&of.path[..scope]) && leaf.path != of.path;
        let known: Vec<_> = self.leaves.iter().filter(within).map(|leaf| leaf.path[scope..].join(".")).collect();
        match nearest(name, known.iter().map(String::as_str)) {
            Some(near) => error.with_hint(format!("did you mean `{near}`?")),
            None if known.is_empty() => error.with_hint("write `{{` and `}}` for braces"),
            None => error.with_hint(format!("it can be {}; write `{{{{` and `}}}}` for braces", listed(&known))),
        }
    }
}

fn listed(known: &[String]) -> String {
    match known.split_at_checked(LISTED) {
        Some((first, more)) if !more.is_empty() => format!("{}, or one of {} others", list_of(first), more.len()),
        _ => list_of(known),
    }
}

fn in_scope(of: &Leaf<'_>, scope: usize, name: &str) -> String {
    let outer = of.path[..scope].iter().copied();
    outer.chain([name]).collect::<Vec<_>>().join(".")
}

/// A cycle among components that depend on each other: their positions, the first one again at the end.
pub(super) fn cycle(needs: &[Vec<usize>]) -> Option<Vec<usize>> {
    let mut states = vec![State::New; needs.len()];
    for start in 0..needs.len() {
        // Not recursive: a chain may be long.
        let mut path = vec![(start, 0)];
        while let Some((position, next)) = path.last_mut() {
            if *next == 0 {
                if states[*position] == State::Done {
                    path.pop();
                    continue;
                }
                states[*position] = State::Open;
            }
            let needed = needs[*position].get(*next).copied();
            *next += 1;
            match needed {
                None => {
                    states[*position] = State::Done;
                    path.pop();
                }
                Some(needed) if states[needed] == State::Open => {
                    let from = path.iter().position(|(position, _)| *position == needed)?;
                    return Some(path[from..].iter().map(|(position, _)| *position).chain([needed]).collect());
                }
                Some(needed) => path.push((needed, 0)),
            }
        }
    }
    None
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    New,
    Open,
    Done,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cycle_is_found_and_a_diamond_is_none() {
        assert_eq!(cycle(&[vec![1, 2], vec![3], vec![3], vec![]]), None);
        assert_eq!(cycle(&[vec![1], vec![2], vec![1]]), Some(vec![1, 2, 1]));
        assert_eq!(cycle(&[vec![0]]), Some(vec![0, 0]));
        assert_eq!(cycle(&[vec![], vec![0], vec![1, 3], vec![2]]), Some(vec![2, 3, 2]));
    }

    #[test]
    fn a_long_chain_needs_no_stack() {
        let chain: Vec<_> =
            (0..100_000).map(|position| if position == 0 { vec![] } else { vec![position - 1] }).collect();
        assert_eq!(cycle(&chain), None);
        let reversed: Vec<_> =
            chain.iter().rev().map(|needs| needs.iter().map(|need| 99_999 - need).collect()).collect();
        assert_eq!(cycle(&reversed), None);
    }
}
