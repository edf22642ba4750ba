//! How much a source may answer, whatever it is: the bounds on memory that all of them share.

/// The largest answer, in bytes: 16 MiB. What is larger is an error of the kind
/// [`TooLarge`](crate::ErrorKind::TooLarge).
///
/// ```
/// use component_model::limit;
///
/// assert_eq!(limit::BYTES, 16 * 1024 * 1024);
/// ```
pub const BYTES: usize = 16 * 1024 * 1024;

/// The most values (scalars, lists and maps) that one document may hold: a limit on the size of a text does not bound
/// what it becomes, since two bytes write a value and a value takes more.
///
/// ```
/// use component_model::limit;
///
/// assert_eq!(limit::VALUES, 1_000_000);
/// ```
pub const VALUES: usize = 1_000_000;
