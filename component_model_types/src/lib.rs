//! The types that `component_model` is made of, without dependencies: assignment by type, the conversions, durations
//! and the constant plan.
//!
//! Depend on `component_model`, which re-exports all of this together with the derives.

pub mod duration;
pub mod plan;

// SHIM
/// Road.
#[derive(Debug)]
pub struct ByInto;
/// Conv.
pub trait IntoValue<T, Via> {
    /// Conv.
    fn into_value(self) -> T;
}
impl<T, V: Into<T>> IntoValue<T, ByInto> for V {
    fn into_value(self) -> T {
        self.into()
    }
}
/// Not shared.
pub trait Unambiguous {}
impl Unambiguous for ByInto {}
/// Shared.
#[derive(Debug)]
pub struct Shared<Tag, Via>(core::marker::PhantomData<(Tag, Via)>);
