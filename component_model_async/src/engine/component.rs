//! One component: its layers in turn, then its ladder (fresh value, fallback literal, absence, error).

use tokio::time::Instant;

use super::{Event, Run};
use crate::{
    ComponentError, ErrorKind, SourceError,
    bind::{BoundComponent, Layer},
    decode::Slot,
    error::Tried,
    policy::{deadline, fallback},
    report::{Outcome, Trace},
};

/// What asking the layers came to.
struct Asked {
    /// The layer that gave the value or failed; the last one where none has it.
    layer: Option<Layer>,
    absent: Vec<Layer>,
    attempts: u32,
    result: Result<(), SourceError>,
}

/// Fetches one component into its slot.
pub(super) async fn fetch(run: &Run<'_>, bound: &BoundComponent, slot: &mut dyn Slot) -> Trace {
    let begun = Instant::now();
    announce(run, bound);
    let mut asked = Asked { layer: None, absent: Vec::new(), attempts: 0, result: Ok(()) };
    let has_fallback = match fallback::prepare(bound.component, slot) {
        Ok(has_fallback) => has_fallback,
        Err(error) => {
            asked.result = Err(error);
            return conclude(run, bound, begun, asked, Outcome::Failed);
        }
    };
    if let Err(late) = deadline::until(run.deadline, ask(run, bound, slot, &mut asked)).await {
        asked.result = Err(late);
    }
    let outcome = match &asked.result {
        Ok(()) => Outcome::Fetched,
        Err(_) if has_fallback => Outcome::Fallback,
        Err(error) if error.kind() == ErrorKind::Absent && slot.accept_absence() => Outcome::Absent,
        Err(_) => Outcome::Failed,
    };
    conclude(run, bound, begun, asked, outcome)
}

/// Asks the layers in turn: absence goes on to the next, a failure does not.
async fn ask(run: &Run<'_>, bound: &BoundComponent, slot: &mut dyn Slot, asked: &mut Asked) {
    for layer in &bound.layers {
        asked.layer = Some(*layer);
        let called = run.called(*layer).await;
        asked.attempts = called.attempts;
        let answer = match &called.answers {
            Ok(answers) => &answers[layer.request],
            Err(error) => {
                asked.result = Err(error.clone());
                return;
            }
        };
        match answer {
            Ok(None) => asked.absent.push(*layer),
            Ok(Some(found)) => {
                asked.result = slot.decode(found.value()).map_err(|error| match found.place(error.path()) {
                    Some(place) => SourceError::from(error).at(place),
                    None => error.into(),
                });
                return;
            }
            Err(error) => {
                asked.result = Err(error.clone());
                return;
            }
        }
    }
    asked.result = Err(SourceError::new(ErrorKind::Absent, "no source has the value"));
}

/// Tells the observer, and puts together what is known.
fn conclude(run: &Run<'_>, bound: &BoundComponent, begun: Instant, asked: Asked, outcome: Outcome) -> Trace {
    let elapsed = begun.elapsed();
    let layer = asked.layer;
    let attempts = asked.attempts;
    let problem = match outcome {
        Outcome::Failed | Outcome::Fallback => asked
            .result
            .err()
            .map(|failure| error_of(run, bound, failure, layer, &asked.absent).after(attempts, elapsed)),
        Outcome::Fetched | Outcome::Absent => None,
    };
    let trace = Trace { outcome, layer, attempts, offset: begun - run.started, elapsed, problem };
    if let Some(observer) = run.observer {
        let problem = trace.problem.as_ref();
        observer.tell(&Event::Finished { component: bound.component.name, outcome, elapsed, problem });
    }
    trace
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
    failure: SourceError,
    layer: Option<Layer>,
    absent: &[Layer],
) -> ComponentError {
    let everywhere_absent = failure.kind() == ErrorKind::Absent;
    let error = ComponentError::new(failure).of(run.bound.plan.name, bound.component);
    let tried = |layer: &Layer| {
        let (source, locator) = run.bound.place_of(*layer);
        Tried { source: source.to_owned(), locator: locator.to_owned() }
    };
    // The one source that was asked is the source of the error; several are listed.
    let several = absent.len() > 1 || !everywhere_absent;
    let error = if several { error.tried(absent.iter().map(tried).collect()) } else { error };
    match layer {
        Some(layer) if !(everywhere_absent && several) => {
            let (source, locator) = run.bound.place_of(layer);
            error.from_source(source, locator)
        }
        _ => error,
    }
}
