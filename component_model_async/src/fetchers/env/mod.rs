//! The source `env`: variables of the environment, and `.env` files.
//!
//! | option | meaning |
//! | --- | --- |
//! | `key` | the variable, as it is written; without it the container's prefix and the field's name in upper case |
//!
//! The value is text: the field's type reads it ([how](crate::decode)), so a list is `a,b,c` or JSON, and a struct is
//! `host=db,port=5432` or JSON. A variable that is set to an empty string is present and empty; one that is not set is
//! absent; one that is not UTF-8 is malformed.
//!
//! # `.env` files
//!
//! ```text
//! # a comment
//! export PORT=8080            # `export` is allowed; a comment needs white space before it
//! PASSWORD=pa$$word#1         # read as it stands: pa$$word#1
//! LABELS={"a": 1}             # quotes within a value are part of it
//! GREETING="two\nlines \"x\""  # in double quotes: \n \r \t \" \\ \$
//! PATTERN='^\d+$'             # in single quotes nothing has a meaning
//! KEY="-----BEGIN KEY-----
//! ...                         # a quoted value may have several lines
//! -----END KEY-----"
//! ```
//!
//! - A name consists of letters, digits, `_`, `.` and `-`. Spaces and tabs around the name and the `=` are dropped.
//! - Without quotes the value is the rest of the line, without surrounding white space and without a comment, which
//!   begins with `#` after white space. No character has a special meaning, neither a backslash nor `$`.
//! - In quotes the value is the text between them. Every line end in it is a `\n`, regardless of the editor. A
//!   backslash before any other character than those above is unchanged.
//! - Within a file, the last line that sets a name wins; among several files, the first file that has it wins. A
//!   variable of the environment takes precedence over all files.
//! - A line that is not valid fails the components that need the file. The error has the file and the line number,
//!   never the text. Files may end their lines with CRLF and begin with a byte order mark.
//!
//! `${NAME}` inserts a variable only after [`Env::interpolate`], in double quotes and without quotes: a variable of the
//! environment (of [`Env::of`], if the source was created with it), or else of a line above in the same file. A
//! variable that is not set is an error. `$NAME` without braces is unchanged, inserted text is not expanded again, and
//! the values of a file have at most 16 MiB.
//!
//! | other parsers | how they read the same file |
//! | --- | --- |
//! | docker compose | inserts `$NAME` and `${NAME:-default}` unless the value is in single quotes; a variable that is not set is empty |
//! | Node's `dotenv` and `--env-file` | only `\n` in double quotes; `#` begins a comment in a value without quotes, even without white space; backticks are quotes |
//! | `python-dotenv` | inserts `${NAME}`, also in single quotes, unless this is disabled; a line that is not valid is skipped with a warning |
//! | a shell | inserts everywhere except in single quotes, and allows no space around `=` |

mod config;
mod dotenv;
mod source;

pub use self::config::Env;
