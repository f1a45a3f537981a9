//! Stands in front of a registry, passes on what it is asked, and does something else where a test wants that.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// What is asked.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    /// `PUT /v2/…`.
    pub(crate) line: String,
    /// The header `Authorization`.
    pub(crate) authorization: Option<String>,
    /// How often the same was asked before.
    pub(crate) before: usize,
}

/// What happens to it.
#[derive(Clone, Debug)]
pub(crate) enum Action {
    /// It is passed on.
    Pass,
    /// This is answered: a status, headers with `\r\n` behind each, a body.
    Answer(u16, String, String),
    /// So much of its body is passed on, then the connection ends.
    Cut(usize),
    /// It is passed on, and the answer is lost.
    Lose,
    /// The status, with what the answer that was lost last said of an upload.
    Find(u16),
}

type Rule = dyn Fn(&Asked) -> Action + Send + Sync;

/// The gate; it ends with the test process.
#[derive(Clone, Debug)]
pub(crate) struct Gate {
    pub(crate) port: u16,
    asked: Arc<Mutex<Vec<Asked>>>,
}

/// What all connections share.
#[derive(Default)]
struct Memory {
    asked: Arc<Mutex<Vec<Asked>>>,
    /// `Location` and `Range` of the answer that was lost last.
    lost: Mutex<String>,
}

impl Gate {
    /// In front of whoever listens on a port.
    pub(crate) fn before(port: u16, rule: impl Fn(&Asked) -> Action + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let gate = Self {
            port: listener.local_addr().unwrap().port(),
            asked: Arc::default(),
        };
        let memory = Memory {
            asked: Arc::clone(&gate.asked),
            lost: Mutex::default(),
        };
        let (memory, rule) = (Arc::new(memory), Arc::new(rule));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (memory, rule) = (Arc::clone(&memory), Arc::clone(&rule));
                // The client hangs up when it has had enough.
                std::thread::spawn(move || serve(stream, port, &memory, rule.as_ref()));
            }
        });
        gate
    }

    pub(crate) fn address(&self) -> String {
        format!("oci://127.0.0.1:{}/team/python", self.port)
    }

    /// What was asked.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

/// An answer as registries give it.
pub(crate) fn error(status: u16, code: &str) -> Action {
    let body = format!("{{\"errors\": [{{\"code\": \"{code}\", \"message\": \"because\"}}]}}");
    Action::Answer(status, "Content-Type: application/json\r\n".to_owned(), body)
}

fn serve(mut client: TcpStream, port: u16, memory: &Memory, rule: &Rule) -> std::io::Result<()> {
    let mut reader = BufReader::new(client.try_clone()?);
    let mut head = String::new();
    let mut first = String::new();
    reader.read_line(&mut first)?;
    let (mut length, mut authorization) = (0, None);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 || line == "\r\n" {
            break;
        }
        let (name, value) = line.split_once(':').unwrap_or((&line, ""));
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.trim().parse().unwrap_or(0),
            "authorization" => authorization = Some(value.trim().to_owned()),
            "connection" => continue,
            _ => {}
        }
        head.push_str(&line);
    }
    let line = first
        .rsplit_once(' ')
        .map_or(first.as_str(), |(line, _)| line)
        .to_owned();
    let asked = {
        let mut all = memory.asked.lock().unwrap();
        let before = all.iter().filter(|asked| asked.line == line).count();
        let asked = Asked {
            line,
            authorization,
            before,
        };
        all.push(asked.clone());
        asked
    };
    let mut body = reader.by_ref().take(length);
    let mut action = rule(&asked);
    if let Action::Find(status) = action {
        action = Action::Answer(status, memory.lost.lock().unwrap().clone(), String::new());
    }
    if let Action::Answer(status, headers, text) = &action {
        // Whoever still sends would not read an answer from a closed connection.
        std::io::copy(&mut body, &mut std::io::sink())?;
        return write!(
            client,
            "HTTP/1.1 {status} Said\r\n{headers}Content-Length: {}\r\nConnection: close\r\n\r\n{text}",
            text.len()
        );
    }
    let mut registry = TcpStream::connect(("127.0.0.1", port))?;
    write!(registry, "{first}{head}Connection: close\r\n\r\n")?;
    if let Action::Cut(most) = action {
        std::io::copy(&mut body.take(most as u64), &mut registry)?;
        registry.shutdown(Shutdown::Both)?;
        return client.shutdown(Shutdown::Both);
    }
    std::io::copy(&mut body, &mut registry)?;
    if let Action::Lose = action {
        let mut lost = String::new();
        registry.read_to_string(&mut lost)?;
        let is_told = |line: &&str| line.starts_with("Location:") || line.starts_with("Range:");
        let told = lost.lines().filter(is_told).map(|line| format!("{line}\r\n"));
        *memory.lost.lock().unwrap() = told.collect();
        return client.shutdown(Shutdown::Both);
    }
    std::io::copy(&mut registry, &mut client)?;
    Ok(())
}
