//! The report as data. Its shape is a promise, written down at [`Report`].

use std::time::Duration;

use serde::{Serialize, Serializer};

use super::{ComponentReport, Outcome, Report};
use crate::{ComponentError, ErrorKind, error::message_text};

#[derive(Serialize)]
struct ReportShape<'r> {
    name: &'r str,
    total_us: u64,
    components: Vec<ComponentReport<'r>>,
}

#[derive(Serialize)]
struct EntryShape<'r> {
    component: &'r str,
    r#type: &'r str,
    source: &'r str,
    locator: &'r str,
    outcome: Outcome,
    attempts: u32,
    offset_us: u64,
    elapsed_us: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<ProblemShape<'r>>,
}

#[derive(Serialize)]
struct ProblemShape<'r> {
    kind: ErrorKind,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<&'r str>,
}

impl Serialize for Report {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let components = self.entries().collect();
        ReportShape { name: self.name(), total_us: micros(self.total()), components }.serialize(serializer)
    }
}

impl Serialize for ComponentReport<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let shape = EntryShape {
            component: self.component(),
            r#type: self.ty(),
            source: self.source(),
            locator: self.locator(),
            outcome: self.outcome(),
            attempts: self.attempts(),
            offset_us: micros(self.offset()),
            elapsed_us: micros(self.elapsed()),
            problem: self.problem().map(ProblemShape::from),
        };
        shape.serialize(serializer)
    }
}

impl<'r> From<&'r ComponentError> for ProblemShape<'r> {
    fn from(error: &'r ComponentError) -> Self {
        Self { kind: error.kind(), message: message_text(error), hint: error.hint() }
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
