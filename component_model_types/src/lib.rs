//! The base of `component_model`, without dependencies: assignment by type, conversions, durations and the constant
//! plan.
//!
//! Depend on `component_model`, which re-exports what programs need, together with the derives.

#[doc(hidden)]
pub mod alias;
pub mod assign;
pub mod built_in;
pub mod convert;
pub mod duration;
pub mod keys;
pub mod options;
pub mod plan;
pub mod text;

pub use assign::{Assign, AssignError, AssignWithType, TryAssign, Unambiguous};
pub use convert::{ByInto, ByItems, ByParse, BySeconds, ByTryInto, IntoValue, TryIntoValue};
