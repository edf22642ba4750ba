//! How a source gets its token. No text shows a password, a secret id or a token.

use std::{fmt, path::PathBuf};

use component_model_source::{ErrorKind, SourceError};
use serde_json::{Value, json};

use super::misconfigured;
use crate::{read, token::Credential};

/// Where a pod has the token of its service account.
pub(super) const SERVICE_ACCOUNT: &str = "/var/run/secrets/kubernetes.io/serviceaccount/token";

/// Where the token of a source comes from.
#[derive(Debug, Clone)]
pub(super) enum Access {
    /// It is given.
    Given(Credential),
    /// A login returns one.
    Login(Login),
}

/// A login with one of Vault's authentication methods.
#[derive(Debug, Clone)]
pub(super) struct Login {
    pub(super) method: Method,
    /// Where the method is mounted, unless it is where it usually is.
    pub(super) mount: Option<String>,
}

#[derive(Clone)]
pub(super) enum Method {
    AppRole {
        role: String,
        secret: Option<Proof>,
    },
    UserPassword {
        user: String,
        password: String,
    },
    Kubernetes {
        role: String,
        token: Proof,
    },
    Jwt {
        role: Option<String>,
        token: Proof,
    },
    /// The certificate is that of the connection.
    Certificate {
        role: Option<String>,
    },
}

/// What proves who logs in.
#[derive(Clone)]
pub(super) enum Proof {
    Text(String),
    /// Read for each login, since it may be replaced.
    File(PathBuf),
}

impl Proof {
    /// # Cancel safety
    /// Dropping the future abandons the read.
    async fn text(&self) -> Result<String, SourceError> {
        let path = match self {
            Self::Text(text) => return Ok(text.clone()),
            Self::File(path) => path.clone(),
        };
        let shown = path.display().to_string();
        let text = read::blocking(move |waiting| read::text(&path, waiting)).await;
        let text = text.map_err(|error| {
            // A file that is missing means that the source is not set up, and not that a value is absent.
            let kind = if error.kind() == ErrorKind::Absent { ErrorKind::NotSetUp } else { error.kind() };
            SourceError::new(kind, format!("the file of the login, `{shown}`, cannot be read"))
                .with_cause(error.to_string())
                .with_hint("is it mounted there, and may the program read it?")
        })?;
        match text.trim() {
            "" => Err(misconfigured(format!("the file of the login, `{shown}`, is empty"))),
            text => Ok(text.to_owned()),
        }
    }
}

impl Login {
    pub(super) fn new(method: Method) -> Self {
        Self { method, mount: None }
    }

    /// The segments of the path, and the body.
    ///
    /// # Cancel safety
    /// Dropping the future abandons the read of a file.
    pub(super) async fn request(&self) -> Result<(Vec<String>, Value), SourceError> {
        let mount = self.mount.as_deref().unwrap_or(self.method.usual_mount());
        let mut path: Vec<String> = ["v1", "auth"].into_iter().chain(mount.split('/')).map(str::to_owned).collect();
        path.push("login".to_owned());
        let body = match &self.method {
            Method::AppRole { role, secret: None } => json!({ "role_id": role }),
            Method::AppRole { role, secret: Some(secret) } => {
                json!({ "role_id": role, "secret_id": secret.text().await? })
            }
            Method::UserPassword { user, password } => {
                path.push(user.clone());
                json!({ "password": password })
            }
            Method::Kubernetes { role, token } => json!({ "role": role, "jwt": token.text().await? }),
            Method::Jwt { role: None, token } => json!({ "jwt": token.text().await? }),
            Method::Jwt { role: Some(role), token } => json!({ "role": role, "jwt": token.text().await? }),
            Method::Certificate { role: None } => json!({}),
            Method::Certificate { role: Some(role) } => json!({ "name": role }),
        };
        Ok((path, body))
    }
}

impl Method {
    fn usual_mount(&self) -> &'static str {
        match self {
            Self::AppRole { .. } => "approle",
            Self::UserPassword { .. } => "userpass",
            Self::Kubernetes { .. } => "kubernetes",
            Self::Jwt { .. } => "jwt",
            Self::Certificate { .. } => "cert",
        }
    }
}

/// Shows the method only.
impl fmt::Debug for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.usual_mount())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn each_method_has_its_own_request() {
        let text = |text: &str| Proof::Text(text.to_owned());
        let name = |name: &str| name.to_owned();
        for (method, path, body) in [
            (
                Method::AppRole { role: name("r"), secret: Some(text("s")) },
                "v1/auth/approle/login",
                json!({ "role_id": "r", "secret_id": "s" }),
            ),
            (Method::AppRole { role: name("r"), secret: None }, "v1/auth/approle/login", json!({ "role_id": "r" })),
            (
                Method::UserPassword { user: name("u"), password: name("p") },
                "v1/auth/userpass/login/u",
                json!({ "password": "p" }),
            ),
            (
                Method::Kubernetes { role: name("r"), token: text("t") },
                "v1/auth/kubernetes/login",
                json!({ "role": "r", "jwt": "t" }),
            ),
            (Method::Jwt { role: None, token: text("t") }, "v1/auth/jwt/login", json!({ "jwt": "t" })),
            (Method::Certificate { role: Some(name("r")) }, "v1/auth/cert/login", json!({ "name": "r" })),
        ] {
            let (found, sent) = Login::new(method).request().await.unwrap();
            assert_eq!((found.join("/").as_str(), sent), (path, body));
        }
        let elsewhere = Login { mount: Some(name("team/kube")), ..Login::new(Method::Certificate { role: None }) };
        assert_eq!(elsewhere.request().await.unwrap().0.join("/"), "v1/auth/team/kube/login");
    }

    #[tokio::test]
    async fn a_file_is_read_for_each_login_and_named_if_it_is_missing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        let login = Login::new(Method::Jwt { role: None, token: Proof::File(path.clone()) });
        let error = login.request().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotSetUp);
        assert!(error.to_string().contains("/token`, cannot be read") && error.hint().is_some(), "{error}");
        for text in ["first\n", "second"] {
            std::fs::write(&path, text).unwrap();
            assert_eq!(login.request().await.unwrap().1, json!({ "jwt": text.trim() }));
        }
    }

    #[test]
    fn nothing_of_a_login_is_shown() {
        let method = Method::AppRole { role: "hunter2".to_owned(), secret: Some(Proof::Text("hunter2".to_owned())) };
        assert!(!format!("{:?}", Login::new(method)).contains("hunter2"));
    }
}
