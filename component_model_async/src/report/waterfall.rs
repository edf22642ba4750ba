//! The report as bars on one axis of time: it shows that the total is the time of the slowest component, not the sum.

use std::{fmt, time::Duration};

use super::{ComponentReport, Outcome, Report};
use crate::text::{
    duration_text,
    layout::{PAGE, pad, pad_left, width},
};

/// The fewest columns for the bars, and for a name that is cut.
const NARROWEST: usize = 10;

/// The eighths of a column, from one to seven.
const EIGHTHS: [char; 7] = ['▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/// The start and the end of each component, as bars on one axis of time; printed by `Display`.
///
/// A solid bar is a component that got its value as intended (fetched, cached, computed) or is absent; a shaded bar is
/// one that fell back or failed. The sum is that of the [calls](Report::calls), so a shared call counts once.
///
/// ```
/// use component_model::Fetch;
/// # use doc_examples::{AppConfig, sources};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), component_model::ComponentErrors> {
/// let report = Fetch::<AppConfig>::new().sources(&sources()).report().await?.report;
/// println!("{}", report.waterfall().width(60));
/// # assert!(report.waterfall().width(60).to_string().contains("port  ▕"));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
#[must_use = "a waterfall does nothing until it is printed"]
pub struct Waterfall {
    report: Report,
    width: usize,
}

/// The time that the bars share: from the beginning of the fetch to the last end of a component.
#[derive(Debug, Clone, Copy)]
pub(super) struct Axis(Duration);

impl Report {
    /// The start and the end of each component, as bars on one axis of time, 100 columns wide.
    ///
    /// ```
    /// use component_model::Fetch;
    /// # use doc_examples::{AppConfig, sources};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), component_model::ComponentErrors> {
    /// let report = Fetch::<AppConfig>::new().sources(&sources()).report().await?.report;
    /// println!("{}", report.waterfall());
    /// # assert!(report.waterfall().to_string().starts_with("AppConfig: sum "));
    /// # Ok(())
    /// # }
    /// ```
    pub fn waterfall(&self) -> Waterfall {
        Waterfall { report: self.clone(), width: PAGE }
    }
}

impl Waterfall {
    /// Sets the width in columns; names and bars keep at least 10 each.
    ///
    /// ```
    /// # let report = doc_examples::report();
    /// println!("{}", report.waterfall().width(60));
    /// # assert!(report.waterfall().width(60).to_string().contains("port"));
    /// ```
    pub fn width(mut self, columns: usize) -> Self {
        self.width = columns;
        self
    }
}

impl fmt::Display for Waterfall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let axis = Axis::of(&self.report);
        let rows: Vec<_> =
            self.report.entries().map(|entry| Row::new(entry, (self.width / 3).max(NARROWEST))).collect();
        f.write_str(&summary(&self.report))?;
        if rows.is_empty() {
            return Ok(());
        }
        let columns = Columns::of(&rows, self.width);
        f.write_str("\n")?;
        rows.iter().try_for_each(|row| write!(f, "\n{}", columns.line(row, axis)))?;
        write!(f, "\n{}{}", " ".repeat(columns.name + 3), axis.scale(columns.bar))
    }
}

/// The width of each part of a line.
struct Columns {
    name: usize,
    bar: usize,
    time: usize,
}

impl Columns {
    fn of(rows: &[Row<'_>], page: usize) -> Self {
        let name = rows.iter().map(|row| width(&row.name)).max().unwrap_or(0);
        let time = rows.iter().map(|row| width(&row.time)).max().unwrap_or(0);
        let note = rows.iter().map(|row| width(&row.note)).max().unwrap_or(0);
        let gaps = if note == 0 { 5 } else { 7 };
        Self { name, bar: page.saturating_sub(name + time + note + gaps).max(NARROWEST), time }
    }

    fn line(&self, row: &Row<'_>, axis: Axis) -> String {
        let (name, bar, time) =
            (pad(&row.name, self.name), axis.bar(row.entry, self.bar), pad_left(&row.time, self.time));
        format!("{name}  ▕{bar}▏ {time}  {}", row.note).trim_end().to_owned()
    }
}

/// A component with the texts next to its bar.
struct Row<'r> {
    entry: &'r ComponentReport,
    name: String,
    time: String,
    note: String,
}

impl<'r> Row<'r> {
    fn new(entry: &'r ComponentReport, longest_name: usize) -> Self {
        let time = duration_text(entry.elapsed());
        Self { entry, name: entry.short_name(longest_name), time, note: entry.note() }
    }
}

/// `AppConfig: sum 212 ms, total 52.3 ms`.
pub(super) fn summary(report: &Report) -> String {
    let (name, sum, total) = (report.short_name(), duration_text(report.sum()), duration_text(report.total()));
    format!("{name}: sum {sum}, total {total}")
}

impl Axis {
    pub(super) fn of(report: &Report) -> Self {
        Self(report.entries().map(end_of).fold(report.total(), Duration::max))
    }

    /// A moment as a part of the whole, from 0 to 1.
    fn part(self, moment: Duration) -> f64 {
        if self.0.is_zero() { 0.0 } else { (moment.as_secs_f64() / self.0.as_secs_f64()).clamp(0.0, 1.0) }
    }

    /// Where an entry begins and ends, as parts of the whole.
    pub(super) fn span(self, entry: &ComponentReport) -> (f64, f64) {
        (self.part(entry.offset()), self.part(end_of(entry)))
    }

    /// The time at a number of hundredths of the whole.
    pub(super) fn at(self, hundredths: u32) -> Duration {
        let exact = self.0.checked_mul(hundredths).map(|many| many / 100);
        exact.unwrap_or(self.0 / 100 * hundredths)
    }

    /// A bar in its columns. It is always visible, even if the time is short.
    fn bar(self, entry: &ComponentReport, columns: usize) -> String {
        let (begin, end) = self.span(entry);
        let before = ((begin * columns as f64) as usize).min(columns.saturating_sub(1));
        let end = (end * (columns * 8) as f64).round() as usize;
        let eighths = end.saturating_sub(before * 8).max(1);
        let bar = match entry.outcome() {
            Outcome::Fetched | Outcome::Cached | Outcome::Computed | Outcome::Default | Outcome::Absent => {
                full(eighths)
            }
            Outcome::Stale | Outcome::OtherSource | Outcome::LastKnownGood | Outcome::Fallback | Outcome::Failed => {
                "▒".repeat(eighths.div_ceil(8))
            }
        };
        pad(&format!("{}{bar}", " ".repeat(before)), columns)
    }

    /// The times at the beginning, in the middle if there is room, and at the end.
    fn scale(self, columns: usize) -> String {
        let (begin, middle, end) = ("0", duration_text(self.at(50)), duration_text(self.0));
        let before_middle = (columns / 2).saturating_sub(width(&middle) / 2);
        let line = format!("{}{middle}", pad(begin, before_middle));
        if width(&line) + 1 + width(&end) > columns || before_middle <= width(begin) {
            return format!("{begin}{}", pad_left(&end, columns - width(begin)));
        }
        let rest = columns - width(&line);
        format!("{line}{}", pad_left(&end, rest))
    }
}

fn end_of(entry: &ComponentReport) -> Duration {
    entry.offset().saturating_add(entry.elapsed())
}

fn full(eighths: usize) -> String {
    let rest = (eighths % 8).checked_sub(1).map(|rest| EIGHTHS[rest]);
    "█".repeat(eighths / 8).chars().chain(rest).collect()
}
