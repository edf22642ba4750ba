use component_model::AsyncAssign;

#[derive(AsyncAssign)]
#[component(rename_all = "kebab-case")]
struct AppConfig {
    #[component(nested)]
    pool: Pool,
    #[component(flatten)]
    flat: Pool,
    #[component(fetch_from = "env", alias = "HOSTNAME")]
    host: String,
    #[component(fetch_from = "env", skip_deserializing)]
    other: String,
    #[component(fetch_from = "env", required)]
    required: String,
}
struct Pool { max: u16 }

fn main() {}
