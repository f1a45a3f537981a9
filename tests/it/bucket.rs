//! A server of buckets that keeps to every condition and looks at every sum, and that misbehaves on request.
//!
//! Beside it there is moto, which looks at signatures: here one must be there.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use pbs::model::Digest;

/// What goes wrong with one request.
#[derive(Clone, Debug)]
pub(crate) enum Trouble {
    /// Nothing is done, and this is said: a status and a word.
    Says(u16, &'static str),
    /// It is done, and the answer never comes.
    NoAnswer,
    /// It is done as if no condition had been given.
    Unconditional,
    /// The answer breaks off after so many bytes of its body.
    Cut(usize),
    /// Nothing is done and nothing is said for so long; then it is done.
    Late(Duration),
    /// Before it is done, somebody else writes this object.
    After(&'static str, Vec<u8>),
}

/// Decides what goes wrong with a request: `PUT /bucket/key?query`, and how many such there were before.
type Mood = dyn Fn(&str, usize) -> Option<Trouble> + Send + Sync;

#[derive(Clone, Debug, Default)]
pub(crate) struct Object {
    pub(crate) bytes: Vec<u8>,
    /// What is given back with it.
    pub(crate) headers: BTreeMap<String, String>,
    etag: String,
}

#[derive(Clone, Debug, Default)]
struct Upload {
    key: String,
    headers: BTreeMap<String, String>,
    parts: BTreeMap<u64, Vec<u8>>,
}

#[derive(Debug, Default)]
pub(crate) struct Held {
    /// By bucket and key.
    pub(crate) objects: BTreeMap<String, Object>,
    uploads: BTreeMap<String, Upload>,
    count: u64,
    /// `PUT /bucket/key?query`, as they came.
    pub(crate) requests: Vec<String>,
}

/// The server; it ends with the test process.
#[derive(Clone)]
pub(crate) struct Buckets {
    /// `http://127.0.0.1:port`.
    pub(crate) url: String,
    held: Arc<Mutex<Held>>,
    mood: Arc<Mutex<Arc<Mood>>>,
}

impl Buckets {
    /// With one empty bucket, `bucket`.
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = Self {
            url: format!("http://{}", listener.local_addr().unwrap()),
            held: Arc::default(),
            mood: Arc::new(Mutex::new(Arc::new(|_: &str, _| None))),
        };
        let answering = server.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let server = answering.clone();
                // The client hangs up when it has had enough.
                std::thread::spawn(move || drop(server.answer(&stream)));
            }
        });
        server
    }

    pub(crate) fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap()
    }

    /// From now on this goes wrong.
    pub(crate) fn mood(&self, mood: impl Fn(&str, usize) -> Option<Trouble> + Send + Sync + 'static) {
        *self.mood.lock().unwrap() = Arc::new(mood);
    }

    /// Puts an object into the bucket.
    pub(crate) fn put(&self, key: &str, bytes: Vec<u8>) {
        self.held().put(&format!("bucket/{key}"), bytes, BTreeMap::new());
    }

    /// How many uploads were neither completed nor given up.
    pub(crate) fn unfinished(&self) -> usize {
        self.held().uploads.len()
    }

    /// The objects below a place in the bucket, but the record of who publishes.
    pub(crate) fn contents(&self, below: &str) -> BTreeMap<String, Vec<u8>> {
        let below = format!("bucket/{below}");
        let held = self.held();
        let objects = held.objects.iter().filter_map(|(key, object)| {
            let name = key.strip_prefix(&below)?.to_owned();
            Some((name, object.bytes.clone()))
        });
        objects.filter(|(name, _)| !name.ends_with(".lock")).collect()
    }

    /// How many requests there were that begin so.
    pub(crate) fn asked(&self, begin: &str) -> usize {
        let held = self.held();
        held.requests
            .iter()
            .filter(|request| request.starts_with(begin))
            .count()
    }

    fn answer(&self, stream: &TcpStream) -> std::io::Result<()> {
        let mut reader = BufReader::new(stream.try_clone()?);
        loop {
            let mut first = String::new();
            if reader.read_line(&mut first)? == 0 {
                return Ok(());
            }
            let mut headers = BTreeMap::new();
            loop {
                let mut line = String::new();
                reader.read_line(&mut line)?;
                let Some((name, value)) = line.trim_end().split_once(": ") else {
                    break;
                };
                headers.insert(name.to_ascii_lowercase(), value.to_owned());
            }
            let length = headers.get("content-length").and_then(|text| text.parse().ok());
            let mut body = vec![0; length.unwrap_or(0)];
            reader.read_exact(&mut body)?;
            let mut words = first.split(' ');
            let (verb, url) = (
                words.next().unwrap().to_owned(),
                words.next().unwrap_or_default().to_owned(),
            );
            let asked = Asked {
                verb,
                url,
                headers,
                body,
            };
            let Some(reply) = self.reply(&asked) else {
                return Ok(());
            };
            reply.send(stream, asked.verb == "HEAD")?;
            if reply.cut.is_some() {
                return Ok(());
            }
        }
    }

    fn reply(&self, asked: &Asked) -> Option<Reply> {
        let plain = asked
            .url
            .split("&X-Amz-")
            .next()
            .unwrap()
            .split("?X-Amz-")
            .next()
            .unwrap();
        let note = format!("{} {plain}", asked.verb);
        let before = {
            let mut held = self.held();
            let before = held.requests.iter().filter(|known| **known == note).count();
            held.requests.push(note.clone());
            before
        };
        let mood = Arc::clone(&self.mood.lock().unwrap());
        let trouble = mood(&note, before);
        match trouble {
            Some(Trouble::Says(status, code)) => return Some(Reply::error(status, code)),
            Some(Trouble::Late(time)) => std::thread::sleep(time),
            _ => {}
        }
        let mut held = self.held();
        if let Some(Trouble::After(key, bytes)) = &trouble {
            held.put(&format!("bucket/{key}"), bytes.clone(), BTreeMap::new());
        }
        let is_strict = !matches!(trouble, Some(Trouble::Unconditional));
        let mut reply = held.act(asked, is_strict);
        if let Some(Trouble::Cut(size)) = trouble {
            reply.cut = Some(size);
        }
        (!matches!(trouble, Some(Trouble::NoAnswer))).then_some(reply)
    }
}

struct Asked {
    verb: String,
    url: String,
    headers: BTreeMap<String, String>,
    body: Vec<u8>,
}

impl Asked {
    fn query(&self, name: &str) -> Option<&str> {
        let (_, query) = self.url.split_once('?')?;
        query
            .split('&')
            .find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
    }
}

struct Reply {
    status: u16,
    headers: BTreeMap<String, String>,
    body: Vec<u8>,
    /// So much of the body is sent.
    cut: Option<usize>,
}

impl Reply {
    fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status,
            headers: BTreeMap::new(),
            body: body.into(),
            cut: None,
        }
    }

    fn error(status: u16, code: &str) -> Self {
        Self::new(
            status,
            format!("<?xml version=\"1.0\"?>\n<Error><Code>{code}</Code><Message>Not so.</Message></Error>"),
        )
    }

    fn etag(mut self, etag: &str) -> Self {
        self.headers.insert("ETag".to_owned(), etag.to_owned());
        self
    }

    fn send(&self, mut stream: &TcpStream, is_head: bool) -> std::io::Result<()> {
        let mut head = format!(
            "HTTP/1.1 {} X\r\nContent-Length: {}\r\n",
            self.status,
            self.body.len()
        );
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("\r\n");
        stream.write_all(head.as_bytes())?;
        if !is_head {
            let size = self.cut.unwrap_or(self.body.len());
            stream.write_all(&self.body[..size])?;
        }
        Ok(())
    }
}

impl Held {
    fn put(&mut self, key: &str, bytes: Vec<u8>, headers: BTreeMap<String, String>) -> String {
        self.count += 1;
        let etag = format!("\"{}-{}\"", &Digest::of(&bytes).hex()[..32], self.count);
        let object = Object {
            bytes,
            headers,
            etag: etag.clone(),
        };
        self.objects.insert(key.to_owned(), object);
        etag
    }

    /// Whether what a request wants of what is there is so.
    fn refuses(&self, asked: &Asked, key: &str) -> Option<Reply> {
        let there = self.objects.get(key);
        if asked
            .headers
            .get("if-none-match")
            .is_some_and(|_| there.is_some())
        {
            return Some(Reply::error(412, "PreconditionFailed"));
        }
        match (asked.headers.get("if-match"), there) {
            (Some(_), None) => Some(Reply::error(404, "NoSuchKey")),
            (Some(etag), Some(there)) if *etag != there.etag => Some(Reply::error(412, "PreconditionFailed")),
            _ => None,
        }
    }

    /// Does what is asked, at once for all others.
    fn act(&mut self, asked: &Asked, is_strict: bool) -> Reply {
        let path = asked
            .url
            .split('?')
            .next()
            .unwrap()
            .trim_start_matches('/')
            .replace("%2B", "+");
        let in_header = asked
            .headers
            .get("authorization")
            .is_some_and(|text| text.starts_with("AWS4-HMAC-SHA256 "));
        let is_public = path.starts_with("bucket/public/") && asked.verb == "GET";
        if !in_header && !is_public && asked.query("X-Amz-Signature").is_none() {
            return Reply::error(403, "AccessDenied");
        }
        let sum = asked.headers.get("x-amz-content-sha256");
        if in_header && sum != Some(&Digest::of(&asked.body).hex()) {
            return Reply::error(400, "XAmzContentSHA256Mismatch");
        }
        if !path.starts_with("bucket/") {
            return Reply::error(404, "NoSuchBucket");
        }
        if is_strict
            && matches!(asked.verb.as_str(), "PUT" | "POST")
            && let Some(refusal) = self.refuses(asked, &path)
        {
            return refusal;
        }
        let kept = ["content-type", "cache-control", "x-amz-meta-sha256"];
        let headers = asked
            .headers
            .iter()
            .filter(|(name, _)| kept.contains(&name.as_str()));
        let headers = headers
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        match (asked.verb.as_str(), asked.query("uploadId")) {
            ("GET", _) if asked.query("uploads").is_some() => self.list(),
            ("GET" | "HEAD", _) => match self.objects.get(&path) {
                Some(object) => self.read(object, asked),
                None => Reply::error(404, "NoSuchKey"),
            },
            ("POST", None) => self.begin(path, headers),
            ("PUT", None) => {
                let etag = self.put(&path, asked.body.clone(), headers);
                Reply::new(200, "").etag(&etag)
            }
            (_, Some(id)) if !self.uploads.contains_key(id) => Reply::error(404, "NoSuchUpload"),
            ("PUT", Some(id)) => {
                let number = asked.query("partNumber").unwrap().parse().unwrap();
                let etag = format!("\"{}\"", Digest::of(&asked.body).hex());
                self.uploads
                    .get_mut(id)
                    .unwrap()
                    .parts
                    .insert(number, asked.body.clone());
                Reply::new(200, "").etag(&etag)
            }
            ("POST", Some(id)) => self.complete(id, &asked.body),
            ("DELETE", Some(id)) => {
                self.uploads.remove(id);
                Reply::new(204, "")
            }
            _ => Reply::error(501, "NotImplemented"),
        }
    }

    fn read(&self, object: &Object, asked: &Asked) -> Reply {
        let range = asked.headers.get("range").map(|range| {
            let from = range.trim_start_matches("bytes=").trim_end_matches('-');
            from.parse::<usize>().unwrap()
        });
        let size = object.bytes.len();
        let mut reply = match range {
            None => Reply::new(200, object.bytes.clone()),
            Some(from) => {
                let mut reply = Reply::new(206, &object.bytes[from..]);
                let range = format!("bytes {from}-{}/{size}", size - 1);
                reply.headers.insert("Content-Range".to_owned(), range);
                reply
            }
        };
        reply.headers.extend(object.headers.clone());
        reply.etag(&object.etag)
    }

    fn begin(&mut self, key: String, headers: BTreeMap<String, String>) -> Reply {
        self.count += 1;
        let id = format!("upload-{}", self.count);
        let upload = Upload {
            key,
            headers,
            parts: BTreeMap::new(),
        };
        self.uploads.insert(id.clone(), upload);
        Reply::new(
            200,
            format!(
                "<InitiateMultipartUploadResult><UploadId>{id}</UploadId></InitiateMultipartUploadResult>"
            ),
        )
    }

    fn list(&self) -> Reply {
        let uploads = self.uploads.iter().map(|(id, upload)| {
            let key = upload.key.strip_prefix("bucket/").unwrap();
            format!("<Upload><Key>{key}</Key><UploadId>{id}</UploadId></Upload>")
        });
        let uploads: String = uploads.collect();
        Reply::new(
            200,
            format!("<ListMultipartUploadsResult>{uploads}</ListMultipartUploadsResult>"),
        )
    }

    /// Every part must be named with what it is, and all but the last be of 5 MiB or more.
    fn complete(&mut self, id: &str, body: &[u8]) -> Reply {
        let upload = self.uploads[id].clone();
        let (mut expected, last) = (String::new(), upload.parts.len() as u64);
        for (number, part) in &upload.parts {
            if part.len() < 5 << 20 && *number != last {
                return Reply::error(400, "EntityTooSmall");
            }
            let hex = Digest::of(part).hex();
            expected.push_str(&format!(
                "<Part><PartNumber>{number}</PartNumber><ETag>&quot;{hex}&quot;</ETag></Part>"
            ));
        }
        if !String::from_utf8_lossy(body).contains(&expected) || upload.parts.is_empty() {
            return Reply::error(400, "InvalidPart");
        }
        self.uploads.remove(id);
        let bytes = upload.parts.into_values().flatten().collect();
        let etag = self.put(&upload.key, bytes, upload.headers);
        let etag = etag.replace('"', "&quot;");
        Reply::new(
            200,
            format!("<CompleteMultipartUploadResult><ETag>{etag}</ETag></CompleteMultipartUploadResult>"),
        )
    }
}
