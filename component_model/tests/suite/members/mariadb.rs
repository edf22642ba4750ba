//! MariaDB.

use testbed::{BedError, Database, SqlServer};

use crate::sql::{Product, Table};

pub(crate) struct MariaDb;

impl Product for MariaDb {
    const TABLE: &'static str = "CREATE TABLE config (`key` text, `value` longtext) CHARACTER SET utf8mb4";

    const KEY: &'static str = "`key`";

    async fn server() -> Result<SqlServer, BedError> {
        testbed::mariadb().await
    }

    async fn database() -> Result<Database, BedError> {
        testbed::mariadb_database().await
    }

    fn literal(hex: &str) -> String {
        format!("CONVERT(x'{hex}' USING utf8mb4)")
    }

    async fn prepare(database: &Database) -> Result<(), BedError> {
        // What is committed survives a crash, as it does anywhere but in a testbed.
        let settings = ["max_allowed_packet = 64 * 1024 * 1024", "userstat = ON", "innodb_flush_log_at_trx_commit = 1"];
        database.execute(&settings.map(|setting| format!("SET GLOBAL {setting};")).concat()).await
    }

    fn count_of_reads(database: &Database) -> String {
        let user = database.name();
        format!("SELECT SELECT_COMMANDS FROM information_schema.USER_STATISTICS WHERE USER = '{user}'")
    }
}

suite! {
    Table<MariaDb>, "mariadb",
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
