//! Which member passes which case, and why not where it does not.

use crate::{ROWS, cases::ALL};

/// What a member says of itself.
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) passes: &'static [&'static str],
    pub(crate) lacks: &'static [(&'static str, &'static str)],
}

impl Row {
    fn reason(&self, case: &str) -> Option<&'static str> {
        self.lacks.iter().find(|(name, _)| *name == case).map(|(_, reason)| *reason)
    }

    /// How often the member names a case: once is right.
    fn mentions(&self, case: &str) -> usize {
        let named = self.passes.iter().chain(self.lacks.iter().map(|(name, _)| name));
        named.filter(|name| **name == case).count()
    }
}

#[test]
fn every_member_says_of_every_case_whether_it_has_it() {
    println!("{}", table());
    for row in ROWS {
        for case in ALL {
            assert_eq!(row.mentions(case), 1, "{}: {case}", row.name);
        }
        assert_eq!(row.passes.len() + row.lacks.len(), ALL.len(), "{} names a case that is none", row.name);
        assert!(row.lacks.iter().all(|(_, reason)| reason.contains(' ')), "{}: a reason is missing", row.name);
    }
}

/// The matrix, with the reasons below it.
fn table() -> String {
    let width = ALL.iter().map(|case| case.len()).max().unwrap_or_default();
    let names: String = ROWS.iter().map(|row| format!(" {:>9}", row.name)).collect();
    let line = |case: &&str| {
        let cells: String =
            ROWS.iter().map(|row| format!(" {:>9}", if row.reason(case).is_some() { "-" } else { "passes" })).collect();
        format!("{case:width$}{cells}\n")
    };
    let lines: String = ALL.iter().map(line).collect();
    let reason = |row: &Row| -> String {
        row.lacks.iter().map(|(case, reason)| format!("{}, {case}: {reason}\n", row.name)).collect()
    };
    let reasons: String = ROWS.iter().map(reason).collect();
    format!("{:width$}{names}\n{lines}\n{reasons}", "")
}
