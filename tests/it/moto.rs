//! moto: a server of buckets that looks at signatures and permissions, by `tests/s3/serve.py`.

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use pbs::bucket::Given;
use pbs::model::Secret;
use serde_json::Value;

use crate::support::tool;

/// The server, with the buckets `private` and `public`; it ends with its standard input, when this is dropped.
pub(crate) struct Moto {
    process: Child,
    pub(crate) url: String,
    users: Value,
}

impl Drop for Moto {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}

/// A Python that has moto: that of the tools for tests, or the machine's. Before 5.2.5 moto looks at signatures of
/// paths as they are when they are decoded, and refuses every `+`.
fn python() -> Option<PathBuf> {
    let look = "import flask, importlib.metadata as m; \
                exit(tuple(map(int, m.version('moto').split('.')[:3])) < (5, 2, 5))";
    let has_moto = |python: &PathBuf| {
        let mut looking = Command::new(python);
        let status = looking.args(["-c", look]).stderr(Stdio::null()).status();
        status.is_ok_and(|status| status.success())
    };
    let mut places = tool("python3").into_iter().chain(["python3".into()]);
    places.find(has_moto)
}

pub(crate) fn is_there() -> bool {
    python().is_some()
}

/// Leaves a test that needs moto where it is not installed.
macro_rules! needs_moto {
    () => {
        $crate::support::requires!("s3", $crate::moto::is_there());
    };
}
pub(crate) use needs_moto;

impl Moto {
    pub(crate) fn start() -> Self {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/s3/serve.py");
        let mut process = Command::new(python().expect("the test asked for it"))
            .arg(script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut stdout = BufReader::new(process.stdout.take().unwrap());
        stdout.read_line(&mut line).unwrap();
        let said: Value = serde_json::from_str(&line).unwrap();
        Self {
            process,
            url: said["url"].as_str().unwrap().to_owned(),
            users: said["users"].clone(),
        }
    }

    /// `publisher`, who may do everything, or `reader`: the key's name and its secret.
    pub(crate) fn user(&self, name: &str) -> (String, String) {
        let word = |what: &str| self.users[name][what].as_str().unwrap().to_owned();
        (word("id"), word("secret"))
    }

    /// How this user reaches it.
    pub(crate) fn given(&self, name: &str) -> Given {
        let (id, secret) = self.user(name);
        Given {
            key_id: Some(id),
            secret_key: Some(Secret::new(secret)),
            endpoint: Some(self.url.clone()),
            ..Given::default()
        }
    }
}
