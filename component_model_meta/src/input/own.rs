//! Replaces `Self` by the struct's own type: some generated items are not in an implementation for the struct, where
//! `Self` is something else.

use proc_macro2::{Group, Spacing, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{Generics, Ident, parse::Parse};

/// The struct's own type, such as `AppConfig<'a, T>`.
pub(crate) struct Own(TokenStream);

impl Own {
    pub(super) fn new(ident: &Ident, generics: &Generics) -> Self {
        let (_, arguments, _) = generics.split_for_impl();
        Self(quote!(#ident #arguments))
    }

    /// The generics of the struct without `Self`.
    pub(super) fn generics(&self, generics: &Generics) -> Generics {
        let mut generics = generics.clone();
        generics.params.iter_mut().for_each(|parameter| *parameter = self.named(parameter));
        if let Some(clause) = &mut generics.where_clause {
            clause.predicates.iter_mut().for_each(|predicate| *predicate = self.named(predicate));
        }
        generics
    }

    /// The item with the type's name instead of `Self`.
    pub(crate) fn named<T: Parse + ToTokens + Clone>(&self, item: &T) -> T {
        let tokens = item.to_token_stream();
        let named = mentions_self(tokens.clone()).then(|| syn::parse2(self.replace(tokens)).ok());
        named.flatten().unwrap_or_else(|| item.clone())
    }

    fn replace(&self, tokens: TokenStream) -> TokenStream {
        let mut replaced = TokenStream::new();
        let mut tokens = tokens.into_iter().peekable();
        while let Some(token) = tokens.next() {
            match token {
                TokenTree::Ident(ident) if ident == "Self" => {
                    let this = at(ident.span(), self.0.clone());
                    replaced.extend(if is_colons(tokens.peek()) { quote!(<#this>) } else { this });
                }
                TokenTree::Group(group) => {
                    let mut inner = Group::new(group.delimiter(), self.replace(group.stream()));
                    inner.set_span(group.span());
                    replaced.extend([TokenTree::Group(inner)]);
                }
                other => replaced.extend([other]),
            }
        }
        replaced
    }
}

fn mentions_self(tokens: TokenStream) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == "Self",
        TokenTree::Group(group) => mentions_self(group.stream()),
        TokenTree::Punct(_) | TokenTree::Literal(_) => false,
    })
}

/// Whether a path continues with `::`; a bound begins with a single `:`.
fn is_colons(token: Option<&TokenTree>) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == ':' && punct.spacing() == Spacing::Joint)
}

/// The tokens at another position, where the compiler's messages then point.
fn at(span: Span, tokens: TokenStream) -> TokenStream {
    let moved = tokens.into_iter().map(|mut token| {
        token.set_span(token.span().located_at(span));
        token
    });
    moved.collect()
}

#[cfg(test)]
mod tests {
    use syn::{Type, WherePredicate, parse_quote};

    use super::*;

    #[test]
    fn self_is_the_type_with_its_arguments() {
        let own = Own::new(&parse_quote!(Node), &parse_quote!(<'a, T: Clone, const N: usize>));
        let ty = |ty: Type| own.named(&ty).to_token_stream().to_string();
        let expected: Type = parse_quote!(Option<Box<Node<'a, T, N>>>);
        assert_eq!(ty(parse_quote!(Option<Box<Self>>)), expected.to_token_stream().to_string());
        let expected: Type = parse_quote!([u8; <Node<'a, T, N>>::LENGTH]);
        assert_eq!(ty(parse_quote!([u8; Self::LENGTH])), expected.to_token_stream().to_string());
        let expected: Type = parse_quote!(<Node<'a, T, N> as Tree>::Leaf);
        assert_eq!(ty(parse_quote!(<Self as Tree>::Leaf)), expected.to_token_stream().to_string());
        let bound: WherePredicate = parse_quote!(Self: Tree);
        let expected: WherePredicate = parse_quote!(Node<'a, T, N>: Tree);
        assert_eq!(own.named(&bound), expected);
    }
}
