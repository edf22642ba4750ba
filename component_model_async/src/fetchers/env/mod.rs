//! The source `env`: variables of the environment, and `.env` files.
//!
//! | option | meaning |
//! | --- | --- |
//! | `key` | the variable, as written; without it the path of the field in upper case, such as `SHOP_POOL_MAX` |
//!
//! The value is text, which the field's type parses ([how](crate::decode)), so a list is `a,b,c` or JSON, and a struct is
//! `host=db,port=5432` or JSON. An empty variable is present; one that is not set is absent; one that is not UTF-8 is
//! malformed.
//!
//! # `.env` files
//!
//! ```text
//! # a comment
//! export PORT=8080            # `export` is allowed; a comment needs white space before it
//! PASSWORD=pa$$word#1         # read unchanged: pa$$word#1
//! LABELS={"a": 1}             # quotes within a value are part of it
//! GREETING="two\nlines \"x\""  # in double quotes: \n \r \t \" \\ \$
//! PATTERN='^\d+$'             # in single quotes no character is special
//! KEY="-----BEGIN KEY-----
//! ...                         # a quoted value may have several lines
//! -----END KEY-----"
//! ```
//!
//! - A name is made of letters, digits, `_`, `.` and `-`. Spaces and tabs around the name and the `=` are dropped.
//! - Without quotes the value is the rest of the line, without white space at its ends and without a comment, which begins
//!   with `#` after white space. No character is special, neither a backslash nor `$`.
//! - A quoted value is the text between the quotes. A line end in it is a `\n`, whatever the editor wrote. A backslash before
//!   any other character than those above is kept.
//! - The last line that sets a name wins within a file, and the first file that has it among several; a variable of the
//!   environment wins over all files.
//! - A line that is not valid fails the components that need the file, with the file and the line, never its text. Files may
//!   end their lines with CRLF and begin with a byte order mark.
//!
//! `${NAME}` inserts a variable only after [`Env::interpolate`], in double quotes and without quotes: a variable of the
//! environment (or those given to [`Env::of`]), otherwise one of a line above in the same file. A variable that is not set
//! is an error. `$NAME` without braces is unchanged, inserted text is not searched again, and the values of a file may have
//! at most 16 MiB.
//!
//! | other parsers | how they read the same file |
//! | --- | --- |
//! | docker compose | inserts `$NAME` and `${NAME:-default}` unless the value is in single quotes; one that is not set is empty |
//! | Node's `dotenv` and `--env-file` | only `\n` in double quotes; `#` begins a comment in a value without quotes, without white space too; backticks are quotes |
//! | `python-dotenv` | inserts `${NAME}`, also in single quotes, unless told not to; a line that is not valid is skipped with a warning |
//! | a shell | inserts everywhere but in single quotes, and allows no space around `=` |

pub use component_model_fetchers::env::Env;
