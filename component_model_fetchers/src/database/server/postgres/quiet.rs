//! Connections whose server sends no warnings and notices: sqlx logs each of them with its text, which may hold a value, and has
//! no setting against it. What `RAISE INFO` says, and what a function raises that changes the setting, is sent nevertheless.

use sqlx::{Connection as _, PgConnection, postgres::PgConnectOptions};

use super::code;

const SETTING: &str = "client_min_messages";

/// Opens a connection without warnings and notices, unless the URL or `PGOPTIONS` says which ones are sent.
///
/// The setting is a part of the first message. A statement that sets it would reach only one of the connections that a
/// pooler has. Some poolers refuse such a message, and get it without the setting.
pub(super) async fn connect(options: &PgConnectOptions) -> Result<PgConnection, sqlx::Error> {
    match PgConnection::connect_with(&without_notices(options)).await {
        Err(error) if is_refused(&error) => PgConnection::connect_with(options).await,
        opened => opened,
    }
}

/// The options with the setting, unless they have it.
pub(super) fn without_notices(options: &PgConnectOptions) -> PgConnectOptions {
    match options.get_options() {
        Some(set) if set.contains(SETTING) => options.clone(),
        _ => options.clone().options([(SETTING, "error")]),
    }
}

/// Whether the setting is refused: `PgBouncer`'s code, and that of proxies without options of the command line.
pub(super) fn is_refused(error: &sqlx::Error) -> bool {
    code(error).is_some_and(|code| matches!(&*code, "08P01" | "0A000"))
}
