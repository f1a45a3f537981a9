//! nginx, serving a directory: on a free port, without root, with everything it writes in a directory of its own.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use camino::Utf8Path;

use crate::support::program;

/// Whether there is an nginx.
pub(crate) fn has_nginx() -> bool {
    nginx().is_some()
}

/// Debian puts it where only root looks.
fn nginx() -> Option<PathBuf> {
    program("nginx").or_else(|| Some(PathBuf::from("/usr/sbin/nginx")).filter(|path| path.is_file()))
}

/// A server; it ends when it is dropped.
#[derive(Debug)]
pub(crate) struct Nginx {
    child: Child,
    dir: tempfile::TempDir,
    port: u16,
    encrypted: bool,
}

/// How it serves.
#[derive(Clone, Debug, Default)]
pub(crate) struct Serving<'a> {
    /// Bytes a second and connection of what lies below `archives/`; any number if it is nothing.
    pub(crate) rate: Option<u32>,
    /// A certificate and its key, PEM; plain HTTP if it is nothing.
    pub(crate) certificate: Option<(&'a Path, &'a Path)>,
    /// The port; a free one if it is nothing.
    pub(crate) port: Option<u16>,
}

impl Nginx {
    pub(crate) fn start(root: &Utf8Path) -> Self {
        Self::serve(root, &Serving::default())
    }

    pub(crate) fn serve(root: &Utf8Path, serving: &Serving<'_>) -> Self {
        // Between asking for a free port and taking it, another may take it.
        for _ in 0..5 {
            let port = serving.port.unwrap_or_else(free_port);
            if let Some(server) = Self::on(port, root, serving) {
                return server;
            }
        }
        panic!("nginx does not start");
    }

    fn on(port: u16, root: &Utf8Path, serving: &Serving<'_>) -> Option<Self> {
        let dir = tempfile::Builder::new().prefix("pbs-nginx-").tempdir().unwrap();
        let configuration = dir.path().join("nginx.conf");
        fs_err::write(&configuration, configured(port, root, serving)).unwrap();
        let child = Command::new(nginx().unwrap())
            .arg("-p")
            .arg(dir.path())
            .arg("-e")
            .arg(dir.path().join("error.log"))
            .arg("-c")
            .arg(&configuration)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut server = Self {
            child,
            dir,
            port,
            encrypted: serving.certificate.is_some(),
        };
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(20) {
            if server.child.try_wait().unwrap().is_some() {
                return None;
            }
            if std::net::TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return Some(server);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        None
    }

    /// `http://127.0.0.1:PORT`; encrypted it is `https://localhost:PORT`.
    pub(crate) fn base(&self) -> String {
        match self.encrypted {
            true => format!("https://localhost:{}", self.port),
            false => format!("http://127.0.0.1:{}", self.port),
        }
    }

    pub(crate) const fn port(&self) -> u16 {
        self.port
    }

    /// Requests so far: `STATUS PATH RANGE` each, the range as the client sent it.
    pub(crate) fn requests(&self) -> Vec<String> {
        let log = fs_err::read_to_string(self.dir.path().join("access.log")).unwrap();
        log.lines().map(str::to_owned).collect()
    }

    /// Ends it at once, in the middle of whatever it sends.
    pub(crate) fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        self.kill();
    }
}

fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

/// One process in the foreground, so that whoever starts it can end it.
fn configured(port: u16, root: &Utf8Path, serving: &Serving<'_>) -> String {
    let rate = serving
        .rate
        .map(|rate| format!("limit_rate {rate};"))
        .unwrap_or_default();
    let (ssl, certificate) = serving
        .certificate
        .map_or_else(Default::default, |(certificate, key)| {
            let (certificate, key) = (certificate.display(), key.display());
            (
                " ssl",
                format!("ssl_certificate {certificate}; ssl_certificate_key {key};"),
            )
        });
    format!(
        "daemon off;
master_process off;
worker_processes 1;
pid nginx.pid;
events {{ worker_connections 256; }}
http {{
    log_format short '$status $uri $http_range';
    access_log access.log short;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    default_type application/octet-stream;
    sendfile on;
    server {{
        listen 127.0.0.1:{port}{ssl};
        {certificate}
        root {root};
        location /archives/ {{ {rate} }}
    }}
}}
"
    )
}
