//! The complete error of a component: the source's error with the component and the place.

use super::{super::Scene, ComponentState, Failure};
use crate::{ComponentError, ErrorKind, SourceError, bind::Layer, error::Tried};

impl ComponentState<'_> {
    /// The complete error: the source's error with the component and the place, and what to do if nothing covers it.
    pub(super) fn error(
        &self,
        run: &Scene<'_>,
        failure: Failure,
        layer: Option<Layer>,
        is_covered: bool,
    ) -> ComponentError {
        let absent = self.absent_layers();
        let tried = || absent.iter().map(|layer| tried(run, *layer)).collect();
        let failure = match failure {
            Failure::Bound(error) | Failure::Refused(error) => return error.tried(tried()),
            Failure::Absent => absence(run, &absent),
            Failure::Source(failure) | Failure::Dependency(failure, _) => failure,
        };
        let everywhere_absent = failure.kind() == ErrorKind::Absent;
        let failure = match everywhere_absent && !is_covered {
            true => self.with_remedy(run, failure, &absent),
            false => failure,
        };
        let error = ComponentError::new(failure).about(&self.bound.about);
        // If only one source was asked, it is the source of the error; several are listed.
        let several = absent.len() > 1 || !everywhere_absent;
        let error = if several { error.tried(tried()) } else { error };
        match layer {
            Some(layer) if !(everywhere_absent && several) => {
                let (source, locator) = run.place_of(layer);
                error.located(source, locator)
            }
            _ => error,
        }
    }

    /// What to do about a value that no source has: at each source, in its own terms.
    fn with_remedy(&self, run: &Scene<'_>, failure: SourceError, absent: &[Layer]) -> SourceError {
        let set = |layer: &Layer| {
            let call = run.calls.get(layer.call());
            // What a source of the user's own says may be anything.
            let source = Some(&call.source).filter(|source| source.is_built_in() || !self.is_sensitive());
            source?.how_to_set(call.requests[layer.request()].query())
        };
        let mut remedies: Vec<_> = absent.iter().filter_map(set).collect();
        if remedies.is_empty() && absent.len() == 1 {
            remedies.push("set it there".to_owned());
        }
        let all = [Some(remedies.join(", or ")), failure.hint().map(str::to_owned), Some(OPTIONAL.to_owned())];
        let all: Vec<_> = all.into_iter().flatten().filter(|hint| !hint.is_empty()).collect();
        failure.with_hint(all.join("; "))
    }
}

const OPTIONAL: &str = "if it may be missing, add a `default` or make the field an `Option`";

/// The longest locator that a message repeats: a query is only in the line of the source.
const SHORT: usize = 60;

/// Absence without a message of the source, which says what was asked if it was one source.
fn absence(run: &Scene<'_>, absent: &[Layer]) -> SourceError {
    let [only] = absent else {
        return SourceError::new(ErrorKind::Absent, "no source has the value");
    };
    let (source, locator) = run.place_of(*only);
    let message = match locator.chars().count() {
        1..=SHORT => format!("`{source}` has no value for `{locator}`"),
        _ => format!("`{source}` has no value"),
    };
    SourceError::new(ErrorKind::Absent, message)
}

fn tried(run: &Scene<'_>, layer: Layer) -> Tried {
    let (source, locator) = run.place_of(layer);
    Tried { source: source.to_owned(), locator: locator.to_owned() }
}
