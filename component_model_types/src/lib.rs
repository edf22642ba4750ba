//! The base types of `component_model`, without dependencies: assignment by type, the conversions, durations and the
//! constant plan.
//!
//! Depend on `component_model`, which re-exports all of this together with the derives.

pub mod assign;
pub mod built_in;
pub mod convert;
pub mod duration;
pub mod options;
pub mod plan;
pub mod text;

pub use assign::{Assign, AssignError, AssignWithType, TryAssign, Unambiguous};
pub use convert::{ByInto, ByItems, ByParse, BySeconds, ByTryInto, IntoValue, TryIntoValue};
