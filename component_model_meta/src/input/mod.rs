//! Turns the derive's input into data: the struct, its fields, and the unchanged contents of the attributes.
//!
//! What always holds: this module does not know the keys; it reports only syntax errors.

use proc_macro2::Span;
use syn::{
    Attribute, Data, DeriveInput, Expr, ExprLit, Fields, Generics, Ident, Lit, Meta, MetaNameValue, Type, Visibility,
    ext::IdentExt, spanned::Spanned,
};

use self::own::Own;
pub(crate) use self::setting::{Setting, Value};
use crate::mistakes::Mistakes;

mod attributes;
mod own;
mod setting;

/// A struct with named fields.
pub(crate) struct Input {
    pub(crate) ident: Ident,
    pub(crate) vis: Visibility,
    /// As the types of the fields, without `Self`.
    pub(crate) generics: Generics,
    /// For code that the user wrote with `Self`.
    pub(crate) own: Own,
    pub(crate) settings: Vec<Setting>,
    pub(crate) fields: Vec<Field>,
    /// The syntax errors; `check` adds to them, so that one run reports everything.
    pub(crate) unreadable: Option<syn::Error>,
}

/// A named field.
pub(crate) struct Field {
    /// Those that its methods have too.
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) vis: Visibility,
    pub(crate) ident: Ident,
    pub(crate) ty: Type,
    /// The documentation, line by line.
    pub(crate) docs: String,
    pub(crate) settings: Vec<Setting>,
    /// Whether all of its settings could be read.
    pub(crate) readable: bool,
}

impl Field {
    /// The name without `r#`.
    pub(crate) fn name(&self) -> String {
        self.ident.unraw().to_string()
    }
}

/// Reads a struct with named fields, or returns an error at the right position.
pub(crate) fn read(input: &DeriveInput) -> syn::Result<Input> {
    let mut mistakes = Mistakes::default();
    let settings = setting::read(&input.attrs, &mut mistakes);
    let own_type = Own::new(&input.ident, &input.generics);
    let mut fields = Vec::new();
    for field in named(input).map_err(|(span, kind)| syn::Error::new(span, needs_struct(&input.ident, kind)))? {
        let Some(ident) = field.ident.clone() else { continue };
        let mut own = Mistakes::default();
        let settings = setting::read(&field.attrs, &mut own);
        let unreadable = own.finish().err();
        let (attributes, vis) = (attributes::inherited(&field.attrs), field.vis.clone());
        let ty = own_type.named(&field.ty);
        let docs = docs(&field.attrs);
        fields.push(Field { attributes, vis, ident, ty, docs, settings, readable: unreadable.is_none() });
        mistakes.extend(unreadable);
    }
    let unreadable = mistakes.finish().err();
    let (ident, vis, generics) = (input.ident.clone(), input.vis.clone(), own_type.generics(&input.generics));
    Ok(Input { ident, vis, generics, own: own_type, settings, fields, unreadable })
}

/// The text of `///` comments.
fn docs(attributes: &[Attribute]) -> String {
    let line = |attribute: &Attribute| match &attribute.meta {
        Meta::NameValue(MetaNameValue { path, value: Expr::Lit(ExprLit { lit: Lit::Str(text), .. }), .. })
            if path.is_ident("doc") =>
        {
            Some(text.value().trim().to_owned())
        }
        _ => None,
    };
    attributes.iter().filter_map(line).collect::<Vec<_>>().join("\n")
}

fn named(input: &DeriveInput) -> Result<impl Iterator<Item = &syn::Field>, (Span, &'static str)> {
    match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(fields) => Ok(fields.named.iter()),
            Fields::Unnamed(fields) => Err((fields.span(), "a tuple struct")),
            Fields::Unit => Err((input.ident.span(), "a unit struct")),
        },
        Data::Enum(data) => Err((data.enum_token.span, "an enum")),
        Data::Union(data) => Err((data.union_token.span, "a union")),
    }
}

fn needs_struct(ident: &Ident, kind: &str) -> String {
    format!("components are the fields of a struct with named fields; `{}` is {kind}", ident.unraw())
}
