//! Collects mistakes, so that all mistakes in a struct are reported at once.

use std::fmt::Display;

use proc_macro2::Span;

/// The mistakes found so far; [`finish`](Self::finish) turns them into the result.
#[derive(Default)]
#[must_use]
pub(crate) struct Mistakes(Option<syn::Error>);

impl Mistakes {
    pub(crate) fn push(&mut self, span: Span, message: impl Display) {
        self.add(syn::Error::new(span, message));
    }

    pub(crate) fn add(&mut self, mistake: syn::Error) {
        match &mut self.0 {
            Some(mistakes) => mistakes.combine(mistake),
            None => self.0 = Some(mistake),
        }
    }

    pub(crate) fn extend(&mut self, mistakes: impl IntoIterator<Item = syn::Error>) {
        mistakes.into_iter().for_each(|mistake| self.add(mistake));
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    pub(crate) fn finish(self) -> syn::Result<()> {
        self.0.map_or(Ok(()), Err)
    }
}
