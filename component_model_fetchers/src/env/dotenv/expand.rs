//! Replaces `${NAME}` by the variable's text, on request. Inserted text is not expanded again.

use std::collections::HashMap;

use component_model_source::{
    ErrorKind,
    limit::{self, BYTES_SHOWN},
};

use super::{
    super::config::Variables,
    Broken,
    parse::{Assignment, Piece},
};

/// The maximum total size of the values of a file, in bytes.
const LIMIT: usize = limit::BYTES;

/// The expanded values of the assignments: they insert the given variables, or else those of the lines above.
pub(super) fn expand(
    assignments: Vec<Assignment<'_>>,
    variables: Option<&Variables>,
) -> Result<HashMap<String, String>, Broken> {
    let mut values = HashMap::new();
    let mut left = LIMIT;
    for Assignment { line, name, value } in assignments {
        let value = expanded(value, line, variables, &values, &mut left)?;
        values.insert(name.to_owned(), value);
    }
    Ok(values)
}

fn expanded(
    pieces: Vec<Piece<'_>>,
    line: usize,
    variables: Option<&Variables>,
    above: &HashMap<String, String>,
    left: &mut usize,
) -> Result<String, Broken> {
    let mut value = String::new();
    for piece in pieces {
        let text = match piece {
            Piece::Text(text) => text,
            Piece::Variable(name) => variable(name, line, variables, above)?,
        };
        let too_large = || {
            let message = format!("the values hold more than {BYTES_SHOWN}").into();
            Broken { line, kind: ErrorKind::TooLarge, message }
        };
        *left = left.checked_sub(text.len()).ok_or_else(too_large)?;
        value = if value.is_empty() { text } else { value + &text };
    }
    Ok(value)
}

fn variable(
    name: &str,
    line: usize,
    variables: Option<&Variables>,
    above: &HashMap<String, String>,
) -> Result<String, Broken> {
    match variables.map(|variables| variables.get(name)) {
        Some(Err(_)) => Err(Broken::malformed(line, "a variable that the line inserts is not UTF-8")),
        Some(Ok(Some(text))) => Ok(text),
        _ => above.get(name).cloned().ok_or(Broken::malformed(
            line,
            "a variable that the line inserts is not set, neither in the environment nor in a line above",
        )),
    }
}
