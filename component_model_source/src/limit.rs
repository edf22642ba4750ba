//! How large an answer may be: the limits on memory that all sources share.

/// The largest answer, in bytes: 16 MiB. A larger one is an error of the kind
/// [`TooLarge`](crate::ErrorKind::TooLarge).
///
/// ```
/// use component_model::limit;
///
/// assert_eq!(limit::BYTES, 16 * 1024 * 1024);
/// ```
pub const BYTES: usize = 16 * 1024 * 1024;

/// [`BYTES`] as messages show it.
///
/// ```
/// use component_model::limit;
///
/// assert_eq!(limit::BYTES_SHOWN, format!("{} MiB", limit::BYTES / 1024 / 1024));
/// ```
pub const BYTES_SHOWN: &str = "16 MiB";

/// The most values (scalars, lists and maps) that one document may contain. A limit on the size of the text does not bound
/// the memory of its values, because two bytes of text can be a value, which takes more.
///
/// ```
/// use component_model::limit;
///
/// assert_eq!(limit::VALUES, 1_000_000);
/// ```
pub const VALUES: usize = 1_000_000;
