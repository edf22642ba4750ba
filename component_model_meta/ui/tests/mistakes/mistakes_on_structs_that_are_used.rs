use component_model::AsyncAssign;

#[derive(AsyncAssign)]
#[component(prefx = "APP_")]
struct Unknown {
    #[component(fetch_from = "env")]
    host: String,
}

#[derive(AsyncAssign)]
#[component(prefix = 5)]
struct Wrong {
    #[component(fetch_from = "env")]
    host: String,
}

#[derive(AsyncAssign)]
#[component(crate = component_model)]
struct Unquoted {
    #[component(fetch_from = "env")]
    host: String,
}

#[derive(AsyncAssign)]
#[component(crate = 5, prefix)]
struct Unreadable {
    #[component(fetch_from = "env")]
    host: String,
}

#[derive(AsyncAssign)]
struct Field {
    #[component(fetch_from = 5)]
    host: String,
}

async fn fetch() {
    Unknown::fetch_all_components().await.unwrap().host_fetch("localhost").await.unwrap();
    Wrong::fetch_all_components().await.unwrap().host_fetch("localhost").await.unwrap();
    Unquoted::fetch_all_components().await.unwrap().host_fetch("localhost").await.unwrap();
    Unreadable::fetch_all_components().await.unwrap().host_fetch("localhost").await.unwrap();
    Field::fetch_all_components().await.unwrap().host_fetch("localhost").await.unwrap();
}

fn main() {}
