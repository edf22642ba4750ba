//! Watches: each change is told, in order, whatever happens to the server or the connection meanwhile.

mod changes;
mod ends;
mod faults;
mod told;

pub(crate) use self::{
    changes::{watch_burst, watch_changes, watch_from_version, watch_many, watch_wrong_value},
    ends::{watch_dropped, watch_shut_down},
    faults::{watch_cut, watch_restart, watch_silent},
};
