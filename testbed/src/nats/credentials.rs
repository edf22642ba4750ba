//! Operators, accounts and users of NATS, who vouch for each other by signed documents.

use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use nkeys::KeyPair;
use serde_json::{Value, json};

use crate::BedError;

/// The seed and the public key of a user.
pub(super) fn key() -> Result<(String, String), BedError> {
    let user = KeyPair::new_user();
    Ok((user.seed().map_err(failed)?, user.public_key()))
}

fn failed(error: nkeys::error::Error) -> BedError {
    BedError::failed(format!("nats: {error}"))
}

/// An operator with two accounts, one of the system, and one with a user who may do everything.
#[derive(Debug, Clone)]
pub(super) struct Operator {
    operator: String,
    /// The public key and the document of each account; the first one is the system's.
    accounts: [(String, String); 2],
    /// The text of the `.creds` file of the user.
    pub(super) credentials: String,
    /// The seed of the user.
    pub(super) seed: String,
}

impl Operator {
    pub(super) fn new() -> Result<Self, BedError> {
        let (operator, user) = (KeyPair::new_operator(), KeyPair::new_user());
        let (system, account) = (KeyPair::new_account(), KeyPair::new_account());
        let none = json!({"type": "operator", "version": 2, "system_account": system.public_key()});
        let limited = |storage: i64| {
            json!({"type": "account", "version": 2, "limits": {
                "subs": -1, "data": -1, "payload": -1, "imports": -1, "exports": -1, "wildcards": true, "conn": -1,
                "leaf": -1, "mem_storage": storage, "disk_storage": storage, "streams": storage, "consumer": storage,
            }})
        };
        let rights = json!({"type": "user", "version": 2, "pub": {}, "sub": {}, "subs": -1, "data": -1, "payload": -1});
        let vouched = |account: &KeyPair, storage: i64| {
            let document = signed(&operator, account, "account", &limited(storage))?;
            Ok::<_, BedError>((account.public_key(), document))
        };
        let (document, seed) = (signed(&account, &user, "user", &rights)?, user.seed().map_err(failed)?);
        let credentials = format!(
            "-----BEGIN NATS USER JWT-----\n{document}\n------END NATS USER JWT------\n\n\
             -----BEGIN USER NKEY SEED-----\n{seed}\n------END USER NKEY SEED------\n"
        );
        Ok(Self {
            operator: signed(&operator, &operator, "operator", &none)?,
            accounts: [vouched(&system, 0)?, vouched(&account, -1)?],
            credentials,
            seed,
        })
    }

    pub(super) fn settings(&self) -> String {
        let [(system, _), _] = &self.accounts;
        let preloaded: String = self.accounts.iter().map(|(key, document)| format!("  {key}: {document}\n")).collect();
        format!(
            "operator: {}\nsystem_account: {system}\nresolver: MEMORY\nresolver_preload: {{\n{preloaded}}}\n",
            self.operator
        )
    }
}

/// A document about a key, signed by another one.
fn signed(by: &KeyPair, about: &KeyPair, name: &str, claims: &Value) -> Result<String, BedError> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let body = json!({
        "jti": name, "iat": now, "iss": by.public_key(), "name": name, "sub": about.public_key(), "nats": claims,
    });
    let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let text = format!("{}.{}", encode(&json!({"typ": "JWT", "alg": "ed25519-nkey"})), encode(&body));
    let signature = by.sign(text.as_bytes()).map_err(failed)?;
    Ok(format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature)))
}
