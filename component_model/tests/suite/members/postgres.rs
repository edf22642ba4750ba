//! PostgreSQL.

use testbed::{BedError, Database, SqlServer};

use crate::sql::{Product, Table};

pub(crate) struct Postgres;

impl Product for Postgres {
    // What is committed survives a crash, as it does anywhere but in a testbed.
    // Without an index every read of the table is one scan, which the server counts.
    const TABLE: &'static str = "SET synchronous_commit = on; CREATE TABLE config (key text, value text)";

    const KEY: &'static str = "key";

    async fn server() -> Result<SqlServer, BedError> {
        testbed::postgres().await
    }

    async fn database() -> Result<Database, BedError> {
        testbed::postgres_database().await
    }

    fn literal(hex: &str) -> String {
        format!("convert_from(decode('{hex}', 'hex'), 'UTF8')")
    }

    fn count_of_reads(_database: &Database) -> String {
        "SELECT seq_scan FROM pg_stat_user_tables WHERE relname = 'config'".to_owned()
    }
}

suite! {
    Table<Postgres>, "postgres",
    passes [
        present, absent, malformed, too_large, secret, denied, wrong_password, layered, fallback, exact_keys, odd_keys,
        many_keys, many_keys_at_a_distance, many_keys_in_one_round_trip, load, many_runtimes, delayed, slow, half_open,
        silent, ended_while_idle, cut, garbage, gone_and_back, killed_and_back, shut_down, watch_changes, watch_many,
        watch_burst, watch_wrong_value, watch_restart, watch_cut, watch_silent, watch_dropped, watch_shut_down,
    ],
    lacks {
        watch_from_version: "its values have no versions",
        broken_document: "the server refuses to store JSON that does not parse",
    }
}
