//! Snapshots of the generated code. `INSTA_UPDATE=always cargo test -p component_model_meta` rewrites them.

use proc_macro2::TokenStream;
use syn::{DeriveInput, parse_quote};

use crate::{check, emit, input};

fn component_model(item: &DeriveInput) -> String {
    let input = input::read(item).unwrap();
    pretty(emit::component_model(&check::plan(&input).unwrap()))
}

fn async_assign(item: &DeriveInput) -> String {
    let input = input::read(item).unwrap();
    pretty(emit::async_assign(&check::plan(&input).unwrap()))
}

fn pretty(code: TokenStream) -> String {
    prettyplease::unparse(&syn::parse2(code).unwrap())
}

fn three_fields() -> DeriveInput {
    parse_quote! {
        #[component(prefix = "app")]
        pub struct AppConfig {
            /// Where it listens.
            #[component(fetch_from = "env", fallback = "localhost")]
            pub host: String,
            #[component(fetch_from = [env(key = "PORT"), "database"], query = "SELECT 80", timeout = "250ms")]
            pub(crate) port: u16,
            #[deprecated]
            labels: Vec<String>,
        }
    }
}

#[test]
fn async_assign_of_three_fields() {
    insta::assert_snapshot!(async_assign(&three_fields()));
}

#[test]
fn component_model_of_three_fields() {
    insta::assert_snapshot!(component_model(&three_fields()));
}

#[test]
fn async_assign_of_a_generic_struct() {
    insta::assert_snapshot!(async_assign(&parse_quote! {
        struct Limits<'a, T, const N: usize = 2>
        where
            T: Clone,
            Self: Sized,
        {
            #[component(fetch_from = "mine")]
            value: T,
            name: &'a str,
            next: Option<Box<Self>>,
        }
    }));
}

#[test]
fn async_assign_of_a_raw_identifier() {
    insta::assert_snapshot!(async_assign(&parse_quote! {
        struct Rule {
            #[component(fetch_from = "mine")]
            r#type: String,
        }
    }));
}

#[test]
fn component_model_of_shared_types() {
    insta::assert_snapshot!(component_model(&parse_quote! {
        struct Credentials {
            user: String,
            password: String,
        }
    }));
}

#[test]
fn component_model_of_a_type_that_may_be_an_alias() {
    insta::assert_snapshot!(component_model(&parse_quote! {
        struct Ports {
            http: u16,
            grpc: Port,
        }
    }));
}

#[test]
fn component_model_of_names_that_collide() {
    insta::assert_snapshot!(component_model(&parse_quote! {
        struct Ports {
            port: u16,
            port_try: u16,
        }
    }));
}

#[test]
fn async_assign_of_a_struct_with_a_mistake() {
    let item = parse_quote! {
        struct AppConfig {
            #[component(fetch_form = "env")]
            host: String,
        }
    };
    let input = input::read(&item).unwrap();
    let mistakes = check::plan(&input).err().unwrap();
    insta::assert_snapshot!(pretty(emit::async_assign_stub(&input, &check::library(&input), &mistakes)));
}
