//! The attributes of a field that its methods have too.

use syn::{Attribute, Meta, parse_quote};

/// Documentation, deprecation and `#[doc(hidden)]`, in order.
pub(super) fn inherited(attributes: &[Attribute]) -> Vec<Attribute> {
    attributes.iter().filter_map(inherit).collect()
}

fn inherit(attribute: &Attribute) -> Option<Attribute> {
    let is_doc = attribute.path().is_ident("doc");
    match &attribute.meta {
        _ if attribute.path().is_ident("deprecated") => Some(attribute.clone()),
        Meta::NameValue(_) if is_doc => Some(attribute.clone()),
        // Without what else is in the same parentheses, such as an alias that belongs to the field only.
        Meta::List(list) if is_doc => {
            let hidden = list.tokens.clone().into_iter().any(|token| token.to_string() == "hidden");
            hidden.then(|| parse_quote!(#[doc(hidden)]))
        }
        Meta::List(_) | Meta::NameValue(_) | Meta::Path(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_documentation_and_deprecation_are_inherited() {
        let field: syn::ItemStruct = parse_quote! {
            /// The port.
            #[doc = include_str!("port.md")]
            #[doc(alias = "socket", hidden)]
            #[doc(alias = "hidden")]
            #[serde(default)]
            #[deprecated(since = "2.0", note = "use `address`")]
            #[component(fetch_from = "env")]
            struct Field;
        };
        let expected: syn::ItemStruct = parse_quote! {
            /// The port.
            #[doc = include_str!("port.md")]
            #[doc(hidden)]
            #[deprecated(since = "2.0", note = "use `address`")]
            struct Field;
        };
        assert_eq!(inherited(&field.attrs), expected.attrs);
    }
}
