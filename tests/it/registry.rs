//! Debian's `docker-registry`, started for a test, and a gate in front of one that misbehaves on request.

mod gate;

use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use camino::{Utf8Path, Utf8PathBuf};
use pbs::fetch::{Http, HttpLimits, Route};
use pbs::index::{Index, PublicKey, trusted_comment};
use pbs::model::{Digest, Secret, TreePath};
use pbs::registry::{Access, Client, Credentials, Repository, tag_of};
use pbs::sign::signed;
use tokio_util::sync::CancellationToken;

pub(crate) use gate::{Action, Gate, error};

/// Who may, where not everybody may.
pub(crate) const USER: &str = "me";
pub(crate) const PASSWORD: &str = "correct horse";
/// As `htpasswd -B` writes it.
const HTPASSWD: &str = "me:$2y$05$VauDkM8YSerfJ4rSkttTXOUbuTqfb8C8CAjTwEkAuxLJcggENZysu\n";

/// Whom a registry lets in, and how.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Door {
    Open,
    Password,
    /// With TLS, by a certificate for `localhost`.
    Encrypted,
}

/// A registry with a directory of its own; it ends with this.
pub(crate) struct Registry {
    dir: tempfile::TempDir,
    process: Child,
    /// Where it listens.
    pub(crate) port: u16,
}

impl Drop for Registry {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Whether the programs are there.
pub(crate) fn is_here() -> bool {
    let answers = |program: &str, word: &str| {
        let mut command = Command::new(program);
        let command = command.arg(word).stdout(Stdio::null()).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    };
    answers("docker-registry", "--version") && answers("openssl", "version")
}

/// Leaves the test where there is no registry.
macro_rules! needs_registry {
    () => {
        $crate::support::requires!("registry", $crate::registry::is_here())
    };
}
pub(crate) use needs_registry;

/// A port that nobody has.
pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

/// Waits until somebody listens.
pub(crate) fn wait_for(port: u16) {
    let until = Instant::now() + Duration::from_secs(30);
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(Instant::now() < until, "nobody listens on {port}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Makes an authority and a certificate of it for `localhost`: `ca.pem`, `server.pem` and `server.key`.
pub(crate) fn certificates(dir: &Utf8Path) {
    let openssl = |words: &[&str]| {
        let output = Command::new("openssl")
            .args(words)
            .current_dir(dir)
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
    };
    let key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
    let ca = [
        "req",
        "-x509",
        "-days",
        "2",
        "-subj",
        "/CN=Test CA",
        "-keyout",
        "ca.key",
        "-out",
        "ca.pem",
    ];
    openssl(&[&ca[..], &key].concat());
    let request = [
        "req",
        "-subj",
        "/CN=localhost",
        "-keyout",
        "server.key",
        "-out",
        "server.csr",
    ];
    openssl(&[&request[..], &key].concat());
    fs_err::write(
        dir.join("extensions"),
        "subjectAltName=DNS:localhost\nbasicConstraints=critical,CA:false\n",
    )
    .unwrap();
    openssl(&[
        "x509",
        "-req",
        "-days",
        "2",
        "-in",
        "server.csr",
        "-CA",
        "ca.pem",
        "-CAkey",
        "ca.key",
        "-CAcreateserial",
        "-extfile",
        "extensions",
        "-out",
        "server.pem",
    ]);
}

impl Registry {
    pub(crate) fn open() -> Self {
        Self::start(Door::Open)
    }

    pub(crate) fn start(door: Door) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let root = Utf8Path::from_path(dir.path()).unwrap();
        let port = free_port();
        let mut config = format!(
            "version: 0.1\nlog: {{level: error, accesslog: {{disabled: true}}}}\n\
             storage: {{filesystem: {{rootdirectory: {root}/blobs}}}}\n\
             http:\n  addr: 127.0.0.1:{port}\n  secret: test\n"
        );
        match door {
            Door::Open => {}
            Door::Password => {
                fs_err::write(root.join("htpasswd"), HTPASSWD).unwrap();
                config += &format!("auth: {{htpasswd: {{realm: test, path: {root}/htpasswd}}}}\n");
            }
            Door::Encrypted => {
                certificates(root);
                config += &format!("  tls: {{certificate: {root}/server.pem, key: {root}/server.key}}\n");
            }
        }
        fs_err::write(root.join("config.yml"), config).unwrap();
        let process = Command::new("docker-registry")
            .args(["serve", root.join("config.yml").as_str()])
            .env_clear()
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let registry = Self { dir, process, port };
        wait_for(port);
        registry
    }

    pub(crate) fn root(&self) -> Utf8PathBuf {
        Utf8Path::from_path(self.dir.path()).unwrap().to_owned()
    }

    /// What `--to` and `--from` are given.
    pub(crate) fn address(&self) -> String {
        format!("oci://127.0.0.1:{}/team/python", self.port)
    }

    /// How many bytes its blobs have, and how many files there are.
    pub(crate) fn stored(&self) -> usize {
        let files = walkdir::WalkDir::new(self.root().join("blobs"))
            .into_iter()
            .flatten();
        files.filter(|entry| entry.file_type().is_file()).count()
    }
}

/// A client of our own for an address.
pub(crate) fn client(address: &str) -> Client {
    client_of(address, Access::default())
}

/// The same for those who have a password.
pub(crate) fn client_with_password(address: &str) -> Client {
    let given = Some(Credentials {
        user: USER.to_owned(),
        password: Secret::new(PASSWORD.to_owned()),
    });
    client_of(address, Access { given, docker: None })
}

pub(crate) const QUICK: HttpLimits = HttpLimits {
    connect: Duration::from_secs(5),
    idle: Duration::from_secs(20),
    attempts: 3,
    pause: Duration::from_millis(1),
};

fn client_of(address: &str, access: Access) -> Client {
    let http = Http::by(QUICK, CancellationToken::new(), Route::default()).unwrap();
    Client::new(
        http,
        Repository::parse(address).unwrap(),
        access,
        Arc::new(|_: &str| ()),
    )
}

/// A file that is published.
pub(crate) fn file(client: &Client, path: &str) -> Option<Vec<u8>> {
    let tag = tag_of(&TreePath::parse(path).unwrap());
    let resolved = client.resolve(&tag).unwrap()?;
    Some(client.blob(&tag, &resolved.digest).unwrap())
}

/// What a reader who trusts this key finds, all of it checked; nothing before the first publication.
pub(crate) fn read_back(client: &Client, key: &PublicKey) -> Option<Index> {
    let bytes = file(client, Index::NAME)?;
    let signature = file(client, &Index::signature_of(&bytes)).unwrap();
    let comment = signed(&bytes, &signature, [key]).unwrap().comment;
    let index = Index::read(&bytes).unwrap();
    assert_eq!(comment, trusted_comment(index.serial));
    for artifact in &index.artifacts {
        let found = Digest::of(&file(client, artifact.path.as_str()).unwrap());
        assert_eq!(found, artifact.digest(), "{}", artifact.path);
        for document in artifact.evidence.documents() {
            let found = Digest::of(&file(client, document.path.as_str()).unwrap());
            assert_eq!(found, document.digest(), "{}", document.path);
        }
    }
    Some(index)
}
