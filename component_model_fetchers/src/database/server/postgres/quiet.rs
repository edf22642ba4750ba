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
    if options.get_options().is_some_and(|options| options.contains(SETTING)) {
        return PgConnection::connect_with(options).await;
    }
    match PgConnection::connect_with(&options.clone().options([(SETTING, "error")])).await {
        Err(error) if is_refused(&error) => PgConnection::connect_with(options).await,
        opened => opened,
    }
}

/// Whether the setting is refused: `PgBouncer`'s code, and that of proxies without options of the command line.
fn is_refused(error: &sqlx::Error) -> bool {
    code(error).is_some_and(|code| matches!(&*code, "08P01" | "0A000"))
}
