use component_model::AsyncAssign;

#[derive(AsyncAssign)]
struct Shop {
    #[component(fetch_from = "env")]
    id: u32,
    #[component(fetch_from = "database", query = "SELECT port FROM shops WHERE id = {id}")]
    port: u16,
    #[component(fetch_from = "database", query = "SELECT tags #>> '{id}' FROM shops")]
    tag: String,
}

fn main() {}
