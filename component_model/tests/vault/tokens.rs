//! Logins with a JSON Web Token, alone or of a service account of Kubernetes. The tokens were signed once, with a key that was
//! thrown away.

use component_model::{ErrorKind, fetchers::vault::Vault};
use serde_json::{Value, json};
use testbed::http::Reply;

use super::support::{builder, get, kind_of};

const POLICY: &str = r#"path "secret/data/app/*" { capabilities = ["read"] }"#;

const PUBLIC_KEY: &str = "-----BEGIN PUBLIC KEY-----\n\
    MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEArs7zm4cO35APTnu/3oRQ\n\
    diw/UsLYRyFUo+Jjfuwm/FQOPpKCWuevHl82u4cnjgCT56TJjmACdrBnMjO5j6O6\n\
    g4ux8r9VKHhYihYazVBvlgTpjyHzSwfyNl9VQKtmPwLnroXOSlgJM74jdA/atqV+\n\
    Ri75bTagrLfAYLnYkDV+pVwOsgdJtkbbH59rnAW7vJSJvDZEMYL/oMYQ9XL1+YzQ\n\
    0fnLDX0bHUhTQZ2Zif+f+jUVpdENrvCWFpIjEurBei9k/nf6WQ2W2K94wEjc6jtT\n\
    w2BetEsMsouyBtf7bC3sUVEyoZKj8kZ9XIDmgKV1u0XUy4VmmpTZpszqh8Rz6mXa\n\
    7QIDAQAB\n\
    -----END PUBLIC KEY-----";

/// The subject is `shop`, the audience `vault`; it is valid until 2100.
const TOKEN: &str = concat!(
    "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJ0ZXN0YmVkIiwic3ViIjoic2hvcCIsImF1ZCI6InZhdWx0IiwiaWF",
    "0IjoxNzAwMDAwMDAwLCJuYmYiOjE3MDAwMDAwMDAsImV4cCI6NDEwMjQ0NDgwMH0.mBeEHWFiYMMoUfL5LKaiPJBuhL8DYhm4egQ",
    "BtBabJf6JHmF5nYtu9DlZaQu7mj_sndo8qy5HhB5YYlhMoxXJXPnuH5q7a4Ecz6J_91zW5TejYJ6mfhZBpbrGC8JnhnCtCGoyQfb",
    "VWg1eav1CS4X7xSbd6AoLdIXc3vWvH0M240Pilxz0hEwKb7siBFU4Piig3ZN0B88njjIrmUvAjMlhBRm3Ho50KimJH1Q70DVVVFd",
    "5Q7e8JsU6gkhgkBchy6qdL9XGBzQJEo2BuTYE93QTMMNEe_Za4eg6N7i9sXpOgto0tr8WH_wx77stLm-39_KCAdkYLuCTo3fY6DW",
    "o70cvNA",
);

/// Of the service account `shop` in the namespace `shops`.
const SERVICE_ACCOUNT: &str = concat!(
    "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJrdWJlcm5ldGVzL3NlcnZpY2VhY2NvdW50Iiwic3ViIjoic3lzdGV",
    "tOnNlcnZpY2VhY2NvdW50OnNob3BzOnNob3AiLCJrdWJlcm5ldGVzLmlvL3NlcnZpY2VhY2NvdW50L25hbWVzcGFjZSI6InNob3B",
    "zIiwia3ViZXJuZXRlcy5pby9zZXJ2aWNlYWNjb3VudC9zZXJ2aWNlLWFjY291bnQubmFtZSI6InNob3AiLCJrdWJlcm5ldGVzLml",
    "vL3NlcnZpY2VhY2NvdW50L3NlcnZpY2UtYWNjb3VudC51aWQiOiJ1MSIsImt1YmVybmV0ZXMuaW8vc2VydmljZWFjY291bnQvc2V",
    "jcmV0Lm5hbWUiOiJzIn0.qsFF8HS3rK4rh_c_XbUkDw5u8cx6H2ywArkWnnaq4bzB8iGx1uls5lzpUk8MWNbGizc8TFAnnGPOdWd",
    "rREuSGC-FyJ1665iIT5gjIgBgURW07mvuvsioaHrfSg1ihZAdYi9XQTHT6H_fPI6JYNqrnFe8uHLL4hBBv8rJV-_cdrGXB8lyV67",
    "z7oWFt3Lz2iNh-_FaJ36RAZxKZz7kHawzBgPInVU9EJB-6qqp1t6qxsgoE-q0-eOfYvm_D29eGa3N3Qdrfg33cteafyXpjESlJ4R",
    "o3iZujtgJFJI-DxSIf86luzqN6vKMfTrgfRdDLVbG04jtv6MSkK4w9Hea-gj1MQ",
);

async fn server(method: &str) -> Result<testbed::Vault, testbed::BedError> {
    let server = testbed::Vault::builder().token("app", POLICY).start().await?;
    server.put("secret", "app/port", json!({ "value": 8080 })).await?;
    post(&server, &format!("/v1/sys/auth/{method}"), json!({ "type": method })).await;
    Ok(server)
}

async fn post(server: &testbed::Vault, path: &str, body: Value) {
    server.request("POST", path, Some(body)).await.unwrap();
}

async fn serves(vault: &Vault) {
    assert_eq!(get::<u16>(vault, "app/port").await.unwrap(), 8080);
}

#[tokio::test]
async fn a_json_web_token_logs_in_from_a_text_and_from_a_file() {
    let server = testbed::require!(server("jwt").await);
    post(&server, "/v1/auth/jwt/config", json!({ "jwt_validation_pubkeys": [PUBLIC_KEY], "default_role": "shop" }))
        .await;
    let role = json!({
        "role_type": "jwt", "user_claim": "sub", "bound_audiences": ["vault"], "bound_subject": "shop",
        "token_policies": ["app"],
    });
    post(&server, "/v1/auth/jwt/role/shop", role).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("jwt");
    std::fs::write(&file, format!("{TOKEN}\n")).unwrap();
    serves(&builder(&server).jwt(Some("shop"), TOKEN).build().unwrap()).await;
    serves(&builder(&server).jwt_file(None, file).build().unwrap()).await;
    let other = builder(&server).jwt(Some("shop"), SERVICE_ACCOUNT).build().unwrap();
    assert_eq!(kind_of(&other, "app/port").await, ErrorKind::Denied);
}

#[tokio::test]
async fn a_service_account_of_kubernetes_logs_in() {
    let server = testbed::require!(server("kubernetes").await);
    let kubernetes = testbed::http().await.unwrap();
    let review = json!({
        "apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "status": {
            "authenticated": true,
            "user": { "username": "system:serviceaccount:shops:shop", "uid": "u1", "groups": ["system:authenticated"] },
        },
    });
    kubernetes.on("/apis/authentication.k8s.io/v1/tokenreviews", Reply::json(&review).with_status(201));
    let config = json!({
        "kubernetes_host": kubernetes.url(""), "token_reviewer_jwt": SERVICE_ACCOUNT, "disable_local_ca_jwt": true,
    });
    post(&server, "/v1/auth/kubernetes/config", config).await;
    let role = json!({
        "bound_service_account_names": ["shop"], "bound_service_account_namespaces": ["shops"], "audience": "",
        "token_policies": ["app"],
    });
    post(&server, "/v1/auth/kubernetes/role/shop", role).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    std::fs::write(&file, SERVICE_ACCOUNT).unwrap();
    serves(&builder(&server).kubernetes_file("shop", &file).build().unwrap()).await;
    let other = builder(&server).kubernetes_file("other", &file).build().unwrap();
    assert_eq!(kind_of(&other, "app/port").await, ErrorKind::Denied);
    let outside = builder(&server).kubernetes("shop").build().unwrap();
    assert_eq!(kind_of(&outside, "app/port").await, ErrorKind::NotSetUp, "no file of a pod");
}
