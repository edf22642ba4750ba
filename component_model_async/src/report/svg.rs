//! The waterfall as an SVG file: without scripts or fonts, and with colours that are legible on light and dark
//! backgrounds.

use std::fmt::Write;

use super::{
    ComponentReport, Report,
    colour::colour,
    waterfall::{Axis, summary},
};
use crate::text::{
    duration_text,
    layout::{one_line, width},
};

/// The width of the area for the bars, in pixels like all other dimensions.
const BARS: f64 = 600.0;
/// The height of a row, and of a bar in it.
const ROW: f64 = 22.0;
const BAR: f64 = 14.0;
/// From the baseline of a row's text to its top.
const BASELINE: f64 = 15.0;
/// The space around the drawing, and between its columns.
const MARGIN: f64 = 16.0;
/// The width of a column of text at 12 pixels, generous enough for every monospaced font.
const COLUMN: f64 = 7.4;
/// The widest name, in columns of text.
const NAME: usize = 40;
/// The minimum width of the notes next to the times, in columns of text.
const NOTE: usize = 10;
/// Grey for text and lines: its contrast is more than 4 to 1 on white and on black.
const INK: &str = "#767676";

impl Report {
    /// The [waterfall](Self::waterfall) as a standalone SVG file.
    ///
    /// ```
    /// use component_model::Fetch;
    /// # use doc_examples::{AppConfig, sources};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), component_model::ComponentErrors> {
    /// let report = Fetch::<AppConfig>::new().sources(&sources()).report().await?.report;
    /// let svg = report.to_svg();
    /// assert!(svg.starts_with("<svg xmlns=") && svg.trim_end().ends_with("</svg>"));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn to_svg(&self) -> String {
        let drawing = Drawing::new(self);
        let rows: String = self.entries().enumerate().map(|(position, entry)| drawing.row(entry, position)).collect();
        let title = escaped(&summary(self));
        let (width, height) = (drawing.width(), drawing.bottom() + ROW + MARGIN);
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" width=\"{width:.0}\" \
             height=\"{height:.0}\" role=\"img\" font-family=\"ui-monospace, Menlo, Consolas, monospace\" \
             font-size=\"12\" fill=\"{INK}\">\n<title>{title}</title>\n\
             <text x=\"{MARGIN}\" y=\"{:.0}\" font-weight=\"bold\">{title}</text>\n{}{rows}</svg>\n",
            MARGIN + BASELINE,
            drawing.scale(),
        )
    }
}

/// Where the parts of the drawing are.
struct Drawing {
    axis: Axis,
    rows: usize,
    /// The left edge of the area for the bars.
    left: f64,
    /// The right edge of the times, which are right of the bars.
    right: f64,
    /// The width of the notes.
    notes: f64,
}

impl Drawing {
    fn new(report: &Report) -> Self {
        let widest = |text: fn(&ComponentReport) -> String| report.entries().map(|entry| width(&text(entry))).max();
        let names = widest(|entry| entry.short_name(NAME)).unwrap_or(0);
        let times = widest(|entry| duration_text(entry.elapsed())).unwrap_or(0);
        let notes = widest(ComponentReport::note).unwrap_or(0).max(NOTE) as f64 * COLUMN;
        let left = MARGIN + names as f64 * COLUMN + MARGIN;
        let right = left + BARS + MARGIN + times as f64 * COLUMN;
        Self { axis: Axis::of(report), rows: report.entries().len(), left, right, notes }
    }

    fn width(&self) -> f64 {
        self.right + COLUMN + self.notes + MARGIN
    }

    fn top(&self) -> f64 {
        MARGIN + ROW + MARGIN / 2.0
    }

    fn bottom(&self) -> f64 {
        self.top() + self.rows as f64 * ROW
    }

    /// Five lines behind the bars, each with its time below.
    fn scale(&self) -> String {
        let mut lines = String::new();
        for hundredths in [0, 25, 50, 75, 100] {
            let x = self.left + BARS * f64::from(hundredths) / 100.0;
            let time = if hundredths == 0 { "0".to_owned() } else { duration_text(self.axis.at(hundredths)) };
            let (top, bottom, baseline) = (self.top(), self.bottom(), self.bottom() + BASELINE);
            let _infallible = write!(
                lines,
                "<line x1=\"{x:.1}\" y1=\"{top:.1}\" x2=\"{x:.1}\" y2=\"{bottom:.1}\" stroke=\"{INK}\" \
                 stroke-opacity=\"0.3\"/>\n<text x=\"{x:.1}\" y=\"{baseline:.1}\" text-anchor=\"middle\">{time}</text>\n"
            );
        }
        lines
    }

    fn row(&self, entry: &ComponentReport, position: usize) -> String {
        let top = self.top() + position as f64 * ROW;
        let baseline = top + BASELINE;
        let (begin, end) = self.axis.span(entry);
        // A bar without width could not be seen or hovered over.
        let length = ((end - begin) * BARS).max(2.0);
        let x = self.left + (begin * BARS).min(BARS - length);
        let (name, title) = (escaped(&entry.short_name(NAME)), escaped(&title(entry)));
        let (time, note) = (duration_text(entry.elapsed()), entry.note());
        format!(
            "<text x=\"{MARGIN}\" y=\"{baseline:.1}\">{name}</text>\n\
             <rect x=\"{x:.1}\" y=\"{:.1}\" width=\"{length:.1}\" height=\"{BAR}\" rx=\"2\" fill=\"{}\">\
             <title>{title}</title></rect>\n\
             <text x=\"{:.1}\" y=\"{baseline:.1}\" text-anchor=\"end\">{time}</text>\n\
             <text x=\"{:.1}\" y=\"{baseline:.1}\">{note}</text>\n",
            top + (ROW - BAR) / 2.0,
            colour(entry.outcome()),
            self.right,
            self.right + COLUMN,
        )
    }
}

/// The tooltip of a bar.
fn title(entry: &ComponentReport) -> String {
    let (name, ty, origin, outcome) = (entry.component(), entry.ty(), entry.origin(), entry.outcome().label());
    let version = entry.version().map(|version| format!(", version {version}")).unwrap_or_default();
    let age = entry.age().map(|age| format!(", {} old", duration_text(age))).unwrap_or_default();
    let problem = entry.problem().map(|problem| format!(": {problem}")).unwrap_or_default();
    let time = duration_text(entry.elapsed());
    one_line(&format!("{name}: {ty} from {origin}: {outcome}{version}{age} in {time}{problem}"))
}

/// Escapes the text for XML.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            // XML cannot contain these, not even escaped.
            '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            _ => escaped.push(character),
        }
    }
    escaped
}
