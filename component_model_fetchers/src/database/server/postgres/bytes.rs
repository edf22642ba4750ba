//! Takes the parts of PostgreSQL's binary formats one after another.

use crate::database::column::Unreadable;

pub(super) const UNFIT: Unreadable = Unreadable::Content("bytes that are not valid for its type");

/// Removes the first bytes.
pub(super) fn take<const N: usize>(bytes: &mut &[u8]) -> Result<[u8; N], Unreadable> {
    let (first, rest) = bytes.split_first_chunk::<N>().ok_or(UNFIT)?;
    *bytes = rest;
    Ok(*first)
}

pub(super) fn take_slice<'b>(bytes: &mut &'b [u8], length: usize) -> Result<&'b [u8], Unreadable> {
    let (first, rest) = bytes.split_at_checked(length).ok_or(UNFIT)?;
    *bytes = rest;
    Ok(first)
}
