//! One component: its layers in turn, then its ladder (fresh value, fallback literal, absence, error).

use tokio::time::Instant;

use super::{Event, Run};
use crate::{
    ComponentError, ErrorKind, SourceError,
    bind::{BoundComponent, Layer},
    decode::Slot,
    error::Tried,
    log,
    policy::{deadline, fallback},
    report::{Outcome, Trace},
    source::{Answer, Found},
};

/// What asking the layers came to.
struct Asked {
    /// The layer that gave the value or failed; the last one where none has it.
    layer: Option<Layer>,
    absent: Vec<Layer>,
    attempts: u32,
    result: Result<(), Failure>,
}

/// Why there is no fresh value: of a source, or found while binding, when the error is whole already.
enum Failure {
    Source(SourceError),
    Bound(ComponentError),
}

impl Failure {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Source(error) => error.kind(),
            Self::Bound(error) => error.kind(),
        }
    }
}

/// Fetches one component into its slot.
pub(super) async fn fetch(run: &Run<'_>, bound: &BoundComponent, slot: &mut dyn Slot) -> Trace {
    let begun = Instant::now();
    announce(run, bound);
    let mut asked = Asked { layer: None, absent: Vec::new(), attempts: 0, result: Ok(()) };
    let has_fallback = match fallback::prepare(bound.component, slot) {
        Ok(has_fallback) => has_fallback,
        Err(error) => {
            asked.result = Err(Failure::Source(error));
            return conclude(run, bound, begun, asked, Outcome::Failed);
        }
    };
    if let Err(late) = deadline::until(run.deadline, ask(run, bound, slot, &mut asked)).await {
        asked.result = Err(Failure::Source(late));
    }
    let outcome = match &asked.result {
        Ok(()) => Outcome::Fetched,
        Err(_) if has_fallback => Outcome::Fallback,
        Err(failure) if failure.kind() == ErrorKind::Absent && slot.accept_absence() => Outcome::Absent,
        Err(_) => Outcome::Failed,
    };
    conclude(run, bound, begun, asked, outcome)
}

/// Asks the layers in turn: absence goes on to the next, a failure does not.
async fn ask(run: &Run<'_>, bound: &BoundComponent, slot: &mut dyn Slot, asked: &mut Asked) {
    if let Some(refused) = &bound.refused {
        asked.result = Err(Failure::Bound(refused.clone()));
        return;
    }
    let mut absence = SourceError::new(ErrorKind::Absent, "no source has the value")
        .with_hint("where the value may be missing, a `fallback` or an `Option` serves");
    for layer in &bound.layers {
        asked.layer = Some(*layer);
        let called = run.called(*layer).await;
        asked.attempts = called.attempts;
        match answer_to(&called.answers, *layer) {
            Ok(Some(found)) => {
                asked.result = decode(found, slot).map_err(Failure::Source);
                return;
            }
            Ok(None) => asked.absent.push(*layer),
            Err(error) if error.kind() == ErrorKind::Absent => {
                asked.absent.push(*layer);
                absence = error.clone();
            }
            Err(error) => {
                asked.result = Err(Failure::Source(error.clone()));
                return;
            }
        }
    }
    asked.result = Err(Failure::Source(absence));
}

fn answer_to(answers: &Result<Vec<Answer>, SourceError>, layer: Layer) -> Result<Option<&Found>, &SourceError> {
    answers.as_ref()?.get(layer.request).map_or(Ok(None), |answer| answer.as_ref().map(Option::as_ref))
}

fn decode(found: &Found, slot: &mut dyn Slot) -> Result<(), SourceError> {
    slot.decode(found.value()).map_err(|error| match found.place(error.path()) {
        Some(place) => SourceError::from(error).at(place),
        None => error.into(),
    })
}

/// Tells the observer and the log, and puts together what is known.
fn conclude(run: &Run<'_>, bound: &BoundComponent, begun: Instant, asked: Asked, outcome: Outcome) -> Trace {
    let elapsed = begun.elapsed();
    let (layer, attempts) = (asked.layer, asked.attempts);
    let problem = match (outcome, asked.result) {
        (Outcome::Failed | Outcome::Fallback, Err(failure)) => {
            Some(error_of(run, bound, failure, layer, &asked.absent).after(attempts, elapsed))
        }
        _ => None,
    };
    if let Some(problem) = &problem {
        log::problem(outcome, problem);
    }
    if let Some(observer) = run.observer {
        observer.tell(&Event::Finished {
            component: bound.component.name,
            outcome,
            elapsed,
            problem: problem.as_ref(),
        });
    }
    Trace { outcome, layer, attempts, offset: begun - run.started, elapsed, problem }
}

fn announce(run: &Run<'_>, bound: &BoundComponent) {
    if let (Some(observer), Some(source)) = (run.observer, bound.component.sources.first()) {
        observer.tell(&Event::Started { component: bound.component.name, source });
    }
}

/// The full error: what the source said, and where it stood.
fn error_of(
    run: &Run<'_>,
    bound: &BoundComponent,
    failure: Failure,
    layer: Option<Layer>,
    absent: &[Layer],
) -> ComponentError {
    let failure = match failure {
        Failure::Bound(error) => return error,
        Failure::Source(failure) => failure,
    };
    let everywhere_absent = failure.kind() == ErrorKind::Absent;
    let error = ComponentError::new(failure).of(run.bound.plan.name, bound.component);
    // The one source that was asked is the source of the error; several are listed.
    let several = absent.len() > 1 || !everywhere_absent;
    let error = if several { error.tried(absent.iter().map(|layer| tried(run, *layer)).collect()) } else { error };
    match layer {
        Some(layer) if !(everywhere_absent && several) => {
            let (source, locator) = run.bound.place_of(layer);
            error.located(source, locator)
        }
        _ => error,
    }
}

fn tried(run: &Run<'_>, layer: Layer) -> Tried {
    let (source, locator) = run.bound.place_of(layer);
    Tried { source: source.to_owned(), locator: locator.to_owned() }
}
