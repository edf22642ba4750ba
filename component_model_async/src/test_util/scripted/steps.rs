//! The answers for one key, in sequence or at random.

use std::collections::VecDeque;

use super::super::Script;

/// What answers the next request for a key.
pub(super) enum Steps {
    /// One after another; the last is never removed.
    Sequence(VecDeque<Script>),
    /// Each with its weight.
    Random { choices: Vec<(u32, Script)>, random: fastrand::Rng },
}

impl Default for Steps {
    fn default() -> Self {
        Self::Sequence(VecDeque::new())
    }
}

impl Steps {
    pub(super) fn random(seed: u64, choices: Vec<(u32, Script)>) -> Self {
        Self::Random { choices, random: fastrand::Rng::with_seed(seed) }
    }

    /// Whether there is any answer.
    pub(super) fn is_empty(&self) -> bool {
        matches!(self, Self::Sequence(steps) if steps.is_empty())
    }

    /// The next answer, which is not taken. A key without a script is absent.
    pub(super) fn peek(&self) -> Script {
        let next = match self {
            Self::Sequence(steps) => steps.front(),
            Self::Random { choices, random } => choose(choices, &mut random.clone()),
        };
        next.cloned().unwrap_or_else(Script::absent)
    }

    /// The next answer, and whether another one follows in the sequence.
    pub(super) fn take(&mut self) -> (Script, bool) {
        let next = self.peek();
        let follows = match self {
            Self::Sequence(steps) if steps.len() > 1 => steps.pop_front().is_some(),
            Self::Sequence(_) => false,
            Self::Random { choices, random } => {
                choose(choices, random);
                false
            }
        };
        (next, follows)
    }
}

fn choose<'c>(choices: &'c [(u32, Script)], random: &mut fastrand::Rng) -> Option<&'c Script> {
    let total: u64 = choices.iter().map(|(weight, _)| u64::from(*weight)).sum();
    let mut rest = if total == 0 { return None } else { random.u64(..total) };
    let chosen = choices.iter().find(|(weight, _)| {
        let is_chosen = rest < u64::from(*weight);
        rest = rest.saturating_sub(u64::from(*weight));
        is_chosen
    });
    chosen.map(|(_, script)| script)
}
