//! A web server on the loopback interface that misbehaves on request.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What a path answers.
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    /// The bytes, or the part asked for.
    Whole(Vec<u8>),
    /// The bytes without saying how many.
    Unannounced(Vec<u8>),
    /// The bytes, with another length announced; what is too much is left out, and what is too little missed.
    Lie(Vec<u8>, usize),
    /// A status without anything.
    Status(u16),
    /// The status so many times, then the bytes.
    Busy(u16, usize, Vec<u8>),
    /// Says that all will come, and closes after so many bytes; a request for the rest is answered well.
    Cut(Vec<u8>, usize),
    /// The same, but ignores what is asked for and always starts at the beginning, once in full.
    CutOnce(Vec<u8>, usize),
    /// Closes after so many bytes, each time.
    AlwaysCut(Vec<u8>, usize),
    /// The bytes, after a while.
    Late(Vec<u8>, Duration),
    /// Sends so many bytes and then nothing more, each time.
    Stall(Vec<u8>, usize),
    /// A byte at a time, and a pause after each.
    Drip(Vec<u8>, Duration),
    /// Goes on for ever.
    Endless,
    /// Sends elsewhere.
    Redirect(String),
}

/// The server; it ends with the test process.
#[derive(Clone, Debug)]
pub(crate) struct Server {
    /// `http://127.0.0.1:port`.
    pub(crate) base: String,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Server {
    pub(crate) fn start<P: Into<String>>(replies: impl IntoIterator<Item = (P, Reply)>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = Self {
            base: format!("http://{}", listener.local_addr().unwrap()),
            requests: Arc::default(),
        };
        let replies = replies.into_iter().map(|(path, reply)| (path.into(), reply));
        let replies: Arc<BTreeMap<String, Reply>> = Arc::new(replies.collect());
        let requests = Arc::clone(&server.requests);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (replies, requests) = (Arc::clone(&replies), Arc::clone(&requests));
                std::thread::spawn(move || {
                    // The client hangs up when it has had enough.
                    let _ = answer(stream, &replies, &requests);
                });
            }
        });
        server
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// What has been asked: `GET /path` with ` bytes=…` behind it where a part was wanted.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

fn answer(
    mut stream: TcpStream,
    replies: &BTreeMap<String, Reply>,
    requests: &Mutex<Vec<String>>,
) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let first = lines.next().unwrap_or_else(|| Ok(String::new()))?;
    let path = first.split(' ').nth(1).unwrap_or_default().to_owned();
    let mut from = 0;
    let mut note = format!("GET {path}");
    for line in lines {
        let line = line?.to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(range) = line.strip_prefix("range: ") {
            note = format!("{note} {range}");
            from = range
                .trim_start_matches("bytes=")
                .trim_end_matches('-')
                .parse()
                .unwrap();
        }
    }
    let before = {
        let mut requests = requests.lock().unwrap();
        let path_only = format!("GET {path}");
        let before = requests
            .iter()
            .filter(|request| request.starts_with(&path_only))
            .count();
        requests.push(note);
        before
    };
    let part = |stream: &mut TcpStream, all: &[u8], until: usize| -> std::io::Result<()> {
        let head = match from {
            0 => format!("200 OK\r\nETag: \"one\"\r\nContent-Length: {}", all.len()),
            from => format!(
                "206 Partial Content\r\nContent-Range: bytes {from}-{}/{}\r\nContent-Length: {}",
                all.len() - 1,
                all.len(),
                all.len() - from
            ),
        };
        write!(stream, "HTTP/1.1 {head}\r\nConnection: close\r\n\r\n")?;
        stream.write_all(&all[from..until.max(from)])
    };
    match replies.get(path.as_str()).unwrap_or(&Reply::Status(404)) {
        Reply::Whole(all) => part(&mut stream, all, all.len()),
        Reply::Late(all, wait) => {
            std::thread::sleep(*wait);
            part(&mut stream, all, all.len())
        }
        Reply::Unannounced(all) => {
            write!(stream, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")?;
            stream.write_all(all)
        }
        Reply::Lie(all, announced) => {
            write!(
                stream,
                "HTTP/1.1 200 OK\r\nContent-Length: {announced}\r\nConnection: close\r\n\r\n"
            )?;
            stream.write_all(all)
        }
        Reply::Busy(_, times, all) if before >= *times => part(&mut stream, all, all.len()),
        Reply::Status(status) | Reply::Busy(status, ..) => write!(
            stream,
            "HTTP/1.1 {status} No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        ),
        Reply::Cut(all, until) => {
            let until = if from == 0 { *until } else { all.len() };
            part(&mut stream, all, until)
        }
        Reply::CutOnce(all, until) => {
            from = 0;
            let until = if before == 0 { *until } else { all.len() };
            write!(
                stream,
                "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                all.len()
            )?;
            stream.write_all(&all[from..until])
        }
        Reply::AlwaysCut(all, until) => part(&mut stream, all, *until),
        Reply::Stall(all, until) => {
            part(&mut stream, all, *until)?;
            stream.flush()?;
            std::thread::sleep(Duration::from_secs(30));
            Ok(())
        }
        Reply::Drip(all, wait) => {
            part(&mut stream, all, 0)?;
            for byte in &all[from..] {
                stream.write_all(&[*byte])?;
                std::thread::sleep(*wait);
            }
            Ok(())
        }
        Reply::Endless => {
            write!(stream, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")?;
            loop {
                stream.write_all(&[b'x'; 4096])?;
            }
        }
        Reply::Redirect(to) => write!(
            stream,
            "HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        ),
    }
}
