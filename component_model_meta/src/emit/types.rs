//! Analyses types as they are written: which parameters they contain, and whether two could be the same.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Expr, GenericArgument, GenericParam, Generics, PathArguments, PathSegment, Type, TypeParamBound, TypePath};

use super::names;

/// Whether a parameter of the struct occurs in the tokens.
pub(crate) fn mentions(tokens: impl ToTokens, generics: &Generics) -> bool {
    let names: Vec<String> = generics.params.iter().map(name).collect();
    occurs(tokens.to_token_stream(), &names)
}

fn name(parameter: &GenericParam) -> String {
    match parameter {
        GenericParam::Lifetime(lifetime) => lifetime.lifetime.ident.to_string(),
        GenericParam::Type(ty) => ty.ident.to_string(),
        GenericParam::Const(constant) => constant.ident.to_string(),
    }
}

fn occurs(tokens: TokenStream, names: &[String]) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Group(group) => occurs(group.stream(), names),
        TokenTree::Ident(ident) => names.iter().any(|name| ident == name),
        TokenTree::Punct(_) | TokenTree::Literal(_) => false,
    })
}

/// Whether two types are the same, or could become the same for some choice of the struct's parameters.
///
/// In doubt it returns `true`: a wrong `true` costs an assignment by type, a wrong `false` would not compile.
pub(super) fn may_be_one(one: &Type, other: &Type, generics: &Generics) -> bool {
    compare(one, other, Open { generics, aliases: false })
}

/// Whether two types without parameters could be the same because one is named by an alias, or by another path.
///
/// In doubt it returns `true`: a wrong `true` costs a question to the compiler, a wrong `false` would not compile.
pub(super) fn may_be_aliases(one: &Type, other: &Type) -> bool {
    compare(one, other, Open { generics: &Generics::default(), aliases: true })
}

/// Which types could be any other.
#[derive(Clone, Copy)]
struct Open<'a> {
    generics: &'a Generics,
    /// Whether those count that could be an alias.
    aliases: bool,
}

fn compare(one: &Type, other: &Type, open: Open<'_>) -> bool {
    let (one, other) = (bare(one), bare(other));
    if open.includes(one) || open.includes(other) {
        // A parameter cannot become a type that contains it.
        return !(open.is_parameter(one) && inside(one, other) || open.is_parameter(other) && inside(other, one));
    }
    let both = |one: &Type, other: &Type| compare(one, other, open);
    match (one, other) {
        (Type::Path(one), Type::Path(other)) => paths(one, other, open),
        (Type::Reference(one), Type::Reference(other)) => {
            one.mutability == other.mutability && both(&one.elem, &other.elem)
        }
        (Type::Ptr(one), Type::Ptr(other)) => one.mutability == other.mutability && both(&one.elem, &other.elem),
        (Type::Slice(one), Type::Slice(other)) => both(&one.elem, &other.elem),
        (Type::Array(one), Type::Array(other)) => lengths(&one.len, &other.len) && both(&one.elem, &other.elem),
        (Type::Tuple(one), Type::Tuple(other)) => {
            one.elems.len() == other.elems.len()
                && one.elems.iter().zip(&other.elems).all(|(one, other)| both(one, other))
        }
        (Type::FnPtr(one), Type::FnPtr(other)) => one.inputs.len() == other.inputs.len(),
        (Type::TraitObject(one), Type::TraitObject(other)) => bounds(&one.bounds) == bounds(&other.bounds),
        (Type::Never(_), Type::Never(_)) => true,
        _ => false,
    }
}

/// The type without parentheses, visible or not.
pub(super) fn bare(ty: &Type) -> &Type {
    match ty {
        Type::Group(group) => bare(&group.elem),
        Type::Paren(paren) => bare(&paren.elem),
        _ => ty,
    }
}

impl Open<'_> {
    /// Whether the type could be any other: a parameter, an associated type of one, a macro's result, or an alias.
    fn includes(self, ty: &Type) -> bool {
        let Type::Path(path) = ty else { return matches!(ty, Type::Macro(_) | Type::Verbatim(_)) };
        let (first, last) = (path.path.segments.first(), path.path.segments.last());
        path.qself.is_some()
            || first.is_some_and(|segment| self.has(segment))
            || self.aliases && last.is_some_and(|segment| !names::is_well_known(&segment.ident))
    }

    fn is_parameter(self, ty: &Type) -> bool {
        let Type::Path(TypePath { qself: None, path, .. }) = ty else { return false };
        path.segments.len() == 1 && path.segments.iter().all(|segment| self.has(segment))
    }

    fn has(self, segment: &PathSegment) -> bool {
        self.generics.type_params().any(|parameter| parameter.ident == segment.ident)
    }
}

/// Whether the parameter is a proper part of the type, and not only in one of its own associated types.
fn inside(parameter: &Type, ty: &Type) -> bool {
    let text = ty.to_token_stream().to_string();
    parameter != ty && !text.contains("::") && occurs(ty.to_token_stream(), &[parameter.to_token_stream().to_string()])
}

fn paths(one: &TypePath, other: &TypePath, open: Open<'_>) -> bool {
    let (Some(one), Some(other)) = (one.path.segments.last(), other.path.segments.last()) else { return true };
    one.ident == other.ident && arguments(&one.arguments, &other.arguments, open)
}

fn arguments(one: &PathArguments, other: &PathArguments, open: Open<'_>) -> bool {
    let (PathArguments::AngleBracketed(one), PathArguments::AngleBracketed(other)) = (one, other) else { return true };
    let one: Vec<_> = one.args.iter().filter(|argument| !matches!(argument, GenericArgument::Lifetime(_))).collect();
    let other: Vec<_> =
        other.args.iter().filter(|argument| !matches!(argument, GenericArgument::Lifetime(_))).collect();
    // A different number of arguments is an omitted default, or another type with the same name.
    one.len() != other.len()
        || one.iter().zip(other).all(|(one, other)| match (one, other) {
            (GenericArgument::Type(one), GenericArgument::Type(other)) => compare(one, other, open),
            (GenericArgument::Const(one), GenericArgument::Const(other)) => lengths(one, other),
            _ => true,
        })
}

/// Whether two constants may be equal; only different literals cannot.
fn lengths(one: &Expr, other: &Expr) -> bool {
    match (one, other) {
        (Expr::Lit(one), Expr::Lit(other)) => one.lit == other.lit,
        _ => true,
    }
}

/// The traits of a trait object, without lifetimes and in one order.
fn bounds<'a>(bounds: impl IntoIterator<Item = &'a TypeParamBound>) -> Vec<String> {
    let traits = bounds.into_iter().filter_map(|bound| match bound {
        TypeParamBound::Trait(bound) => bound.path.segments.last().map(|segment| segment.ident.to_string()),
        _ => None,
    });
    let mut names: Vec<String> = traits.collect();
    names.sort();
    names
}

#[cfg(test)]
mod tests {
    use syn::{Generics, Type, parse_quote};

    use super::may_be_one;

    fn one(one: &str, other: &str) -> bool {
        let mut generics: Generics = parse_quote!(<'a, 'b, T: Iterator, U, const N: usize>);
        generics.where_clause = None;
        let parse = |text: &str| syn::parse_str::<Type>(text).unwrap();
        assert_eq!(
            may_be_one(&parse(one), &parse(other), &generics),
            may_be_one(&parse(other), &parse(one), &generics),
            "the order does not matter"
        );
        may_be_one(&parse(one), &parse(other), &generics)
    }

    #[test]
    fn types_without_parameters_match_only_if_they_are_written_the_same() {
        assert!(one("String", "std::string::String"));
        assert!(one("Vec<(u8)>", "Vec<u8>"));
        assert!(one("HashMap<u8, u8>", "HashMap<u8, u8, RandomState>"));
        assert!(one("Box<dyn A + Send>", "Box<dyn Send + A>"));
        for (first, second) in [
            ("u8", "u16"),
            ("Vec<u8>", "Vec<u16>"),
            ("[u8; 4]", "[u8; 5]"),
            ("&'static u8", "&'static mut u8"),
            ("(u8,)", "(u8, u8)"),
            ("Box<dyn A>", "Box<dyn B>"),
            ("fn(u8)", "fn(u8, u8)"),
        ] {
            assert!(!one(first, second), "{first} {second}");
        }
    }

    #[test]
    fn a_parameter_can_be_any_type_that_does_not_contain_it() {
        assert!(one("T", "String"));
        assert!(one("T", "U"));
        assert!(one("Vec<T>", "Vec<String>"));
        assert!(one("(T, u8)", "(u8, U)"));
        assert!(!one("T", "Vec<T>"));
        assert!(!one("Vec<T>", "Option<T>"));
    }

    #[test]
    fn an_associated_type_of_a_parameter_can_be_any_type() {
        assert!(one("T::Item", "String"));
        assert!(one("<T as Iterator>::Item", "T"));
        assert!(one("T", "Vec<T::Item>"));
    }

    #[test]
    fn types_that_differ_in_open_lifetimes_or_lengths_may_be_the_same() {
        assert!(one("&'a str", "&'b str"));
        assert!(one("&'a str", "&'static str"));
        assert!(one("Cow<'a, str>", "Cow<'static, str>"));
        assert!(one("[u8; N]", "[u8; 4]"));
    }

    #[test]
    fn an_unknown_name_may_be_an_alias() {
        let aliases = |one: &str, other: &str| {
            super::may_be_aliases(&syn::parse_str(one).unwrap(), &syn::parse_str(other).unwrap())
        };
        for (one, other) in [
            ("Port", "u16"),
            ("Vec<Port>", "Vec<u16>"),
            ("Host", "Port"),
            ("String", "std::string::String"),
            ("[u8; LENGTH]", "[u8; 4]"),
            ("(Port, u8)", "(u16, u8)"),
        ] {
            assert!(aliases(one, other) && aliases(other, one), "{one} {other}");
        }
        for (one, other) in [
            ("u16", "u32"),
            ("Vec<Port>", "Option<u16>"),
            ("String", "std::path::PathBuf"),
            ("(Port, u8)", "(u16, u16)"),
            ("&'static str", "String"),
        ] {
            assert!(!aliases(one, other) && !aliases(other, one), "{one} {other}");
        }
    }
}
